import { afterEach, expect, it, vi } from "vitest";
import { place } from "../../src/ui/popover";

afterEach(() => vi.unstubAllGlobals());

/** Where the top of a panel of this height comes to lie, on a page 900 pixels high. */
function top(height: number, button: { top: number; bottom: number }): number {
  vi.stubGlobal("window", { innerWidth: 1000, innerHeight: 900 });
  const panel = { offsetWidth: 300, offsetHeight: height, style: { left: "", top: "" } };
  const anchor = { getBoundingClientRect: () => ({ left: 20, ...button }) };
  place(panel as unknown as HTMLElement, anchor as unknown as HTMLElement);
  return Number.parseFloat(panel.style.top);
}

it.each([
  ["below its button where there is room", 200, { top: 300, bottom: 330 }, 336],
  ["above it where there is room only there", 200, { top: 700, bottom: 730 }, 494],
  ["over it where there is room for neither, so that all of it can be reached", 600, { top: 400, bottom: 430 }, 292],
  ["at the top of a page that is too low for it", 1200, { top: 400, bottom: 430 }, 8],
])("a panel opens %s", (_, height, button, expected) => {
  expect(top(height, button)).toBe(expected);
});
