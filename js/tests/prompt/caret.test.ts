import { describe, expect, it } from "vitest";
import { throughWord } from "../../src/prompt/caret";

describe("the text whose lines decide where the cursor is", () => {
  it.each([
    ["a cat in a hat", 0, ""],
    ["a cat in a hat", 3, "a cat"],
    ["a cat in a hat", 5, "a cat"],
    ["a cat in a hat", 6, "a cat in"],
    ["a cat in a hat", 14, "a cat in a hat"],
    ["小狐狸在森林里", 2, "小狐狸"],
    ["a 小狐狸", 1, "a"],
  ])("of %s at %i goes to the end of the word, which is wrapped as a whole", (text, at, through) => {
    expect(throughWord(text, at)).toBe(through);
  });
});
