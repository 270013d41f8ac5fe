import { expect, it } from "vitest";
import { banners } from "../../src/banners";
import { OTHER_VERSION } from "../../src/protocol";
import { initial, type State } from "../../src/state";
import { wordsFor } from "../../src/words";

const words = wordsFor("en");
const session = {
  name: "cats",
  model: "miniature",
  writable: true,
  holder: null,
  closed: false,
  subshells: true,
};
const job = { job: "j1", prompt: "a cat", stage: "painting", step: 1, steps: 4 } as State["jobs"][number];
const NONE: ReadonlySet<string> = new Set();
const said = (more: Partial<State>, older = false, away = NONE) =>
  banners(words, { ...initial, session, connection: "live", ...more }, older, away);

it("says nothing when nothing is to be said", () => {
  expect(said({})).toEqual([]);
});

it("never says more than two things at once, the weightiest first", () => {
  const all = said(
    {
      connection: "gone",
      trouble: "It did not work.",
      session: { ...session, writable: false, subshells: false },
      jobs: [job],
    },
    true,
  );
  expect(all.map(({ text }) => text)).toEqual([words.gone, "It did not work."]);
});

it("interrupts only for what is in the way", () => {
  expect(said({ connection: "silent" })[0]?.kind).toBe("alert");
  expect(said({ trouble: "No." })[0]?.kind).toBe("alert");
  expect(said({ session: { ...session, writable: false, holder: "ann" } })).toEqual([
    { kind: "status", text: words.readOnly("ann") },
  ]);
  expect(said({ session: { ...session, writable: false, closed: true } })).toEqual([
    { kind: "status", text: words.closed },
  ]);
  expect(said({}, true)[0]?.kind).toBe("status");
});

it("says in the view's language that the view and the kernel are of different versions", () => {
  const chinese = wordsFor("zh");
  const [told] = banners(chinese, { ...initial, session, trouble: OTHER_VERSION }, false, NONE);
  expect(told?.text).toBe(chinese.otherVersion);
  expect(said({ trouble: OTHER_VERSION })[0]?.text).toBe(OTHER_VERSION);
});

it("lets a person put away what is theirs to judge, and shows what came behind it", () => {
  const state = { session: { ...session, subshells: false }, jobs: [job] };
  expect(said(state, true).map(({ dismiss }) => dismiss)).toEqual(["view", "view"]);
  expect(said(state, true, new Set([words.noSubshells])).map(({ text }) => text)).toEqual([words.older]);
  const [readOnly] = said({ session: { ...session, writable: false } });
  expect(readOnly?.dismiss).toBeUndefined();
});

it("warns of a kernel without subshells only while something could be stopped", () => {
  expect(said({ session: { ...session, subshells: false } })).toEqual([]);
});
