import { describe, expect, it } from "vitest";
import { here, leaves, matching, step } from "../../src/prompt/recall";

const earlier = ["newest", "older", "oldest"];

describe("earlier prompts on the arrow keys", () => {
  it("come one by one, and the draft comes back at the end", () => {
    let walk = here;
    let text = "half a thou";
    const seen: string[] = [];
    for (const by of [1, 1, 1, 1, -1, -1, -1, -1] as const) {
      const found = step(walk, by, text, earlier);
      if (found) ({ walk, text } = found);
      seen.push(text);
    }
    expect(seen).toEqual(["newest", "older", "oldest", "oldest", "older", "newest", "half a thou", "half a thou"]);
  });

  it("leave the text only from its first line upwards and from its last line downwards", () => {
    const text = "one\ntwo\nthree";
    expect(leaves(1, text, 2, 2)).toBe(true);
    expect(leaves(1, text, 5, 5)).toBe(false);
    expect(leaves(-1, text, 5, 5)).toBe(false);
    expect(leaves(-1, text, 9, 9)).toBe(true);
    expect(leaves(1, text, 0, 2)).toBe(false); // something is selected
  });
});

describe("the search among earlier prompts", () => {
  it("finds those that have every word, in their order, whatever their case", () => {
    const all = ["A cat in a Hat", "a dog in a hat", "a cat"].map((prompt) => ({ prompt }));
    expect(matching(all, "hat CAT").map(({ prompt }) => prompt)).toEqual(["A cat in a Hat"]);
    expect(matching(all, " ")).toHaveLength(3);
  });
});
