import { describe, expect, it } from "vitest";
import { Desk } from "../../src/desk";
import { earlier, go, reach, remove, restore, thumbs, turnTo } from "../../src/history/actions";
import type { Channel } from "../../src/link";
import type { ToKernel, TwigCard } from "../../src/protocol";
import { twig } from "./twigs";

/** A kernel of 450 turns that answers pages, and a desk that has its newest 200. */
function open(total = 450, writable = true) {
  const all = Array.from({ length: total }, (_, k) => twig(k + 1, k || null, { count: 3 }));
  const said: ToKernel[] = [];
  let hear: ((message: unknown, buffers?: DataView[]) => void) | undefined;
  let serial = 0;
  const tell = (message: object, buffers: DataView[] = []) => hear?.({ serial: ++serial, ...message }, buffers);
  const channel: Channel = {
    on: (event, listener) => {
      if (event === "msg:custom") hear = listener as typeof hear;
    },
    off: () => undefined,
    send: (content) => {
      const message = content as ToKernel;
      said.push(message);
      if (message.kind === "hello") {
        const session = { name: "s", model: "m", writable, holder: null, closed: false, subshells: true };
        const turns = all.slice(-200);
        const snapshot = { turns, total, current: `t${total}`, index: 0, card: null, jobs: [], pictures: [] };
        tell({ kind: "snapshot", seq: message.seq, protocol: 2, session, settings: {}, abilities: null, ...snapshot });
      } else if (message.kind === "earlier") {
        const turns = all.filter(({ number }) => number < message.before).slice(-200);
        queueMicrotask(() => tell({ kind: "page", seq: message.seq, turns, total }));
      }
    },
  };
  const desk = new Desk(channel);
  desk.start();
  const kinds = () => said.map(({ kind }) => kind).filter((kind) => kind !== "hello");
  return { desk, said, kinds, all, tell };
}

describe("going to a turn", () => {
  it("that is here moves at once and tells the kernel", async () => {
    const { desk, said } = open();
    await go(desk, "t300");
    expect(desk.state.current).toBe("t300");
    expect(said.find(({ kind }) => kind === "go")).toMatchObject({ turn: "t300", index: null });
    desk.stop();
  });

  it("that is older than those here fetches the pages up to it first", async () => {
    const { desk, kinds } = open();
    await go(desk, "t3");
    expect(kinds().slice(0, 3)).toEqual(["earlier", "earlier", "go"]);
    expect(desk.twig?.number).toBe(3);
    expect(desk.state.turns).toHaveLength(450);
    desk.stop();
  });

  it("that is nowhere changes nothing, and ends", async () => {
    const { desk, kinds } = open();
    await go(desk, "nowhere");
    expect(kinds()).not.toContain("go");
    expect(desk.state.current).toBe("t450");
    expect(await reach(desk, "nowhere")).toBe(false);
    desk.stop();
  });

  it("with a picture picks it, and nowhere starts afresh", async () => {
    const { desk, said } = open();
    await go(desk, "t440", 2);
    expect(desk.state.index).toBe(2);
    await go(desk, null);
    expect(desk.state.current).toBeNull();
    expect(said.filter(({ kind }) => kind === "go")).toHaveLength(2);
    desk.stop();
  });
});

describe("with a photo in the turn's place", () => {
  const source = { key: 1, name: "photo.png", upload: 7, blob: new Blob(), thumb: null, width: 64, height: 48 };

  it("a click on the current turn goes back to it, and its margins are its own", async () => {
    const { desk, said } = open();
    desk.store.dispatch({ type: "source", source });
    desk.store.dispatch({ type: "extend", extend: [8, 0, 0, 0] });
    await go(desk, "t450");
    expect([desk.state.source, desk.state.extend, desk.state.current]).toEqual([null, null, "t450"]);
    expect(said.filter(({ kind }) => kind === "go")).toHaveLength(1);
    desk.stop();
  });

  it("the margins of the turn's picture are gone", () => {
    const { desk } = open();
    desk.store.dispatch({ type: "extend", extend: [8, 0, 0, 0] });
    desk.store.dispatch({ type: "source", source });
    expect(desk.state.extend).toBeNull();
    desk.stop();
  });
});

describe("the turns of a closed session", () => {
  it("can be looked at, and nothing is asked of it that it could only refuse", async () => {
    const { desk, kinds, tell } = open();
    tell({ kind: "closed" });
    await go(desk, "t300");
    turnTo(desk, 2);
    expect(await thumbs(desk, ["t300"])).toEqual([]);
    expect([desk.state.current, desk.state.index]).toEqual(["t300", 2]);
    expect(kinds()).toEqual([]);
    desk.stop();
  });
});

describe("the pictures of a turn", () => {
  it("are paged within their number", () => {
    const { desk, said } = open();
    turnTo(desk, 2);
    turnTo(desk, 3);
    turnTo(desk, -1);
    expect(desk.state.index).toBe(2);
    expect(said.filter(({ kind }) => kind === "go")).toMatchObject([{ turn: "t450", index: 2 }]);
    desk.stop();
  });

  it("can be looked at where nothing may be changed", () => {
    const { desk, kinds } = open(450, false);
    turnTo(desk, 1);
    expect(desk.state.index).toBe(1);
    expect(kinds()).toEqual(["show"]);
    desk.stop();
  });
});

describe("earlier turns", () => {
  it("are asked for until there are no more", async () => {
    const { desk, kinds } = open();
    for (let k = 0; k < 5; k++) await earlier(desk);
    expect(kinds()).toEqual(["earlier", "earlier"]);
    expect(desk.state.turns.map(({ number }) => number)).toEqual(Array.from({ length: 450 }, (_, k) => k + 1));
    desk.stop();
  });
});

describe("deleting a turn", () => {
  it("waits for the kernel, offers the way back, and takes it", () => {
    const { desk, all, said, tell } = open();
    const last = all[449] as TwigCard;
    remove(desk, last);
    expect(desk.state.turns).toContainEqual(last);
    tell({ kind: "changed", turns: [], gone: ["t450"], total: 449 });
    expect(desk.state.turns).not.toContainEqual(last);
    expect(desk.state.deleted).toEqual(last);
    restore(desk, last.turn);
    tell({ kind: "changed", turns: [last], gone: [], total: 450 });
    expect(desk.state.deleted).toBeNull();
    expect(said.map(({ kind }) => kind).slice(-2)).toEqual(["delete", "restore"]);
    desk.stop();
  });
});
