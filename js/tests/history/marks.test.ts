import { describe, expect, it } from "vitest";
import { parts } from "../../src/history/marks";

const marked = (prompt: string, query: string) =>
  parts(prompt, query)
    .map(({ text, found }) => (found ? `[${text}]` : text))
    .join("");

describe("what a search found in a prompt", () => {
  it("is every one of its words, in any case, also within others", () => {
    expect(marked("A Cat catches a bird", "cat BIRD")).toBe("A [Cat] [cat]ches a [bird]");
  });

  it("is one stretch where words overlap", () => {
    expect(marked("banana", "ana nan")).toBe("ba[nana]".replace("ba[", "b[a"));
    expect(marked("banana", "ana")).toBe("b[anana]");
  });

  it("is nothing without words, and never loses a letter", () => {
    expect(marked("a cat", "  ")).toBe("a cat");
    for (const prompt of ["<b>hat</b> & co", "İstanbul ısı", "猫在蓝色背景上", "قطة زرقاء", "👩‍🎨 paints"]) {
      const found = parts(prompt, "hat is 猫 قطة 👩‍🎨 i");
      expect(found.map(({ text }) => text).join("")).toBe(prompt);
    }
  });

  it("is found in other scripts too", () => {
    expect(marked("一只猫", "猫")).toBe("一只[猫]");
  });
});
