import { describe, expect, it } from "vitest";
import { candidates } from "../../src/compare/candidates";
import { closer, divided, looked, moved, WHOLE } from "../../src/compare/look";
import { common, Differ, fitted } from "../../src/compare/pixels";
import { grown, twig } from "../history/twigs";

const rgba = (...values: number[]) => new Uint8ClampedArray(values);

function differ(a: Uint8ClampedArray, b: Uint8ClampedArray, gain = 1) {
  const out = new Uint8ClampedArray(a.length);
  const differ = new Differ();
  differ.add(a, b, gain, out);
  return { out: [...out], ...differ.result };
}

describe("the difference of two pictures", () => {
  it("is black and nothing where they are the same", () => {
    const picture = rgba(10, 20, 30, 255, 200, 100, 0, 255);
    expect(differ(picture, picture)).toEqual({ out: [0, 0, 0, 255, 0, 0, 0, 255], mean: 0, changed: 0 });
  });

  it("is how far apart each channel is, either way round", () => {
    const [a, b] = [rgba(10, 20, 30, 255, 0, 0, 0, 255), rgba(13, 11, 30, 255, 0, 0, 0, 255)];
    expect(differ(a, b).out).toEqual([3, 9, 0, 255, 0, 0, 0, 255]);
    expect(differ(b, a).out).toEqual(differ(a, b).out);
    expect(differ(a, b).mean).toBeCloseTo((3 + 9) / 6);
    expect(differ(a, b).changed).toBe(0.5);
  });

  it("is brighter with the gain, as bright as white at most, and measured without it", () => {
    const [a, b] = [rgba(0, 0, 0, 255), rgba(10, 20, 100, 255)];
    expect(differ(a, b, 4).out).toEqual([40, 80, 255, 255]);
    expect(differ(a, b, 4).mean).toBe(differ(a, b, 1).mean);
    expect(differ(rgba(0, 0, 0, 255), rgba(255, 255, 255, 255)).mean).toBe(255);
  });

  it("does not count what clear pixels hide, but does count where one is clear", () => {
    expect(differ(rgba(255, 0, 0, 0), rgba(0, 0, 255, 0)).changed).toBe(0);
    const cut = differ(rgba(0, 0, 0, 255), rgba(0, 0, 0, 0));
    expect(cut.changed).toBe(1);
    expect(cut.out).toEqual([255, 255, 255, 255]);
  });

  it("adds up over bands to the same", () => {
    const a = Uint8ClampedArray.from({ length: 400 }, (_, k) => (k % 4 === 3 ? 255 : (k * 7) % 256));
    const b = Uint8ClampedArray.from({ length: 400 }, (_, k) => (k % 4 === 3 ? 255 : (k * 11) % 256));
    const banded = new Differ();
    for (let at = 0; at < 400; at += 80) {
      banded.add(a.subarray(at, at + 80), b.subarray(at, at + 80), 1, new Uint8ClampedArray(80));
    }
    const { mean, changed } = differ(a, b);
    expect(banded.result.mean).toBeCloseTo(mean, 10);
    expect(banded.result.changed).toBe(changed);
  });
});

describe("pictures of different sizes", () => {
  it("are compared in the larger one's", () => {
    const [small, large] = [
      { width: 64, height: 64 },
      { width: 128, height: 96 },
    ];
    expect(common(small, large)).toEqual(large);
    expect(common(large, small)).toEqual(large);
  });

  it("are scaled to fit, in the middle, and keep their shape", () => {
    expect(fitted({ width: 64, height: 64 }, { width: 128, height: 96 })).toEqual({
      x: 16,
      y: 0,
      width: 96,
      height: 96,
    });
    expect(fitted({ width: 50, height: 25 }, { width: 50, height: 25 })).toEqual({ x: 0, y: 0, width: 50, height: 25 });
  });
});

describe("looking closer", () => {
  it("keeps the point under the pointer where it is", () => {
    const look = closer(closer(WHOLE, 2, 0.3, 0.6), 3, 0.3, 0.6);
    const under = (at: number, offset: number) => (at - offset) / look.scale;
    expect(under(0.3, look.x)).toBeCloseTo(0.3);
    expect(under(0.6, look.y)).toBeCloseTo(0.6);
  });

  it("never shows less than the picture nor anything beside it", () => {
    expect(closer(WHOLE, 0.1)).toEqual(WHOLE);
    const look = moved(closer(WHOLE, 4), 99, -99);
    expect(look.x).toBe(0);
    expect(look.y).toBe(1 - look.scale);
    expect(closer(WHOLE, 1e9).scale).toBeLessThanOrEqual(32);
  });

  it("goes by keys too", () => {
    expect(looked(WHOLE, "+")?.scale).toBeGreaterThan(1);
    expect(looked(closer(WHOLE, 8), "0")).toEqual(WHOLE);
    expect(looked(closer(WHOLE, 8), "ArrowLeft")?.x).toBeGreaterThan(closer(WHOLE, 8).x);
    expect(looked(WHOLE, "x")).toBeUndefined();
  });
});

describe("the divider", () => {
  it("moves by keys, in small and in large steps, to either end and never past it", () => {
    expect(divided(0.5, "ArrowRight", false)).toBe(0.51);
    expect(divided(0.5, "ArrowLeft", true)).toBe(0.4);
    expect(divided(0.5, "PageUp", false)).toBe(0.6);
    expect(divided(0.5, "Home", false)).toBe(0);
    expect(divided(0.5, "End", false)).toBe(1);
    expect(divided(0, "ArrowLeft", false)).toBe(0);
    expect(divided(0.995, "ArrowRight", false)).toBe(1);
    expect(divided(0.5, "Enter", false)).toBeUndefined();
  });
});

describe("the turns that a side offers", () => {
  it("are few, have those shown and the ones near them, and the newest first", () => {
    const turns = grown(1000, 6);
    const offered = candidates(turns, ["t40", "t500"]);
    const names = offered.map(({ turn }) => turn);
    expect(offered.length).toBeLessThanOrEqual(60);
    expect(names).toEqual(expect.arrayContaining(["t40", "t500", "t1000"]));
    const parent = turns[499]?.parent;
    if (parent) expect(names).toContain(parent);
    expect(offered.map(({ number }) => number)).toEqual(offered.map(({ number }) => number).sort((a, b) => b - a));
  });

  it("have the starred ones and every one of a short session", () => {
    const turns = [twig(1, null, { starred: true }), ...Array.from({ length: 200 }, (_, k) => twig(k + 2))];
    expect(candidates(turns, ["t150"]).some(({ turn }) => turn === "t1")).toBe(true);
    expect(candidates(turns.slice(0, 10), [])).toHaveLength(10);
  });
});
