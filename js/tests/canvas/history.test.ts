import { describe, expect, it } from "vitest";
import { History } from "../../src/canvas/history";
import { eachTile, Grid, type Step, StepWriter, TILE, weight } from "../../src/canvas/tiles";
import { same, seeded } from "./support";

const AREA = TILE * TILE;

/** A step of one tile that takes about as many bytes as it has different values. */
function step(length: number): Step {
  const writer = new StepWriter();
  writer.add(
    0,
    Uint8Array.from({ length }, (_, at) => 1 + (at % 255)),
  );
  const finished = writer.finish();
  if (!finished) throw new Error("nothing in it");
  return finished;
}

function count(history: History): number {
  let steps = 0;
  while (history.back()) steps++;
  return steps;
}

describe("the steps of a mask", () => {
  it("keep every value of every tile, whatever it looks like", () => {
    const chance = seeded(1);
    const grid = new Grid(5 * TILE + 7, 3 * TILE + 1);
    const looks: ((at: number) => number)[] = [
      () => 255,
      (at) => at & 255,
      () => Math.floor(chance() * 256),
      () => (chance() < 0.01 ? 9 : 0),
      (at) => (at % TILE < 20 ? 255 : 0),
      (at) => (at % TILE < 20 ? 255 : at % 3),
      (at) => Math.floor(at / 200),
      (at) => (at % 300 === 7 ? Math.floor(chance() * 256) : 3),
    ];
    for (let round = 0; round < 20; round++) {
      const writer = new StepWriter();
      const given = new Map<number, Uint8Array>();
      for (let tile = 0; tile < grid.count; tile++) {
        const { width, height } = grid.box(tile);
        const look = looks[Math.floor(chance() * looks.length)] ?? (() => 1);
        const values = Uint8Array.from({ length: width * height }, (_, at) => look(at));
        writer.add(tile, values);
        if (values.some((value) => value > 0)) given.set(tile, values);
      }
      const finished = writer.finish();
      expect(finished).not.toBeNull();
      if (!finished) return;
      const found = new Map<number, Uint8Array>();
      eachTile(finished, grid, (tile, values) => found.set(tile, values.slice()));
      expect([...found.keys()]).toEqual([...given.keys()]);
      for (const [tile, values] of given) expect(same(found.get(tile) ?? new Uint8Array(), values)).toBe(true);
    }
  });

  it("are nothing where nothing differs, and next to nothing where all does alike", () => {
    const writer = new StepWriter();
    writer.add(3, new Uint8Array(AREA));
    expect(writer.finish()).toBeNull();
    for (let tile = 0; tile < 4096; tile++) writer.add(tile, new Uint8Array(AREA).fill(255));
    const everything = writer.finish();
    expect(everything && weight(everything)).toBeLessThan(50_000);
  });

  it("take far less than their pixels along a hard edge", () => {
    const writer = new StepWriter();
    writer.add(
      0,
      Uint8Array.from({ length: AREA }, (_, at) => (at % TILE < at / TILE ? 255 : 0)),
    );
    expect(writer.finish()?.packed.length).toBeLessThan(AREA / 10);
  });
});

describe("the history", () => {
  it("forgets the oldest steps above its limit, but never keeps fewer than it promises", () => {
    const bytes = weight(step(AREA));
    const roomy = new History(20 * bytes, 5);
    const tight = new History(3 * bytes, 5);
    for (let round = 0; round < 30; round++) {
      roomy.push(step(AREA));
      tight.push(step(AREA));
    }
    expect(count(roomy)).toBe(20);
    expect(count(tight)).toBe(5);
  });

  it("gives up that promise only for a step that is above the limit alone", () => {
    const history = new History(weight(step(AREA)) - 1, 5);
    for (let round = 0; round < 4; round++) history.push(step(16));
    history.push(step(AREA));
    expect(count(history)).toBe(1);
  });

  it("counts steps that were undone and forgotten no longer", () => {
    const bytes = weight(step(AREA));
    const history = new History(10 * bytes, 1);
    for (let round = 0; round < 50; round++) {
      history.push(step(AREA));
      history.push(step(AREA));
      history.back();
      history.back();
    }
    for (let round = 0; round < 10; round++) history.push(step(AREA));
    expect(count(history)).toBe(10);
  });
});
