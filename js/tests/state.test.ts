import { describe, expect, it } from "vitest";
import type { JobCard, Snapshot, ToBrowser, TurnCard } from "../src/protocol";
import { initial, reduce, type State } from "../src/state";

const blob = new Blob(["x"]);

function card(turn: string, number: number): TurnCard {
  return {
    turn,
    number,
    prompt: `prompt ${turn}`,
    task: "generate",
    parent: null,
    seed: 7,
    width: 128,
    height: 128,
    steps: 4,
    guidance: 1,
    seconds: 0.5,
    notes: [],
    count: 1,
    picked: 0,
    stopped: false,
    masked: false,
    code: `s.generate('prompt ${turn}')`,
  };
}

function job(name: string, step = 0): JobCard {
  return { job: name, prompt: "a cat", stage: "painting", step, steps: 4, seconds: 0, left: null };
}

const snapshot: Snapshot = {
  kind: "snapshot",
  seq: 1,
  session: { name: "s", model: "miniature", writable: true, holder: null, closed: false, subshells: true },
  turns: [card("aaaa", 1), card("bbbb", 2)],
  total: 2,
  current: "bbbb",
  index: 0,
  job: null,
  waiting: 0,
  pictures: [],
};

function heard(state: State, ...messages: ToBrowser[]): State {
  return messages.reduce((now, message) => reduce(now, { type: "heard", message, blobs: [blob, blob] }), state);
}

const live = heard(initial, snapshot);

describe("what a Studio shows", () => {
  it("is whatever a snapshot says, the second one too", () => {
    const later = heard(live, { ...snapshot, turns: [card("aaaa", 1)], total: 1, current: "aaaa" });
    expect(later.turns.map((turn) => turn.turn)).toEqual(["aaaa"]);
    expect(later.current).toBe("aaaa");
    expect(later.connection).toBe("live");
  });

  it("offers the notebook's last session until this one has a turn of its own", () => {
    const offer: ToBrowser = {
      kind: "offer",
      count: 4,
      prompt: "a cat",
      code: "s = pochade.open()",
      mime: "image/jpeg",
    };
    const empty = heard(initial, { ...snapshot, turns: [], total: 0, current: null }, offer);
    expect(empty.offer?.card.prompt).toBe("a cat");
    expect(empty.offer?.picture).toBe(blob);
    expect(heard(empty, { kind: "made", card: card("cccc", 1), total: 1, pictures: [] }).offer).toBeNull();
    expect(heard(empty, snapshot).offer).toBeNull();
  });

  it("has a turn that a cell made at once, and only once when a snapshot tells it again", () => {
    const pictures = [
      { turn: "cccc", index: 0, thumb: true, mime: "image/jpeg" },
      { turn: "cccc", index: 0, thumb: false, mime: "image/png" },
    ] as const;
    const made: ToBrowser = { kind: "made", card: card("cccc", 3), total: 3, pictures: [...pictures] };
    const state = heard(live, made, { kind: "moved", current: "cccc", index: 0, pictures: [] }, made);
    expect(state.turns.map((turn) => turn.turn)).toEqual(["aaaa", "bbbb", "cccc"]);
    expect(state.current).toBe("cccc");
    expect(state.thumbs.cccc).toBe(blob);
    expect(state.pictures["cccc:0"]).toBe(blob);
  });

  it("shows the picture that was picked, here or in a cell, and goes back to it", () => {
    const several = heard(live, { kind: "made", card: { ...card("cccc", 3), count: 4 }, total: 3, pictures: [] });
    const picked = heard(several, { kind: "moved", current: "cccc", index: 2, pictures: [] });
    expect(picked.index).toBe(2);
    const away = reduce(picked, { type: "went", turn: "aaaa" });
    expect(away.index).toBe(0);
    expect(reduce(away, { type: "went", turn: "cccc" }).index).toBe(2);
  });

  it("puts an earlier page before what it has", () => {
    const state = heard(
      { ...live, turns: [card("cccc", 3)] },
      {
        kind: "page",
        seq: 1,
        turns: [card("bbbb", 2), card("aaaa", 1)],
        pictures: [],
      },
    );
    expect(state.turns.map((turn) => turn.number)).toEqual([1, 2, 3]);
  });

  it("shows previews of the running job only, and none when it has ended", () => {
    const busy = heard(live, { kind: "working", job: job("j1", 1), waiting: 0 });
    const preview = (name: string): ToBrowser => ({ kind: "preview", job: name, preview: 1, mime: "image/jpeg" });
    expect(heard(busy, preview("j0")).preview).toBeNull();
    const shown = heard(busy, preview("j1"));
    expect(shown.preview).toBe(blob);
    expect(heard(shown, { kind: "working", job: job("j1", 2), waiting: 0 }).preview).toBe(blob);
    expect(
      heard(shown, { kind: "ended", job: "j1", state: "done", prompt: "a cat", message: null }).preview,
    ).toBeNull();
  });

  it("gives a prompt of its own back when its job was stopped or failed, but never over a newer one", () => {
    const sent = reduce(live, { type: "asked", seq: 1, prompt: "a cat" });
    const ended = (state: "failed" | "cancelled"): ToBrowser => ({
      kind: "ended",
      job: "j1",
      state,
      prompt: "a cat",
      message: state === "failed" ? "Out of memory." : null,
    });
    expect(heard(sent, ended("cancelled"))).toMatchObject({ draft: "a cat", trouble: null });
    expect(heard(sent, ended("failed"))).toMatchObject({ draft: "a cat", trouble: "Out of memory." });
    expect(heard({ ...sent, draft: "a dog" }, ended("cancelled")).draft).toBe("a dog");
    expect(heard(live, ended("cancelled")).draft).toBe(""); // that job was a cell's
  });

  it("says what was refused and gives the prompt back", () => {
    const asked = reduce(live, { type: "asked", seq: 9, prompt: "…" });
    expect(asked.draft).toBe("");
    const refused = heard(asked, { kind: "trouble", seq: 9, message: "The mask is empty." });
    expect(refused).toMatchObject({ trouble: "The mask is empty.", draft: "…", asked: null });
  });

  it("keeps the turns of a session that is closed", () => {
    const closed = heard(
      live,
      { kind: "closed" },
      { ...snapshot, turns: [], session: { ...snapshot.session, closed: true } },
    );
    expect(closed.turns).toHaveLength(2);
    expect(closed.session?.closed).toBe(true);
  });

  it("keeps only the newest whole pictures", () => {
    let state = live;
    for (let at = 0; at < 30; at++) {
      const pictures = [{ turn: `t${at}`, index: 0, thumb: false, mime: "image/png" as const }];
      state = heard(state, { kind: "pictures", seq: 1, pictures });
    }
    expect(Object.keys(state.pictures)).toHaveLength(12);
    expect(state.pictures["t29:0"]).toBe(blob);
  });
});

describe("a prompt that is refused while another job runs", () => {
  it("goes back to its box, whatever was heard in between", () => {
    const working = { kind: "working", job: null, waiting: 0 } as const;
    let state = reduce(initial, { type: "asked", seq: 7, prompt: "a cat" });
    const job = { job: "1", prompt: "a dog", state: "running", stage: "painting", step: 1, steps: 4, left: null };
    state = reduce(state, { type: "heard", message: { ...working, job } as never, blobs: [] });
    state = reduce(state, { type: "heard", message: { kind: "trouble", seq: 7, message: "No." } as never, blobs: [] });
    expect(state.draft).toBe("a cat");
    expect(state.sent).toEqual([]);
    expect(state.trouble).toBe("No.");
  });
});
