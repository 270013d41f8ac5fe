import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Desk } from "../src/desk";
import { Kernel, twig } from "./prompt/fakes";

let kernel: Kernel;
let desk: Desk;

beforeEach(async () => {
  vi.useFakeTimers();
  kernel = new Kernel();
  kernel.turns = [twig("aaaa", 1), twig("bbbb", 2), { ...twig("cccc", 3), width: 96 }];
  kernel.current = "aaaa";
  desk = new Desk(kernel);
  desk.start();
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

/** Tells a message and waits until it was heard. */
async function tell(message: Record<string, unknown>): Promise<void> {
  kernel.tell(message);
  await vi.advanceTimersByTimeAsync(0);
}

async function move(current: string | null): Promise<void> {
  await tell({ kind: "moved", current, index: 0, card: null, pictures: [] });
}

describe("the mask", () => {
  it("stays from turn to turn while the size stays, and goes with it", async () => {
    const first = desk.mask;
    first?.selectAll();
    await move("bbbb");
    expect(desk.mask).toBe(first);
    await move(null); // a prompt for a new picture: the next turn may have the size again
    expect(desk.mask).toBe(first);
    await move("cccc");
    expect(desk.mask).not.toBe(first);
    expect([desk.mask?.width, desk.mask?.painted]).toEqual([96, 0]);
  });
});

describe("a question to the kernel", () => {
  const question = { kind: "masks", turn: "aaaa" } as const;

  it("is answered by the message that repeats its number, not by the receipt before it", async () => {
    const answer = desk.ask(question, "mask");
    const seq = kernel.said.at(-1)?.seq;
    await tell({ kind: "pong", seq });
    await tell({ kind: "mask", seq: -1, turn: "bbbb" });
    await tell({ kind: "mask", seq, turn: "aaaa" });
    expect((await answer).message.turn).toBe("aaaa");
  });

  it("that cannot be answered is told its reason, and no banner says it as well", async () => {
    const answer = expect(desk.ask(question, "mask")).rejects.toThrow("This turn has no mask.");
    await tell({ kind: "trouble", seq: kernel.said.at(-1)?.seq, message: "This turn has no mask." });
    await answer;
    expect(desk.state.trouble).toBeNull();
  });

  it("that nobody answers comes to an end", async () => {
    const answer = expect(desk.ask(question, "mask")).rejects.toThrow("did not answer");
    await vi.advanceTimersByTimeAsync(30_000);
    await answer;
  });

  it("says in the language of the view that nobody answered", async () => {
    kernel.lang = "zh";
    const answer = expect(desk.ask(question, "mask")).rejects.toThrow("内核没有回答");
    await vi.advanceTimersByTimeAsync(30_000);
    await answer;
  });

  it("ends with the view", async () => {
    const answer = expect(desk.ask(question, "mask")).rejects.toThrow("closed");
    desk.stop();
    await answer;
  });
});

describe("what is known of the session", () => {
  it("is whatever the last snapshot or change says", async () => {
    expect(desk.able).toBe(true);
    const session = { ...desk.state.session, model: "klein", writable: false };
    await tell({
      kind: "tuned",
      session,
      settings: desk.state.settings,
      abilities: null,
      notes: ["Steps were dropped."],
    });
    expect([desk.able, desk.state.session?.model, desk.state.abilities]).toEqual([false, "klein", null]);
    expect(desk.state.gaveWay).toEqual(["Steps were dropped."]);
    await tell({ kind: "closed" });
    expect(desk.state.session?.closed).toBe(true);
  });

  it("keeps its turns when the session is closed and a snapshot comes without them", async () => {
    await tell({ kind: "closed" });
    const { session, settings } = desk.state;
    const empty = { turns: [], total: 0, current: null, index: 0, card: null, jobs: [], unlisted: 0, pictures: [] };
    await tell({ kind: "snapshot", seq: 1, protocol: 2, session, settings, abilities: null, ...empty });
    expect(desk.state.turns.map(({ turn }) => turn)).toEqual(["aaaa", "bbbb", "cccc"]);
  });

  it("shows trouble that nobody waits for until it is dismissed", async () => {
    await tell({ kind: "trouble", seq: null, message: "The disk is full." });
    expect(desk.state.trouble).toBe("The disk is full.");
    desk.store.dispatch({ type: "trouble", message: null });
    expect(desk.state.trouble).toBeNull();
  });
});
