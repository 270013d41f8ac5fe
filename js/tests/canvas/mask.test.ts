import { describe, expect, it, vi } from "vitest";
import type { Box } from "../../src/canvas/geometry";
import { type Combine, Mask, type Sample, type Tip } from "../../src/canvas/mask";
import { same, seeded } from "./support";

const HARD: Tip = { diameter: 4, hardness: 1, opacity: 1, erase: false, pressureSize: false };
const at = (x: number, y: number, pressure = 1): Sample => ({ x, y, pressure });

function stroke(mask: Mask, tip: Partial<Tip>, ...samples: Sample[]): void {
  const [first, ...others] = samples;
  if (!first) return;
  mask.begin(first, { ...HARD, ...tip });
  for (const sample of others) mask.extend(sample);
  mask.end();
}

function counted(mask: Mask): number {
  return mask.data.filter((value) => value > 0).length;
}

function searchedBounds(mask: Mask): Box | null {
  const columns: number[] = [];
  const rows: number[] = [];
  mask.data.forEach((value, index) => {
    if (value === 0) return;
    columns.push(index % mask.width);
    rows.push(Math.floor(index / mask.width));
  });
  if (columns.length === 0) return null;
  const [x, y] = [Math.min(...columns), Math.min(...rows)];
  return { x, y, width: Math.max(...columns) + 1 - x, height: Math.max(...rows) + 1 - y };
}

/** One operation drawn by chance; all kinds come up. */
function something(mask: Mask, chance: () => number): void {
  const point = () => at((chance() * 1.4 - 0.2) * mask.width, (chance() * 1.4 - 0.2) * mask.height, chance());
  const combine = (["replace", "add", "subtract", "intersect"] satisfies Combine[])[Math.floor(chance() * 4)] ?? "add";
  const tip: Tip = {
    diameter: chance() * 60,
    hardness: chance(),
    opacity: chance(),
    erase: chance() < 0.4,
    pressureSize: chance() < 0.5,
  };
  const kinds = [
    () => stroke(mask, tip, point(), point(), point()),
    () => stroke(mask, tip, point()),
    () => mask.shape({ kind: "ellipse", from: point(), to: point() }, combine, chance()),
    () => mask.shape({ kind: "rectangle", from: point(), to: point() }, combine),
    () => mask.shape({ kind: "polygon", points: [point(), point(), point(), point()] }, combine),
    () => mask.invert(),
    () => mask.grow(Math.floor(chance() * 11) - 5),
    () => mask.feather(chance() * 8),
    () =>
      mask.put(
        Uint8Array.from(mask.data, () => (chance() < 0.9 ? 0 : Math.floor(chance() * 256))),
        combine,
      ),
    () => (chance() < 0.3 ? mask.clear() : mask.selectAll()),
  ];
  kinds[Math.floor(chance() * kinds.length)]?.();
}

describe("a stroke", () => {
  it("paints the pixel under the thinnest tip, and only that", () => {
    const mask = new Mask(8, 8);
    stroke(mask, { diameter: 0.2 }, at(3.9, 4.1));
    expect(mask.data[4 * 8 + 3]).toBe(255);
    expect(mask.painted).toBe(1);
  });

  it("takes no more than its opacity, however often it crosses itself", () => {
    const chance = seeded(1);
    for (const opacity of [0.1, 0.5, 0.8]) {
      const mask = new Mask(60, 60);
      const samples = Array.from({ length: 40 }, () => at(chance() * 60, chance() * 60));
      stroke(mask, { diameter: 24, hardness: 0.3, opacity }, ...samples);
      expect(Math.max(...mask.data)).toBe(Math.round(255 * opacity));
    }
  });

  it("adds to what earlier strokes left, and erases a share of it", () => {
    const mask = new Mask(20, 20);
    const middle = 10 * 20 + 10;
    stroke(mask, { diameter: 10, opacity: 0.5 }, at(10.5, 10.5));
    expect(mask.data[middle]).toBe(128);
    stroke(mask, { diameter: 10, opacity: 0.5 }, at(10.5, 10.5));
    expect(mask.data[middle]).toBe(192); // 128 + half of the 127 that were left
    stroke(mask, { diameter: 10, opacity: 0.25, erase: true }, at(10.5, 10.5));
    expect(mask.data[middle]).toBe(144);
    stroke(mask, { diameter: 10, erase: true }, at(10.5, 10.5));
    expect(mask.data[middle]).toBe(0);
  });

  it("takes points that lie outside the picture", () => {
    const mask = new Mask(10, 10);
    stroke(mask, {}, at(5, 5), at(50, -40));
    stroke(mask, {}, at(-30, -30));
    expect(mask.painted).toBeGreaterThan(0);
    mask.undo();
    expect(mask.painted).toBe(0);
    expect(mask.canUndo).toBe(false);
  });

  it("leaves no trace when it is cancelled", () => {
    const mask = new Mask(150, 150);
    stroke(mask, { diameter: 50, hardness: 0 }, at(60, 60));
    const before = mask.data.slice();
    mask.begin(at(10, 10), { ...HARD, diameter: 40 });
    mask.extend(at(140, 120));
    expect(same(mask.data, before)).toBe(false);
    mask.cancel();
    expect(same(mask.data, before)).toBe(true);
    expect(mask.painted).toBe(counted(mask));
    mask.extend(at(20, 120)); // the stroke is over
    expect(same(mask.data, before)).toBe(true);
    mask.undo();
    expect(mask.painted).toBe(0);
    expect(mask.canUndo).toBe(false);
  });

  it("is ended by whatever comes next, which can be undone apart from it", () => {
    const mask = new Mask(20, 20);
    mask.begin(at(10, 10), HARD);
    const drawn = mask.data.slice();
    mask.invert();
    mask.undo();
    expect(mask.data).toEqual(drawn);
    mask.begin(at(2, 2), HARD);
    mask.undo();
    expect(mask.data).toEqual(drawn);
  });
});

