import { expect, it } from "vitest";
import { wordsFor } from "../../src/words";

it("the language of the words is one that a page can be told", () => {
  expect(["zh-TW", "ZH", "en-GB", "de", ""].map((asked) => wordsFor(asked).lang)).toEqual([
    "zh",
    "zh",
    "en",
    "en",
    "en",
  ]);
});

it("a share is written the same way everywhere", () => {
  const words = wordsFor("en");
  const said = [words.chipSending(0.5), words.dividerAt(50, "a", "b"), words.differs(1, 0.5), words.inPercent(50)];
  for (const text of said) expect(text).toMatch(/\d%/);
});

it("a prompt inside a sentence cannot turn the sentence round", () => {
  const evil = "a cat \u202egod\u2066 \u200f";
  for (const words of [wordsFor("en"), wordsFor("zh")]) {
    for (const said of [words.failed(evil), words.offered(2, evil)]) {
      expect(said).toContain("a cat god");
      expect(said).not.toMatch(/\p{Bidi_Control}/u);
    }
  }
});
