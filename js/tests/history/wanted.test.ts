import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AGAIN_MS, BATCH, SETTLE_MS, Wanted } from "../../src/history/wanted";
import { MAX_THUMBS } from "../../src/protocol";

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => `t${from + k}`);

describe("thumbnails on demand", () => {
  let asked: string[][];
  let answer: (came?: readonly string[]) => Promise<void>;
  let fail: () => Promise<void>;
  let wanted: Wanted;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    wanted = new Wanted((turns) => {
      asked.push(turns);
      return new Promise((resolve, reject) => {
        fail = async () => {
          reject(new Error("The kernel did not answer."));
          await vi.advanceTimersByTimeAsync(0);
        };
        answer = async (came = turns) => {
          resolve(came);
          await vi.advanceTimersByTimeAsync(0);
        };
      });
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("are asked for together, a moment after they came in sight", async () => {
    wanted.want(ids(0, 5));
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    expect(asked).toEqual([ids(0, 5)]);
  });

  it("are not asked for where somebody only scrolled past", async () => {
    for (let k = 0; k < 1000; k += 10) {
      wanted.want(ids(k, k + 10));
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    await answer();
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    expect(asked.flat().length).toBeLessThanOrEqual(30);
    expect(asked.at(-1)).toEqual(ids(990, 1000));
  });

  it("are asked for in batches that the kernel takes, the next when the last has come", async () => {
    expect(BATCH).toBeLessThanOrEqual(MAX_THUMBS);
    wanted.want(ids(0, 100));
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    await vi.advanceTimersByTimeAsync(10 * SETTLE_MS);
    expect(asked).toHaveLength(1);
    while (asked.flat().length < 100) {
      await answer();
      await vi.advanceTimersByTimeAsync(SETTLE_MS);
    }
    expect(asked.flat()).toEqual(ids(0, 100));
    expect(Math.max(...asked.map(({ length }) => length))).toBe(BATCH);
  });

  it("that did not come are not asked for over and over; those that came are, once they were let go", async () => {
    wanted.want(["a", "b"]);
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    await answer(["a"]);
    wanted.want(["a", "b"]);
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    await answer();
    wanted.want(["b"]);
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    expect(asked).toEqual([["a", "b"], ["a"]]);
  });

  it("whose question got no answer are asked for again, later", async () => {
    wanted.want(["a", "b"]);
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    await fail();
    await vi.advanceTimersByTimeAsync(AGAIN_MS / 2);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(AGAIN_MS);
    expect(asked).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    wanted.stop();
    await fail();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not asked for once the view is gone", async () => {
    wanted.want(ids(0, 5));
    wanted.stop();
    await vi.advanceTimersByTimeAsync(SETTLE_MS);
    expect(asked).toEqual([]);
  });
});