describe("undo and redo", () => {
  it("restore every byte after any operations", () => {
    const sizes: [number, number][] = [
      [150, 97],
      [64, 64],
      [1, 1],
      [200, 3],
    ];
    for (let seed = 0; seed < 24; seed++) {
      const chance = seeded(seed);
      const mask = new Mask(...(sizes[seed % sizes.length] ?? [1, 1]));
      const states = [mask.data.slice()];
      for (let step = 0; step < 30; step++) {
        something(mask, chance);
        if (!same(mask.data, states.at(-1) ?? mask.data)) states.push(mask.data.slice());
      }
      for (const state of states.slice(0, -1).reverse()) {
        mask.undo();
        expect(same(mask.data, state)).toBe(true);
        expect(mask.painted).toBe(counted(mask));
      }
      expect(mask.canUndo).toBe(false);
      for (const state of states.slice(1)) {
        mask.redo();
        expect(same(mask.data, state)).toBe(true);
        expect(mask.painted).toBe(counted(mask));
      }
      expect(mask.canRedo).toBe(false);
    }
  });

  it("go back 50 whole-picture steps of a large mask", () => {
    const mask = new Mask(2048, 2048);
    mask.shape({ kind: "ellipse", from: at(300, 200), to: at(1500, 1900) }, "replace");
    const states: Uint8Array[] = [];
    for (let step = 0; step < 60; step++) {
      if (step >= 10) states.push(mask.data.slice());
      if (step % 6 === 3) mask.feather(3 + step / 4);
      else mask.invert();
    }
    for (const state of states.reverse()) {
      expect(mask.canUndo).toBe(true);
      mask.undo();
      expect(same(mask.data, state)).toBe(true);
    }
  }, 60_000);

  it("forget what was undone once something new is painted", () => {
    const mask = new Mask(16, 16);
    stroke(mask, {}, at(4, 4));
    mask.undo();
    expect(mask.canRedo).toBe(true);
    stroke(mask, {}, at(12, 12));
    expect(mask.canRedo).toBe(false);
  });

  it("know nothing of operations that changed nothing", () => {
    const mask = new Mask(16, 16);
    let changes = 0;
    mask.subscribe(() => changes++);
    stroke(mask, { erase: true }, at(8, 8));
    stroke(mask, {}, at(-20, -20));
    mask.clear();
    mask.grow(3);
    mask.feather(3);
    mask.shape({ kind: "rectangle", from: at(3, 3), to: at(3, 9) }, "add");
    expect(mask.canUndo).toBe(false);
    expect(changes).toBe(0);
  });

  it("start anew with a mask that was loaded", () => {
    const mask = new Mask(70, 70);
    stroke(mask, {}, at(4, 4));
    const loaded = mask.data.map((_, index) => index % 256);
    mask.load(loaded);
    expect(same(mask.data, loaded)).toBe(true);
    expect(mask.painted).toBe(counted(mask));
    expect([mask.canUndo, mask.canRedo]).toEqual([false, false]);
  });
});

