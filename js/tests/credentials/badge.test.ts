import type { VNode } from "preact";
import { expect, it } from "vitest";
import { Easel } from "../../src/canvas/easel";
import { Desk } from "../../src/desk";
import { initial, reduce, type State } from "../../src/state";
import { wordsFor } from "../../src/words";
import { Kernel, twig } from "../prompt/fakes";

const session = { name: "talk", model: "m", writable: true, holder: null, closed: false, subshells: true };
const shown: State = { ...initial, session, turns: [twig("t1", 1)], total: 1, current: "t1" };

function badge(state: State) {
  const painting = Easel({ words: wordsFor("en"), desk: new Desk(new Kernel()), state }) as VNode<{
    badge: VNode<{ turn: string; index: number }> | null;
  }>;
  return painting.props.badge?.props ?? null;
}

it("is at the corner of every picture that is kept, for the one that is shown", () => {
  expect(badge(shown)).toMatchObject({ turn: "t1", index: 0 });
  expect(badge(reduce(shown, { type: "index", index: 2 }))).toMatchObject({ turn: "t1", index: 2 });
});

it("is not on a preview, nor on a photo that is to be changed: those are not kept yet", () => {
  const picture = new Blob();
  const preview = { job: "j1", picture, width: 8, height: 8 } as unknown as State["preview"];
  const source = { name: "a.png", blob: picture, width: 8, height: 8 } as unknown as State["source"];
  expect(badge({ ...shown, preview })).toBeNull();
  expect(badge({ ...shown, source })).toBeNull();
});
