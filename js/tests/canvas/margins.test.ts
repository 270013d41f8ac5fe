import { describe, expect, it } from "vitest";
import {
  BOTTOM,
  extended,
  LEFT,
  type Margins,
  marginsFor,
  NO_MARGINS,
  orNothing,
  RIGHT,
  TOP,
  withMargin,
} from "../../src/canvas/margins";

const picture = { width: 512, height: 384 };
const bounds = { side: 2048, pixels: 1_048_576 };

describe("margins", () => {
  it("go in steps of eight pixels and never inward", () => {
    expect(withMargin(NO_MARGINS, LEFT, 13, picture, bounds)).toEqual([16, 0, 0, 0]);
    expect(withMargin([16, 0, 0, 0], LEFT, -40, picture, bounds)).toEqual(NO_MARGINS);
  });

  it("stop where there can be no larger picture", () => {
    const wide = withMargin(NO_MARGINS, RIGHT, 1e6, picture, bounds);
    expect(extended(picture, wide).width).toBe(2048);
    const high = withMargin([0, 0, 512, 0], BOTTOM, 1e6, picture, bounds);
    expect(extended(picture, high)).toEqual({ width: 1024, height: 1024 });
    expect(withMargin([0, 0, 1536, 128], TOP, 1e6, picture, bounds)[TOP]).toBe(0);
  });

  it("give a picture another shape with itself in the middle", () => {
    const margins = marginsFor(picture, { width: 16, height: 9 }, bounds);
    expect(margins).toEqual([80, 0, 88, 0]);
    const size = extended(picture, margins as Margins);
    expect(size.width / size.height).toBeCloseTo(16 / 9, 1);
    expect(marginsFor(picture, { width: 1, height: 1 }, bounds)).toEqual([0, 64, 0, 64]);
  });

  it("offer no shape that the picture has, or that would be too large", () => {
    expect(marginsFor(picture, { width: 4, height: 3 }, bounds)).toBeNull();
    expect(marginsFor(picture, { width: 16, height: 1 }, bounds)).toBeNull();
  });

  it("are nothing when all are zero", () => {
    expect(orNothing(NO_MARGINS)).toBeNull();
    expect(orNothing([0, 8, 0, 0])).toEqual([0, 8, 0, 0]);
  });
});
