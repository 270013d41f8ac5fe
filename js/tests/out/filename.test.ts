import { expect, it } from "vitest";
import { fileName } from "../../src/out/filename";

const bytes = (text: string) => new TextEncoder().encode(text).length;

it("is made of the prompt's words", () => {
  expect(fileName("a cat on a blue background", 0, 1, "png")).toBe("a-cat-on-a-blue-background.png");
  expect(fileName("蓝色背景上的猫", 0, 1, "webp")).toBe("蓝色背景上的猫.webp");
});

it("tells the pictures of one request apart, and only those", () => {
  expect(fileName("a dog", 2, 4, "jpg")).toBe("a-dog-3.jpg");
  expect(fileName("a dog", 0, 1, "jpg")).toBe("a-dog.jpg");
});

it.each([
  ["../../etc/passwd", "etc-passwd.png"],
  ["C:\\Windows\\system32", "C-Windows-system32.png"],
  ["what? a <b>bold</b> | cat*", "what-a-b-bold-b-cat.png"],
  ["...", "picture.png"],
  ["", "picture.png"],
  ["🐈🐈🐈", "picture.png"],
  ["-rf .", "rf.png"],
  [".hidden", "hidden.png"],
  ["trailing dots...  ", "trailing-dots.png"],
  ["new\nline\ttab\u0000nul", "new-line-tab-nul.png"],
])("keeps out of %j what a system could misread", (prompt, name) => {
  expect(fileName(prompt, 0, 1, "png")).toBe(name);
});

it("shows what it says: no direction is turned and nothing is hidden", () => {
  expect(fileName("a cat\u202egnp.exe", 0, 1, "png")).toBe("a-catgnp-exe.png");
  expect(fileName("a\u200bc\u2066a\u2069t\ufeff", 0, 1, "png")).toBe("acat.png");
  expect(fileName("\u3164\u115f", 0, 1, "png")).toBe("picture.png");
});

it.each(["con", "NUL", "Com1", "lpt9", "aux", "COM¹", "CONIN$"])("takes no name of a Windows device: %s", (prompt) => {
  expect(fileName(prompt, 0, 1, "png")).toMatch(/^picture-/);
});

it("is not thrown off by half a character", () => {
  expect(fileName("a \ud83d cat", 0, 1, "png")).toBe("a-cat.png");
});

it("is short enough for every file system, and ends with a whole word where there is one", () => {
  const long = fileName(`${"word ".repeat(40)}end`, 0, 1, "png");
  expect(long).toMatch(/^(word-)+word\.png$/);
  expect(bytes(long)).toBeLessThan(80);
  expect(bytes(fileName("猫".repeat(500), 0, 16, "webp"))).toBeLessThan(143);
  expect(fileName("x".repeat(500), 0, 1, "png")).toBe(`${"x".repeat(60)}.png`);
});

it("is composed, so that the same words give the same name everywhere", () => {
  expect(fileName("cafe\u0301", 0, 1, "png")).toBe("café.png");
});
