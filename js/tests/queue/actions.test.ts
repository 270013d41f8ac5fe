import { expect, it } from "vitest";
import type { Desk } from "../../src/desk";
import type { Draft } from "../../src/link";
import { columnsFor, mend, neighbour, stop, stopRunning } from "../../src/queue/actions";
import { progressText, share } from "../../src/queue/progress";
import { type Action, initial, reduce, type State } from "../../src/state";
import { Store } from "../../src/store";
import { wordsFor } from "../../src/words";

const JOB = {
  job: "j1",
  prompt: "a cat",
  stage: "painting",
  step: 3,
  steps: 12,
  seconds: 2,
  left: 6,
  n: 1,
  movable: false,
};

function deskWith(state: Partial<State>): { desk: Desk; sent: Draft[] } {
  const store = new Store<State, Action>({ ...initial, ...state }, reduce);
  const sent: Draft[] = [];
  const desk = {
    store,
    get state() {
      return store.state;
    },
    send: (draft: Draft) => sent.push(draft),
  };
  return { desk: desk as unknown as Desk, sent };
}

it("stops what runs once, however often it is asked to", () => {
  const { desk, sent } = deskWith({ jobs: [JOB] });
  expect(stopRunning(desk)).toBe(true);
  stopRunning(desk);
  stop(desk, "j1");
  expect(sent).toEqual([{ kind: "stop", job: "j1" }]);
});

it("has nothing to stop when nothing runs", () => {
  const { desk, sent } = deskWith({});
  expect(stopRunning(desk)).toBe(false);
  expect(sent).toEqual([]);
});

it("asks for a way on by its place, and puts the failure away", () => {
  const failure = { job: "j1", prompt: "a cat", message: "It broke.", remedies: [] };
  const { desk, sent } = deskWith({ failures: [failure] });
  mend(desk, "j1", 1);
  expect(sent).toEqual([{ kind: "mend", job: "j1", remedy: 1 }]);
  expect(desk.state.failures).toEqual([]);
});

it("walks over a grid with the arrow keys, and stops at its edges", () => {
  const walk = (key: string, at: number) => neighbour(key, at, 5, 3);
  expect([walk("ArrowRight", 0), walk("ArrowDown", 1), walk("ArrowUp", 4), walk("ArrowLeft", 2)]).toEqual([1, 4, 1, 1]);
  expect([walk("ArrowLeft", 0), walk("ArrowDown", 2), walk("ArrowRight", 4), walk("ArrowUp", 1)]).toEqual([0, 2, 4, 1]);
  expect([walk("Home", 3), walk("End", 0), walk("x", 0)]).toEqual([0, 4, null]);
});

it("lays pictures out as near to a square as it goes", () => {
  expect([1, 2, 3, 4, 5, 9, 16].map(columnsFor)).toEqual([1, 2, 2, 2, 3, 3, 4]);
});

it("says the step and the time left, and claims no share where nobody can tell", () => {
  expect(progressText(wordsFor("en"), JOB)).toBe("Painting · step 3 of 12 · about 6 s left");
  expect(share(JOB)).toBe(0.25);
  expect(share({ ...JOB, stage: "loading", step: 1 })).toBe(null);
  expect(share({ ...JOB, step: 0 })).toBe(null);
});

it("says the ways on in Chinese with their sizes and settings", () => {
  const { remedy } = wordsFor("zh-CN");
  expect(remedy({ kind: "smaller", label: "Paint 512×384" })).toBe("改画 512×384");
  expect(remedy({ kind: "memory", label: 'Use memory="group"' })).toBe('改用 memory="group"');
  expect(remedy({ kind: "again", label: "Try another seed" })).toBe("换个种子再试");
});
