import { expect, it } from "vitest";
import type { JobCard, ToBrowser, TwigCard } from "../../src/protocol";
import { announcement } from "../../src/queue/queue";
import { initial, reduce, type State } from "../../src/state";
import { gridOf, showsGrid } from "../../src/state/queue";
import { wordsFor } from "../../src/words";

const words = wordsFor("en");
const blob = (text: string) => new Blob([text], { type: "image/png" });
const job = (name: string, more: Partial<JobCard> = {}): JobCard => ({
  job: name,
  prompt: `prompt of ${name}`,
  stage: "painting",
  step: 0,
  steps: 4,
  seconds: 0,
  left: null,
  n: 1,
  movable: false,
  ...more,
});
const twig = (turn: string, count = 4): TwigCard => ({
  turn,
  number: 1,
  parent: null,
  task: "generate",
  prompt: "a dog",
  width: 64,
  height: 48,
  count,
  picked: 0,
  stopped: false,
  starred: false,
});
const hear = (state: State, message: object, ...blobs: Blob[]): State =>
  reduce(state, { type: "heard", message: { serial: 1, ...message } as ToBrowser, blobs });
const working = (state: State, ...jobs: JobCard[]) => hear(state, { kind: "working", jobs, unlisted: 0 });
const variant = (state: State, index: number, count = 4) =>
  hear(state, { kind: "variant", job: "j1", index, count, mime: "image/png" }, blob(`small ${index}`));
const preview = (state: State, index: number) =>
  hear(state, { kind: "preview", job: "j1", preview: 1, index, width: 64, height: 48 }, blob("preview"));
const moved = (state: State, current: string | null, index = 0) =>
  hear(state, { kind: "moved", current, index, card: null, pictures: [] });
const made = (state: State, count = 4) =>
  hear(state, { kind: "made", twig: twig("t1", count), card: { turn: "t1" }, total: 1, pictures: [] });
const ended = (state: State, how: string, name = "j1") =>
  hear(state, { kind: "ended", job: name, state: how, prompt: "a dog", message: "It broke.", remedies: [] });

/** A request for four pictures, painted to its end. */
function painted(): State {
  let state = working(initial, job("j1", { n: 4 }));
  for (const index of [0, 1, 2, 3]) state = variant(state, index);
  return ended(made(moved(state, "t1")), "done");
}

it("fills the grid as pictures finish, with the preview in the cell that is next", () => {
  let state = preview(working(initial, job("j1", { n: 4 })), 0);
  expect(gridOf(state)).toMatchObject({ turn: null, coming: { index: 0 }, width: 64, height: 48 });
  state = preview(variant(state, 0), 1);
  const grid = gridOf(state);
  expect(grid?.pictures.map((picture) => picture !== null)).toEqual([true, false, false, false]);
  expect(grid?.coming).toMatchObject({ index: 1, picture: expect.any(Blob) });
});

it("does not show the last picture's preview in the next one's cell", () => {
  const state = variant(preview(working(initial, job("j1", { n: 4 })), 0), 0);
  expect(gridOf(state)?.coming).toEqual({ index: 1, picture: null });
});

it("shows no grid for a single picture, nor before there is anything to see", () => {
  expect(showsGrid(preview(working(initial, job("j1")), 0))).toBe(false);
  expect(showsGrid(working(initial, job("j1", { n: 4 })))).toBe(false);
  expect(showsGrid(made(moved(initial, "t1"), 1))).toBe(false);
});

it("keeps the grid of a made turn until one of its pictures is picked", () => {
  const state = painted();
  expect(gridOf(state)).toMatchObject({ turn: "t1", picked: 0 });
  expect(gridOf(state)?.pictures.every((picture) => picture !== null)).toBe(true);
  expect(showsGrid(moved(state, "t1", 2))).toBe(false);
  expect(showsGrid(reduce(state, { type: "index", index: 2 }))).toBe(false);
});

it("shows what the next job paints, and comes back to a choice that is still open", () => {
  const waiting = working(painted(), job("j1", { n: 2 }));
  expect(gridOf(waiting)).toMatchObject({ turn: "t1" });
  const painting = preview(waiting, 0);
  expect(gridOf(painting)).toMatchObject({ turn: null });
  expect(gridOf(preview(working(painted(), job("j1")), 0))).toBeNull();
  expect(gridOf(ended(painting, "cancelled"))).toMatchObject({ turn: "t1" });
  expect(gridOf(reduce(painting, { type: "sheet", turn: "t1", count: 4 }))).toMatchObject({ turn: "t1" });
});

it("closes the grid when another turn is gone to, by whomever, or when it is put away", () => {
  expect(showsGrid(reduce(painted(), { type: "went", turn: null }))).toBe(false);
  expect(showsGrid(moved(painted(), "t0"))).toBe(false);
  expect(showsGrid(reduce(painted(), { type: "unsheet" }))).toBe(false);
});

it("does not take a person back who looked elsewhere while the pictures were made", () => {
  let state = variant(working(initial, job("j1", { n: 4 })), 0);
  state = reduce(state, { type: "went", turn: "t0" });
  expect(showsGrid(variant(state, 1))).toBe(false);
  expect(showsGrid(made(moved(state, "t1")))).toBe(false);
  const next = working(ended(state, "done"), job("j2", { n: 2 }));
  expect(next.aside).toBe(null);
});

it("opens a made turn's grid again with what is here, and takes in what comes", () => {
  let state = reduce(painted(), { type: "index", index: 1 });
  state = { ...state, pictures: { "t1:1": blob("whole 1") } };
  state = reduce(state, { type: "sheet", turn: "t1", count: 4 });
  expect(gridOf(state)?.pictures.map((picture) => picture !== null)).toEqual([false, true, false, false]);
  const picture = { turn: "t1", index: 3, thumb: false, mime: "image/png" };
  state = hear(state, { kind: "pictures", seq: 1, card: null, pictures: [picture] }, blob("whole 3"));
  expect(gridOf(state)?.pictures.map((one) => one !== null)).toEqual([false, true, false, true]);
});

it("lets go of a job's pictures when it is over, and hears nothing more of it", () => {
  const state = ended(variant(working(initial, job("j1", { n: 4 })), 0), "cancelled");
  expect([state.jobs, state.variants, state.preview]).toEqual([[], null, null]);
  expect(preview(state, 1).preview).toBe(null);
});

it("keeps what failed until it is put away, and calls no cancelled job a failure", () => {
  let state = ended(working(initial, job("j1")), "failed");
  expect(state.failures).toMatchObject([{ job: "j1", message: "It broke." }]);
  state = ended(state, "failed", "j2");
  expect(state.failures.map((failure) => failure.job)).toEqual(["j1", "j2"]);
  state = reduce(state, { type: "forgive", job: "j2" });
  expect(state.failures.map((failure) => failure.job)).toEqual(["j1"]);
  expect(ended(working(initial, job("j1")), "cancelled").failures).toEqual([]);
});

it("counts those that wait beyond the listed ones", () => {
  expect(hear(initial, { kind: "working", jobs: [job("j1")], unlisted: 949 }).unlisted).toBe(949);
});

it("says when a stage begins and how it ended, but not every step", () => {
  const first = announcement(words, working(initial, job("j1", { step: 1 })));
  expect(announcement(words, working(initial, job("j1", { step: 2 })))).toBe(first);
  expect(announcement(words, ended(working(initial, job("j1")), "done"))).toBe("Finished: a dog");
  expect(announcement(words, ended(working(initial, job("j1")), "failed"))).toBe("");
});
