import { expect, it } from "vitest";
import { keepDraft, keptDraft } from "../../src/prompt/drafts";

it("a draft is kept for its own session until it is sent", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  keepDraft("talk", "half a thought <b>", storage);
  expect(keptDraft("talk", storage)).toBe("half a thought <b>");
  expect(keptDraft("other", storage)).toBe("");
  keepDraft("talk", "", storage);
  expect(kept.size).toBe(0);
});

it("a page without storage loses nothing but the keeping", () => {
  const full = () => {
    throw new Error("QuotaExceededError");
  };
  const storage = { getItem: full, setItem: full, removeItem: full };
  expect(() => keepDraft("talk", "a", storage)).not.toThrow();
  expect(keptDraft("talk", storage)).toBe("");
});