describe("a mask", () => {
  it("knows at any time how much is painted, and where", () => {
    const chance = seeded(5);
    for (const [width, height] of [
      [150, 97],
      [128, 64],
      [300, 200],
    ] as const) {
      const mask = new Mask(width, height);
      for (let step = 0; step < 60; step++) {
        something(mask, chance);
        expect(mask.painted).toBe(counted(mask));
        expect(mask.bounds()).toEqual(searchedBounds(mask));
      }
    }
  });

  it("tells every change with a box that holds all of it", () => {
    const chance = seeded(6);
    const mask = new Mask(150, 97);
    let before = mask.data.slice();
    mask.subscribe((dirty) => {
      before.forEach((value, index) => {
        const [x, y] = [index % mask.width, Math.floor(index / mask.width)];
        const inside = dirty && x >= dirty.x && y >= dirty.y && x < dirty.x + dirty.width && y < dirty.y + dirty.height;
        if (!inside && value !== mask.data[index]) throw new Error(`(${x}, ${y}) changed unseen`);
      });
      before = mask.data.slice();
    });
    for (let step = 0; step < 60; step++) {
      something(mask, chance);
      if (chance() < 0.3) mask.undo();
      if (chance() < 0.3) mask.redo();
      expect(same(mask.data, before)).toBe(true); // nothing changed without a word
    }
  });

  it("tells that a stroke can be undone, and stops telling whoever left", () => {
    const mask = new Mask(20, 20);
    const seen: boolean[] = [];
    const listener = vi.fn(() => seen.push(mask.canUndo));
    const leave = mask.subscribe(listener);
    stroke(mask, {}, at(10, 10));
    expect(seen).toEqual([false, true]);
    expect(listener.mock.lastCall).toEqual([null]);
    leave();
    mask.clear();
    expect(seen.length).toBe(2);
  });

  it("is filled, wiped and turned round", () => {
    const mask = new Mask(70, 50);
    mask.selectAll();
    expect(mask.painted).toBe(3500);
    stroke(mask, { diameter: 20, erase: true, opacity: 0.5 }, at(30, 30));
    const before = mask.data.slice();
    mask.invert();
    expect(
      same(
        mask.data,
        before.map((value) => 255 - value),
      ),
    ).toBe(true);
    mask.clear();
    expect([mask.painted, mask.bounds()]).toEqual([0, null]);
  });

  it("combines with another mask as shares of one", () => {
    const values = [0, 1, 64, 128, 200, 255];
    const base = Uint8Array.from(values.flatMap((value) => values.map(() => value)));
    const other = Uint8Array.from(values.flatMap(() => values));
    const expected: Record<Combine, (b: number, c: number) => number> = {
      replace: (_, c) => c,
      add: (b, c) => b + c - (b * c) / 255,
      subtract: (b, c) => b - (b * c) / 255,
      intersect: (b, c) => (b * c) / 255,
    };
    for (const combine of ["replace", "add", "subtract", "intersect"] as const) {
      const mask = new Mask(6, 6);
      mask.load(base);
      mask.put(other, combine);
      mask.data.forEach((value, index) => {
        expect(Math.abs(value - expected[combine](base[index] ?? 0, other[index] ?? 0))).toBeLessThanOrEqual(0.5);
      });
    }
  });

  it("keeps of a shape only the union, the rest or the overlap", () => {
    const left = { kind: "rectangle", from: at(2, 2), to: at(12, 8) } as const;
    const right = { kind: "rectangle", from: at(8, 4), to: at(18, 10) } as const;
    const areas: Record<Combine, number> = { replace: 60, add: 104, subtract: 44, intersect: 16 };
    for (const combine of ["replace", "add", "subtract", "intersect"] as const) {
      const mask = new Mask(20, 12);
      mask.shape(left, "add");
      mask.shape(right, combine);
      expect(mask.painted).toBe(areas[combine]);
      expect(new Set(mask.data)).toEqual(new Set([0, 255]));
    }
  });

  it("refuses a mask of another size, and stays as it is", () => {
    const mask = new Mask(10, 10);
    let changes = 0;
    mask.subscribe(() => changes++);
    expect(() => mask.put(new Uint8Array(99))).toThrow("another size");
    expect(() => mask.load(new Uint8Array(101))).toThrow("another size");
    expect(changes).toBe(0);
  });
});
