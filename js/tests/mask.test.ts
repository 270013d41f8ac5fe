import { describe, expect, it } from "vitest";
import { Mask } from "../src/mask";

function dot(mask: Mask, x: number, y: number, radius = 2, value: 0 | 255 = 255): void {
  mask.begin({ x, y }, radius, value);
  mask.end();
}

describe("a mask", () => {
  it("holds only 0 and 255, at the picture's own pixels", () => {
    const mask = new Mask(20, 10);
    mask.begin({ x: 2, y: 5 }, 3, 255);
    mask.extend({ x: 15, y: 5 });
    mask.end();
    expect(mask.data.length).toBe(200);
    expect(new Set(mask.data)).toEqual(new Set([0, 255]));
    expect(mask.painted).toBe(mask.data.filter((value) => value === 255).length);
  });

  it("paints the pixel under the thinnest brush", () => {
    const mask = new Mask(8, 8);
    dot(mask, 3.9, 4.1, 0.1);
    expect(mask.data[4 * 8 + 3]).toBe(255);
    expect(mask.painted).toBe(1);
  });

  it("leaves no gap in a quick stroke", () => {
    const mask = new Mask(100, 9);
    mask.begin({ x: 1, y: 4.5 }, 1.5, 255);
    mask.extend({ x: 99, y: 4.5 });
    mask.end();
    for (let x = 1; x < 99; x++) expect(mask.data[4 * 100 + x]).toBe(255);
  });

  it("takes strokes that leave the picture", () => {
    const mask = new Mask(10, 10);
    mask.begin({ x: 5, y: 5 }, 2, 255);
    mask.extend({ x: 50, y: -40 });
    mask.end();
    dot(mask, -30, -30);
    expect(mask.painted).toBeGreaterThan(0);
    mask.undo();
    expect(mask.painted).toBe(0);
  });

  it("undoes and redoes stroke by stroke, to the byte", () => {
    const mask = new Mask(16, 16);
    const states = [mask.data.slice()];
    for (const [x, y] of [
      [4, 4],
      [10, 10],
      [5, 6],
    ] as const) {
      dot(mask, x, y);
      states.push(mask.data.slice());
    }
    for (const state of states.slice(0, -1).reverse()) {
      mask.undo();
      expect(mask.data).toEqual(state);
    }
    expect(mask.canUndo).toBe(false);
    for (const state of states.slice(1)) {
      mask.redo();
      expect(mask.data).toEqual(state);
    }
    expect(mask.canRedo).toBe(false);
  });

  it("forgets what was undone once something new is painted", () => {
    const mask = new Mask(16, 16);
    dot(mask, 4, 4);
    mask.undo();
    dot(mask, 12, 12);
    expect(mask.canRedo).toBe(false);
  });

  it("erases, and brings a cleared mask back", () => {
    const mask = new Mask(16, 16);
    dot(mask, 8, 8, 5);
    dot(mask, 8, 8, 2, 0);
    expect(mask.data[8 * 16 + 8]).toBe(0);
    const painted = mask.data.slice();
    mask.clear();
    expect(mask.painted).toBe(0);
    mask.undo();
    expect(mask.data).toEqual(painted);
  });

  it("records no stroke that changed nothing", () => {
    const mask = new Mask(16, 16);
    dot(mask, 8, 8, 3, 0);
    mask.clear();
    expect(mask.canUndo).toBe(false);
  });
});
