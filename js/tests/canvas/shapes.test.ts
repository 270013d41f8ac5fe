import { describe, expect, it } from "vitest";
import type { Point } from "../../src/canvas/geometry";
import { coverageOf, type Shape } from "../../src/canvas/shapes";
import { seeded } from "./support";

const SIDE = 200;

/** The shape on the whole picture, as shares of one. */
function drawn(shape: Shape, opacity = 1): number[] {
  const out = new Array<number>(SIDE * SIDE).fill(0);
  const coverage = coverageOf(shape, SIDE, SIDE, opacity);
  coverage?.data.forEach((value, index) => {
    const { x, y, width } = coverage.box;
    out[(y + Math.floor(index / width)) * SIDE + x + (index % width)] = value / 255;
  });
  return out;
}

function area(shape: Shape): number {
  return drawn(shape).reduce((sum, value) => sum + value, 0);
}

function ring(count: number, radius: number, turn: 1 | -1 = 1): Point[] {
  return Array.from({ length: count }, (_, corner) => {
    const angle = (turn * 2 * Math.PI * corner) / count;
    return { x: 100 + radius * Math.cos(angle), y: 100 + radius * Math.sin(angle) };
  });
}

describe("the coverage of a shape", () => {
  it("has the area of an ellipse, to within a hundredth", () => {
    for (const [across, down] of [
      [3.3, 3.3],
      [40, 40],
      [71.3, 12.8],
      [5, 90],
    ] as const) {
      const from = { x: 100.4 - across, y: 99.7 - down };
      const to = { x: 100.4 + across, y: 99.7 + down };
      const expected = Math.PI * across * down;
      expect(Math.abs(area({ kind: "ellipse", from, to }) / expected - 1)).toBeLessThan(0.01);
    }
  });

  it("is exact for rectangles, drawn from whichever corner", () => {
    const [a, b] = [
      { x: 10.25, y: 20.5 },
      { x: 13.5, y: 22 },
    ];
    const shape = drawn({ kind: "rectangle", from: a, to: b });
    const row = (y: number) => shape.slice(y * SIDE + 9, y * SIDE + 15).map((value) => Math.round(value * 255));
    expect(row(20)).toEqual([0, 96, 128, 128, 64, 0]);
    expect(row(21)).toEqual([0, 191, 255, 255, 128, 0]);
    expect(row(22)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(drawn({ kind: "rectangle", from: { x: b.x, y: a.y }, to: { x: a.x, y: b.y } })).toEqual(shape);
  });

  it("is what a fine grid of points finds inside a polygon", () => {
    const chance = seeded(1);
    for (let round = 0; round < 10; round++) {
      const corners = ring(3 + round, 20 + 60 * chance()).map(({ x, y }) => ({
        x: x + 8 * chance(),
        y: y + 8 * chance(),
      }));
      const shape = drawn({ kind: "polygon", points: corners });
      for (let probe = 0; probe < 60; probe++) {
        const [x, y] = [Math.floor(chance() * SIDE), Math.floor(chance() * SIDE)];
        let inside = 0;
        for (let point = 0; point < 1024; point++) {
          const [px, py] = [x + ((point % 32) + 0.5) / 32, y + (Math.floor(point / 32) + 0.5) / 32];
          inside += winding(corners, px, py) !== 0 ? 1 : 0;
        }
        expect(Math.abs((shape[y * SIDE + x] ?? 0) - inside / 1024)).toBeLessThan(0.06);
      }
    }
  });

  it("has no hole where a lasso crosses itself, whichever way it goes round", () => {
    const closed = (radius: number) => [...ring(64, radius), { x: 100 + radius, y: 100 }];
    const twice = [...closed(60), ...closed(30)];
    const once = area({ kind: "polygon", points: ring(64, 60) });
    expect(area({ kind: "polygon", points: twice })).toBeCloseTo(once, 3);
    expect(area({ kind: "polygon", points: ring(64, 60, -1) })).toBeCloseTo(once, 0);
  });

  it("stays inside the picture", () => {
    const everything = { kind: "ellipse", from: { x: -900, y: -900 }, to: { x: 1100, y: 1100 } } as const;
    expect(coverageOf(everything, SIDE, SIDE)?.box).toEqual({ x: 0, y: 0, width: SIDE, height: SIDE });
    expect(area(everything)).toBe(SIDE * SIDE);
    const cut = { kind: "polygon", points: ring(4, 150) } as const; // a diamond whose tips lie outside
    expect(Math.abs(area(cut) - (SIDE * SIDE - 2 * 50 ** 2))).toBeLessThan(20);
  });

  it("is nothing for what has no area in the picture", () => {
    const point = { x: 10, y: 10 };
    const shapes: Shape[] = [
      { kind: "rectangle", from: point, to: point },
      { kind: "ellipse", from: point, to: { x: 10, y: 90 } },
      { kind: "rectangle", from: { x: -50, y: 10 }, to: { x: -10, y: 20 } },
      { kind: "polygon", points: [] },
      { kind: "polygon", points: [point] },
      { kind: "rectangle", from: { x: Number.NaN, y: 10 }, to: { x: 50, y: 20 } },
    ];
    for (const shape of shapes) expect(coverageOf(shape, SIDE, SIDE)).toBeNull();
  });

  it("takes a lasso of very many points", () => {
    const shape = { kind: "polygon", points: ring(200_000, 80) } as const;
    expect(Math.abs(area(shape) / (Math.PI * 80 ** 2) - 1)).toBeLessThan(0.01);
  });

  it("is scaled by the opacity", () => {
    const shape = { kind: "rectangle", from: { x: 0, y: 0 }, to: { x: SIDE, y: SIDE } } as const;
    expect(new Set(drawn(shape, 0.5))).toEqual(new Set([128 / 255]));
  });
});

/** How often the outline goes round a point. */
function winding(corners: Point[], x: number, y: number): number {
  let turns = 0;
  corners.forEach((from, corner) => {
    const to = corners[(corner + 1) % corners.length] ?? from;
    if (from.y <= y === to.y <= y) return;
    const crossing = from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
    if (crossing > x) turns += to.y > from.y ? 1 : -1;
  });
  return turns;
}
