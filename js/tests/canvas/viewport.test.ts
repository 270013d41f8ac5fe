import { describe, expect, it } from "vitest";
import {
  deviceBox,
  type Frame,
  fitScale,
  limits,
  nextScale,
  panBy,
  percent,
  pinch,
  settle,
  toPicture,
  toScreen,
  whole,
  zoomTo,
} from "../../src/canvas/viewport";

const frame: Frame = { picture: { width: 4096, height: 3072 }, view: { width: 442, height: 442 }, ratio: 2 };
const tiny: Frame = { picture: { width: 64, height: 64 }, view: { width: 442, height: 442 }, ratio: 1 };
const near = (value: number) => expect.closeTo(value, 6);

describe("the view of a picture", () => {
  it("maps from the screen to the picture and back to the same point", () => {
    const look = { scale: 0.37, x: -81.25, y: 12.5 };
    for (const at of [
      { x: 0, y: 0 },
      { x: 17.3, y: 441 },
      { x: -5, y: 1e4 },
    ]) {
      const there = toScreen(look, toPicture(look, at));
      expect(there).toEqual({ x: near(at.x), y: near(at.y) });
    }
  });

  it("shows the whole picture, as large as fits, in the middle", () => {
    for (const one of [frame, tiny]) {
      const look = whole(one);
      const [from, to] = [
        toScreen(look, { x: 0, y: 0 }),
        toScreen(look, { x: one.picture.width, y: one.picture.height }),
      ];
      for (const [low, high, room] of [
        [from.x, to.x, one.view.width],
        [from.y, to.y, one.view.height],
      ] as const) {
        expect(low).toBeGreaterThan(0);
        expect(high).toBeLessThan(room);
        expect(Math.abs(low - (room - high))).toBeLessThanOrEqual(1 / one.ratio);
      }
      expect(Math.max(to.x - from.x, to.y - from.y)).toBeGreaterThan(0.9 * 442);
    }
  });

  it("keeps the point under the pointer where it is while zooming", () => {
    let look = whole(frame);
    const at = { x: 200, y: 230 };
    const point = toPicture(look, at);
    for (const scale of [0.2, 0.9, 3, 17, 32, 5, 0.4]) {
      look = zoomTo(look, scale, at, frame);
      expect(look.scale).toBe(scale);
      expect(toScreen(look, point)).toEqual({ x: near(at.x), y: near(at.y) });
    }
  });

  it("moves without a jump from a picture that fits to one that does not", () => {
    const at = { x: 60, y: 90 };
    const point = toPicture(whole(tiny), at);
    let look = whole(tiny);
    for (let scale = look.scale; scale < 20; scale *= 1.01) {
      const next = zoomTo(look, scale, at, tiny, point);
      expect(Math.abs(next.x - look.x)).toBeLessThan(24);
      look = next;
    }
    expect(toScreen(look, point)).toEqual({ x: near(at.x), y: near(at.y) });
  });

  it("zooms from half of fitting to 64 screen pixels for one of the picture, and no further", () => {
    const { low, high } = limits(frame);
    expect(low).toBe(fitScale(frame) / 2);
    expect(high).toBe(64 / frame.ratio);
    expect(zoomTo(whole(frame), 1e9, { x: 1, y: 1 }, frame).scale).toBe(high);
    expect(zoomTo(whole(frame), 1e-9, { x: 1, y: 1 }, frame).scale).toBe(low);
  });

  it("can show a picture one to one even where it is much smaller than the view", () => {
    expect(zoomTo(whole(tiny), 1, { x: 221, y: 221 }, tiny).scale).toBe(1);
  });

  it("holds a picture that is smaller than the view in the middle, however it is dragged", () => {
    const look = whole(tiny);
    expect(panBy(look, 300, -170, tiny)).toEqual(look);
  });

  it("never lets go of a large picture", () => {
    const look = settle({ scale: 1, x: 1e6, y: -1e6 }, frame);
    expect(toScreen(look, { x: 0, y: 0 }).x).toBeLessThan(frame.view.width);
    expect(toScreen(look, { x: 0, y: 3072 }).y).toBeGreaterThan(0);
  });

  it("keeps under two fingers what was under them", () => {
    const look = zoomTo(whole(frame), 1, { x: 221, y: 221 }, frame);
    const before = [
      { x: 150, y: 200 },
      { x: 250, y: 200 },
    ] as const;
    const after = [
      { x: 120, y: 240 },
      { x: 320, y: 240 },
    ] as const;
    const moved = pinch(look, before, after, frame);
    expect(moved.scale).toBeCloseTo(2 * look.scale);
    before.forEach((finger, at) => {
      const there = toScreen(moved, toPicture(look, finger));
      expect(there).toEqual({ x: near(after[at]?.x ?? 0), y: near(after[at]?.y ?? 0) });
    });
  });

  it("goes through round zooms, in both directions over the same ones", () => {
    const up = [0.21];
    while ((up.at(-1) ?? 0) < 32) up.push(nextScale(up.at(-1) ?? 0, 1, 2));
    expect(up).toContain(0.5); // one to one on a screen with two pixels per CSS pixel
    expect(up.at(-1)).toBe(32);
    const down = [32];
    while ((down.at(-1) ?? 0) > 0.26) down.push(nextScale(down.at(-1) ?? 0, -1, 2));
    expect(down.slice(0, -1).toReversed()).toEqual(up.filter((scale) => scale > 0.26));
  });

  it("counts 100 % where a pixel of the picture is one of the screen", () => {
    expect(percent(0.5, 2)).toBe(100);
    expect(percent(0.0123, 2)).toBe(2.5);
  });

  it("finds every pixel of the screen that a changed box touches, and none beyond the view", () => {
    const look = { scale: 0.25, x: 10, y: -3 };
    const box = { x: 101, y: 55, width: 7, height: 3 };
    const found = deviceBox(look, box, frame);
    const corner = toScreen(look, { x: 108, y: 58 });
    expect(found).toEqual({
      x: Math.floor((101 * 0.25 + 10) * 2),
      y: Math.floor((55 * 0.25 - 3) * 2),
      width: Math.ceil(corner.x * 2) - Math.floor((101 * 0.25 + 10) * 2),
      height: Math.ceil(corner.y * 2) - Math.floor((55 * 0.25 - 3) * 2),
    });
    expect(deviceBox(look, { x: 0, y: 0, width: 4096, height: 3072 }, frame)).toEqual({
      x: 20,
      y: 0,
      width: 864,
      height: 884,
    });
    expect(deviceBox({ scale: 1, x: 500, y: 0 }, box, frame)).toBeNull();
  });
});
