import { describe, expect, it } from "vitest";
import { Mask } from "../../src/canvas/mask";
import { blur, blurReach, dilate, erode, type Plane } from "../../src/canvas/morphology";
import { same, seeded } from "./support";

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const data = Uint8Array.from({ length: width * height }, (_, at) => value(at % width, Math.floor(at / width)));
  return { width, height, data };
}

/** The largest value within the radius of every pixel, by looking at all of them. */
function searched({ width, height, data }: Plane, radius: number): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let there = 0; there < width * height; there++) {
      const apart = ((there % width) - x) ** 2 + (Math.floor(there / width) - y) ** 2;
      if (apart <= radius * radius) out[at] = Math.max(out[at] ?? 0, data[there] ?? 0);
    }
  }
  return out;
}

const RADII = [1, 1.5, 2, 3, 5, 8, 40];

describe("growing", () => {
  it("reaches every pixel within the distance, and no other", () => {
    const chance = seeded(1);
    for (const radius of RADII) {
      for (const density of [0.01, 0.1, 0.9]) {
        const dots = plane(37, 23, () => (chance() < density ? 255 : 0));
        expect(same(dilate(dots, radius), searched(dots, radius))).toBe(true);
      }
    }
  });

  it("carries soft edges along with all their levels", () => {
    const chance = seeded(2);
    const looks: ((x: number, y: number) => number)[] = [
      () => (chance() < 0.1 ? Math.floor(256 * chance()) : 0),
      () => Math.floor(256 * chance()),
      (x, y) => Math.max(0, 255 - 12 * Math.hypot(x - 15, y - 9)),
      (x, y) => Math.min(255, Math.max(0, 255 * (8.5 - Math.hypot(x - 15, y - 9)))),
    ];
    for (const radius of RADII) {
      for (const look of looks) {
        const soft = plane(33, 21, look);
        expect(same(dilate(soft, radius), searched(soft, radius))).toBe(true);
      }
    }
  });

  it("takes pictures of one row, one column, one pixel", () => {
    const chance = seeded(3);
    for (const [width, height] of [
      [40, 1],
      [1, 40],
      [1, 1],
    ] as const) {
      const line = plane(width, height, () => (chance() < 0.2 ? Math.floor(256 * chance()) : 0));
      for (const radius of RADII) expect(same(dilate(line, radius), searched(line, radius))).toBe(true);
    }
  });
});

describe("shrinking", () => {
  it("keeps only what is that far from the edge; the picture's border is none", () => {
    const chance = seeded(4);
    for (const radius of RADII) {
      const soft = plane(37, 23, (x) => (chance() < 0.97 ? 255 - (x > 30 ? x : 0) : Math.floor(256 * chance())));
      const turned = { ...soft, data: soft.data.map((value) => 255 - value) };
      const expected = searched(turned, radius).map((value) => 255 - value);
      expect(same(erode(soft, radius), expected)).toBe(true);
    }
    const mask = new Mask(50, 50);
    mask.selectAll();
    mask.grow(-5);
    expect(mask.painted).toBe(2500);
  });

  it("is the same on the painted part alone as on the whole picture", () => {
    const mask = new Mask(90, 70);
    mask.shape({ kind: "ellipse", from: { x: 20, y: -10 }, to: { x: 70, y: 40 } }, "replace");
    for (const pixels of [3, -6, 4, -1]) {
      const before = { width: 90, height: 70, data: mask.data.slice() };
      mask.grow(pixels);
      const expected = pixels > 0 ? dilate(before, pixels) : erode(before, -pixels);
      expect(same(mask.data, expected)).toBe(true);
    }
  });
});

describe("feathering", () => {
  it("spreads a point as a Gaussian does", () => {
    for (const deviation of [0.5, 1, 2.5, 4, 7.3]) {
      const [width, height] = [81, 81];
      const square = plane(width, height, (x, y) => (Math.abs(x - 40) <= 9 && Math.abs(y - 40) <= 9 ? 255 : 0));
      const blurred = blur(square, deviation);
      const line = (at: number) => {
        let sum = 0;
        let total = 0;
        for (let x = 0; x < width; x++) {
          const weight = Math.exp(-((x - at) ** 2) / (2 * deviation ** 2));
          total += weight;
          if (Math.abs(x - 40) <= 9) sum += weight;
        }
        return sum / total;
      };
      const apart = blurred.map((value, at) => Math.abs(value - 255 * line(at % width) * line(Math.floor(at / width))));
      expect(Math.max(...apart)).toBeLessThan(deviation < 1 ? 12 : 6);
    }
  });

  it("keeps what fills the picture, and reaches no further than it says", () => {
    for (const deviation of [0.3, 1, 5, 60]) {
      expect(
        new Set(
          blur(
            plane(30, 20, () => 255),
            deviation,
          ),
        ),
      ).toEqual(new Set([255]));
      const edge = blur(
        plane(800, 1, (x) => (x < 400 ? 255 : 0)),
        deviation,
      );
      expect(edge[400 + blurReach(deviation)]).toBe(0);
      expect(edge[399 - blurReach(deviation)]).toBe(255);
    }
  });

  it("fades over about as many pixels as asked for, to either side", () => {
    const mask = new Mask(400, 60);
    mask.shape({ kind: "rectangle", from: { x: 0, y: 0 }, to: { x: 200, y: 60 } }, "replace");
    mask.feather(20);
    const line = mask.data.subarray(30 * 400, 31 * 400);
    expect(line[160]).toBe(255);
    expect(line[180]).toBeGreaterThan(245);
    expect(Math.abs((line[199] ?? 0) + (line[200] ?? 0) - 255)).toBeLessThanOrEqual(1);
    expect(line[220]).toBeLessThan(10);
    expect(line[220]).toBeGreaterThan(0);
    expect(line[240]).toBe(0);
  });

  it("is the same on the painted part alone as on the whole picture", () => {
    const mask = new Mask(120, 90);
    mask.shape({ kind: "ellipse", from: { x: 30, y: -10 }, to: { x: 70, y: 40 } }, "replace");
    const whole = blur({ width: 120, height: 90, data: mask.data.slice() }, 3);
    mask.feather(6);
    expect(same(mask.data, whole)).toBe(true);
  });
});
