import { describe, expect, it } from "vitest";
import { type Sample, Sweep, type Tip } from "../../src/canvas/tip";
import { seeded } from "./support";

const SIDE = 120;
const HARD: Tip = { diameter: 40, hardness: 1, opacity: 1, erase: false, pressureSize: false };
const at = (x: number, y: number, pressure = 1): Sample => ({ x, y, pressure });

function covered(from: Sample, to: Sample, tip: Partial<Tip> = {}, out = new Uint8Array(SIDE * SIDE)): Uint8Array {
  for (const end of from === to ? [from] : [from, to]) {
    const sweep = new Sweep(from, end, { ...HARD, ...tip });
    const box = sweep.box(SIDE, SIDE);
    if (box) sweep.cover(box, { x: 0, y: 0, width: SIDE, height: SIDE }, out);
  }
  return out;
}

function area(coverage: Uint8Array): number {
  return coverage.reduce((sum, value) => sum + value / 255, 0);
}

describe("the tip", () => {
  it("is a disc whose rim is soft over one pixel where it is hard", () => {
    for (const radius of [3, 10, 50]) {
      const disc = covered(at(60.3, 59.6), at(60.3, 59.6), { diameter: 2 * radius });
      expect(Math.abs(area(disc) / (Math.PI * radius ** 2) - 1)).toBeLessThan(0.02);
      disc.forEach((value, index) => {
        const apart = Math.hypot((index % SIDE) + 0.5 - 60.3, Math.floor(index / SIDE) + 0.5 - 59.6);
        if (apart <= radius - 0.5 && value < 255) throw new Error(`a hole ${apart} px from the middle`);
        if (apart >= radius + 0.5 && value > 0) throw new Error(`paint ${apart} px from the middle`);
      });
    }
  });

  it("falls off without a step from the middle to the rim where it is soft", () => {
    const disc = covered(at(60.5, 60.5), at(60.5, 60.5), { diameter: 80, hardness: 0 });
    const outward = Array.from(disc.subarray(60 * SIDE + 60, 60 * SIDE + 102));
    expect(outward[0]).toBe(255);
    expect(outward[20]).toBe(128);
    expect(outward[40]).toBe(0);
    for (let x = 1; x < 40; x++) {
      const step = (outward[x - 1] ?? 0) - (outward[x] ?? 0);
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThan(12);
    }
  });

  it("keeps its middle whole as far as it is hard", () => {
    const disc = covered(at(60.5, 60.5), at(60.5, 60.5), { diameter: 80, hardness: 0.5 });
    const outward = disc.subarray(60 * SIDE + 60, 60 * SIDE + 102);
    expect(outward[20]).toBe(255);
    expect(outward[30]).toBe(128);
    expect(outward[40]).toBe(0);
  });

  it("leaves no gap between points far apart, at any size", () => {
    for (const diameter of [0.2, 1, 1.5, 3, 9]) {
      const line = covered(at(2.3, 7.9), at(117.2, 88.1), { diameter });
      for (let x = 3; x < 117; x++) {
        const y = 7.9 + ((x + 0.5 - 2.3) / 114.9) * 80.2;
        const near = [y - 1, y, y + 1].map((row) => line[Math.floor(row) * SIDE + x] ?? 0);
        expect(Math.max(...near)).toBeGreaterThan(100);
      }
    }
  });

  it("covers the union of all discs on its way, whatever the pressure does", () => {
    const chance = seeded(2);
    for (let round = 0; round < 25; round++) {
      // From a quarter on: a disc below a pixel is drawn as one whole pixel, which a line of larger ones is not.
      const somewhere = () => at(40 + 40 * chance(), 40 + 40 * chance(), 0.25 + 0.75 * chance());
      const [from, to] = [somewhere(), somewhere()];
      const tip = { diameter: 8 + 30 * chance(), pressureSize: true };
      const discs = new Uint8Array(SIDE * SIDE);
      for (let share = 0; share <= 1; share += 1 / 128) {
        const between = at(
          from.x + share * (to.x - from.x),
          from.y + share * (to.y - from.y),
          from.pressure + share * (to.pressure - from.pressure),
        );
        covered(between, between, tip, discs);
      }
      const apart = covered(from, to, tip).map((value, index) => Math.abs(value - (discs[index] ?? 0)));
      expect(Math.max(...apart)).toBeLessThanOrEqual(4);
    }
  });

  it("is smaller under less pressure only where it is asked to be", () => {
    const point = at(60, 60, 0.5);
    expect(area(covered(point, point))).toBeCloseTo(area(covered(at(60, 60), at(60, 60))));
    const ratio = area(covered(point, point, { pressureSize: true })) / area(covered(point, point));
    expect(ratio).toBeGreaterThan(0.24);
    expect(ratio).toBeLessThan(0.26);
  });

  it("never passes over a tile that it covers", () => {
    const chance = seeded(3);
    for (let round = 0; round < 200; round++) {
      const somewhere = () => at(SIDE * (2 * chance() - 0.5), SIDE * (2 * chance() - 0.5), chance());
      const [from, to] = [somewhere(), somewhere()];
      const tip = { ...HARD, diameter: 30 * chance(), pressureSize: true };
      const coverage = covered(from, to, tip);
      const sweep = new Sweep(from, to, tip);
      const missed = coverage.findIndex((value, index) => {
        const tile = { x: index % SIDE, y: Math.floor(index / SIDE), width: 1, height: 1 };
        return value > 0 && !sweep.touches(tile);
      });
      expect(missed).toBe(-1);
    }
  });
});
