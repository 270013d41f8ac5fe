import { expect, it } from "vitest";
import { deedOf, type Pressed } from "../../src/shortcuts";

const PLAIN: Pressed = {
  key: "Escape",
  alt: false,
  control: false,
  shift: false,
  composing: false,
  taken: false,
  focus: "elsewhere",
  open: false,
};
const press = (key: string, more: Partial<Pressed> = {}) => deedOf({ ...PLAIN, key, ...more });

it("stops by Escape, also while a prompt is written", () => {
  expect(press("Escape")).toBe("stop");
  expect(press("Escape", { focus: "text" })).toBe("stop");
});

it.each([
  ["a panel lies open, which Escape closes", { open: true }],
  ["a control has acted on it", { taken: true }],
  ["it ends the writing of a Chinese word", { composing: true }],
  ["it empties a search field", { focus: "value" }],
] as [string, Partial<Pressed>][])("leaves Escape alone when %s", (_, more) => {
  expect(press("Escape", more)).toBe(null);
});

it("goes back and forth by Alt and an arrow, but never out of a text", () => {
  expect(press("ArrowLeft", { alt: true })).toBe("back");
  expect(press("ArrowRight", { alt: true })).toBe("forward");
  expect(press("ArrowLeft", { alt: true, focus: "text" })).toBe(null);
  expect(press("ArrowLeft", { alt: true, focus: "value" })).toBe(null);
  expect(press("ArrowLeft")).toBe(null);
  expect(press("ArrowUp", { alt: true })).toBe(null);
});

it("generates by Ctrl or Command and Enter from everywhere", () => {
  expect(press("Enter", { control: true })).toBe("generate");
  expect(press("Enter", { control: true, focus: "text" })).toBe("generate");
  expect(press("Enter")).toBe(null);
});
