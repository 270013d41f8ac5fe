import { describe, expect, it } from "vitest";
import { type Ink, tint } from "../../src/canvas/overlay";

const INK: Ink = { colour: [255, 76, 48], opacity: 0.6 };

function drawn(mask: { width: number; height: number; data: Uint8Array }, side: number, scale: number, at = 0) {
  const area = { x: 0, y: 0, width: side, height: side };
  const pixels = new Uint32Array(side * side);
  tint(pixels, area, mask, { scale, x: at, y: at }, 1, INK);
  return pixels;
}

const alpha = (pixel: number | undefined) => (pixel ?? 0) >>> 24;

describe("the mask over the picture", () => {
  const data = new Uint8Array(16);
  data[5] = 255; // (1, 1)
  data[6] = 100;
  const mask = { width: 4, height: 4, data };

  it("covers exactly the squares of the painted pixels when it is near", () => {
    const pixels = drawn(mask, 40, 10);
    const covered = pixels.reduce((sum, pixel) => sum + (alpha(pixel) === Math.round(255 * 0.6) ? 1 : 0), 0);
    expect(covered).toBe(100);
    expect(alpha(pixels[10 * 40 + 10])).toBe(Math.round(255 * 0.6));
    expect(alpha(pixels[10 * 40 + 9])).toBe(0);
    expect(alpha(pixels[19 * 40 + 20])).toBe(60);
  });

  it("shows nothing outside of the picture", () => {
    const pixels = drawn({ width: 2, height: 2, data: Uint8Array.of(255, 255, 255, 255) }, 20, 4, 6);
    const painted = [...pixels.keys()].filter((at) => alpha(pixels[at]) > 0);
    expect(painted).toHaveLength(64);
    expect(painted[0]).toBe(6 * 20 + 6);
  });

  it("has stripes of another colour, so that it shows on a picture of its own colour", () => {
    const pixels = drawn({ width: 1, height: 1, data: Uint8Array.of(255) }, 32, 32);
    const colours = new Set([...pixels].map((pixel) => pixel & 0xffffff));
    expect(colours.size).toBe(2);
    expect(colours).toContain((48 << 16) | (76 << 8) | 255);
  });

  it("shows thin lines of a large mask from far away, where each screen pixel stands for several", () => {
    const side = 300;
    const lines = new Uint8Array(side * side);
    for (let y = 0; y < side; y++) lines[y * side + 150] = 255;
    const pixels = drawn({ width: side, height: side, data: lines }, 100, 1 / 3);
    const seen = [...pixels.subarray(0, 100)].filter((pixel) => alpha(pixel) > 0);
    expect(seen).toHaveLength(1);
    expect(alpha(seen[0])).toBe(Math.round(85 * 0.6));
  });

  it("draws a part of the view as it draws the whole", () => {
    const all = drawn(mask, 40, 9.7, 1.3);
    const area = { x: 7, y: 11, width: 20, height: 15 };
    const part = new Uint32Array(area.width * area.height);
    tint(part, area, mask, { scale: 9.7, x: 1.3, y: 1.3 }, 1, INK);
    for (let y = 0; y < area.height; y++) {
      const from = (area.y + y) * 40 + area.x;
      expect(part.slice(y * 20, (y + 1) * 20)).toEqual(all.slice(from, from + 20));
    }
  });
});
