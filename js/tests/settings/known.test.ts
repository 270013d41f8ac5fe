import type { ComponentChildren, VNode } from "preact";
import { describe, expect, it } from "vitest";
import { hintsOf } from "../../src/prompt/hinting";
import { Known } from "../../src/settings/models";
import { initial, reduce } from "../../src/state";
import { wordsFor } from "../../src/words";

type Drawn = VNode<{ children?: ComponentChildren }>;

/** The texts of all elements of a kind, in order. */
function texts(node: ComponentChildren, type: string): string[] {
  if (Array.isArray(node)) return node.flatMap((one) => texts(one, type));
  if (node === null || typeof node !== "object" || !("props" in node)) return [];
  const { type: own, props } = node as Drawn;
  return own === type ? [String(props.children)] : texts(props.children, type);
}

const lists = [
  { name: "things", words: ["cat", "top hat"] },
  { name: "spells \u202e", words: ["fire\u2066"] },
];

describe("what a model knows", () => {
  it("is listed under names that a person reads, a card's own names as they are", () => {
    const drawn = Known({ words: wordsFor("en"), lists });
    expect(texts(drawn, "dt")).toEqual(["Things", "spells "]);
    expect(texts(drawn, "dd")).toEqual(["cat, top hat", "fire"]);
    expect(texts(Known({ words: wordsFor("zh"), lists }), "dd")[0]).toBe("cat、top hat");
  });

  it("takes no place where the model does not say", () => {
    expect(Known({ words: wordsFor("en"), lists: [] })).toBeNull();
  });
});

it.each([
  ["en", "‘wolf’ (nearest: fox, dog), ‘sofa’."],
  ["zh", "“wolf”（相近的词：fox、dog）、“sofa”。"],
])("beside an unknown word stand the nearest known ones (%s)", (lang, end) => {
  const typed = reduce(initial, { type: "draft", draft: "a wolf on a sofa" });
  const hints = {
    prompt: "a wolf on a sofa",
    unknown: ["wolf", "sofa"],
    nearest: [["fox", "dog"], []],
    cannot: ["No."],
  };
  const said = hintsOf({ ...typed, hints }, wordsFor(lang));
  expect(said[0]?.endsWith(end)).toBe(true);
  expect(said[1]).toBe("No.");
});
