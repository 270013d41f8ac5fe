import { describe, expect, test } from "vitest";
import { fell } from "../../src/keys";

const page = { name: "the page" };
const held = (isConnected: boolean, disabled: boolean) => ({ isConnected, matches: () => disabled });

describe("the focus has fallen to the page", () => {
  test("where the button that had it is gone, or can no longer be used", () => {
    expect(fell({ last: held(false, false), active: page, page })).toBe(true);
    expect(fell({ last: held(true, true), active: page, page })).toBe(true);
    expect(fell({ last: held(true, true), active: null, page })).toBe(true);
    const last = held(true, true);
    expect(fell({ last, active: last, page })).toBe(true); // as browsers have it that move the focus later
  });

  test("and not where a person took it elsewhere, or it is where it was", () => {
    expect(fell({ last: held(false, false), active: { name: "a cell" }, page })).toBe(false);
    expect(fell({ last: held(true, false), active: page, page })).toBe(false);
    expect(fell({ last: null, active: page, page })).toBe(false);
  });
});
