import { describe, expect, it } from "vitest";
import type { Changed, Made, Moved, Page, Picture, Snapshot, ToBrowser, TurnCard, TwigCard } from "../../src/protocol";
import { initial, reduce, type State } from "../../src/state";
import { pictureKey } from "../../src/state/turns";
import { twig } from "./twigs";

function cardOf(turn: string): TurnCard {
  return {
    turn,
    prompt: `prompt ${turn}`,
    rewritten: null,
    model: "miniature",
    created: 0,
    seed: 1,
    width: 128,
    height: 128,
    steps: 4,
    guidance: 1,
    strength: null,
    negative: null,
    background: null,
    seconds: 1,
    notes: [],
    references: 0,
    masked: false,
    changed: false,
    code: "",
    cell: "",
  };
}

function snapshot(turns: TwigCard[], total: number, current: string | null): Snapshot {
  const settings = { n: 1, size: null, seed: null, steps: null, guidance: null, strength: null, negative: null };
  return {
    serial: 1,
    kind: "snapshot",
    seq: 1,
    protocol: 2,
    session: { name: "s", model: "m", writable: true, holder: null, closed: false, subshells: true },
    settings: { ...settings, background: "auto", keep: "auto" },
    abilities: null,
    turns,
    total,
    current,
    index: 0,
    card: current === null ? null : cardOf(current),
    jobs: [],
    unlisted: 0,
    pictures: [],
  };
}

function heard(state: State, message: ToBrowser, blobs: Blob[] = []): State {
  return reduce(state, { type: "heard", message, blobs });
}

function changed(turns: TwigCard[], gone: string[], total: number): Changed {
  return { serial: 2, kind: "changed", turns, gone, total };
}

function page(turns: TwigCard[], total: number): Page {
  return { serial: 2, kind: "page", seq: 1, turns, total };
}

function thumb(turn: string): Picture {
  return { turn, index: 0, thumb: true, mime: "image/jpeg" };
}

const three = heard(initial, snapshot([twig(3), twig(4, 3), twig(5, 4)], 5, "t5"));
const numbers = (state: State) => state.turns.map(({ number }) => number);

describe("the turns that a view knows", () => {
  it("are in the order of time, however they came", () => {
    const all = heard(three, page([twig(1), twig(2, 1)], 5));
    expect(numbers(all)).toEqual([1, 2, 3, 4, 5]);
    const made: Made = { serial: 3, kind: "made", twig: twig(9, 5), card: cardOf("t9"), total: 6, pictures: [] };
    expect(numbers(heard(all, made))).toEqual([1, 2, 3, 4, 5, 9]);
  });

  it("have no gap: what changes of an older page comes with that page", () => {
    const starred = heard(three, changed([twig(1, null, { starred: true }), twig(4, 3, { starred: true })], [], 5));
    expect(numbers(starred)).toEqual([3, 4, 5]);
    expect(starred.turns[1]?.starred).toBe(true);
  });

  it("lose those that were deleted, and what grew from them grows from their parent", () => {
    const left = heard(three, changed([twig(5, 3)], ["t4"], 4));
    expect(numbers(left)).toEqual([3, 5]);
    expect(left.turns[1]?.parent).toBe("t3");
    expect(left.total).toBe(4);
  });

  it("stay the very same list when somebody goes elsewhere, so that nothing is laid out anew", () => {
    const moved: Moved = { serial: 2, kind: "moved", current: "t3", index: 0, card: cardOf("t3"), pictures: [] };
    expect(heard(three, moved).turns).toBe(three.turns);
    expect(heard(three, { ...moved, index: 1 }).turns[0]?.picked).toBe(1);
  });

  it("are those of the newest snapshot", () => {
    expect(numbers(heard(three, snapshot([twig(8)], 1, "t8")))).toEqual([8]);
  });
});

describe("a deletion that can be undone", () => {
  const asked = reduce(three, { type: "deleting", twig: twig(4, 3) });
  const gone = heard(asked, changed([twig(5, 3)], ["t4"], 4));

  it("is there once the kernel says that the turn is gone, not before", () => {
    expect(asked.deleted).toBeNull();
    expect(gone.deleted?.number).toBe(4);
  });

  it("is over when the turn is back", () => {
    const back = heard(gone, changed([twig(4, 3), twig(5, 4)], [], 5));
    expect(back.deleted).toBeNull();
    expect(numbers(back)).toEqual([3, 4, 5]);
  });

  it("is over with the next thing that is done, and after a while", () => {
    expect(reduce(gone, { type: "went", turn: "t3" }).deleted).toBeNull();
    expect(reduce(gone, { type: "settled" }).deleted).toBeNull();
  });

  it("is not offered for what was deleted elsewhere", () => {
    expect(heard(three, changed([], ["t5"], 4)).deleted).toBeNull();
  });
});

describe("the pictures that are kept", () => {
  const blob = new Blob(["x"]);

  it("are a bounded number, the newest, and always the one on the canvas", () => {
    let state = heard(
      three,
      { serial: 2, kind: "pictures", seq: 1, card: null, pictures: [{ ...thumb("t5"), thumb: false }] },
      [blob],
    );
    for (let k = 0; k < 60; k++) {
      const pictures = [{ ...thumb(`o${k}`), thumb: false }];
      state = heard(state, { serial: 3, kind: "pictures", seq: 1, card: null, pictures }, [blob]);
    }
    const kept = Object.keys(state.pictures);
    expect(kept.length).toBeLessThan(30);
    expect(kept).toContain(pictureKey("t5", 0));
    expect(kept).toContain(pictureKey("o59", 0));
  });

  it("have at least one turn's worth of them at once", () => {
    const pictures = Array.from({ length: 16 }, (_, index) => ({ ...thumb("t3"), index, thumb: false }));
    const blobs = pictures.map(() => blob);
    const state = heard(three, { serial: 2, kind: "pictures", seq: 1, card: null, pictures }, blobs);
    expect(pictures.every(({ index }) => state.pictures[pictureKey("t3", index)])).toBe(true);
  });

  it("are few hundred thumbnails of a thousand turns", () => {
    let state = three;
    for (let k = 0; k < 1000; k++) {
      const message: ToBrowser = { serial: 2, kind: "pictures", seq: 1, card: null, pictures: [thumb(`o${k}`)] };
      state = heard(state, message, [blob]);
    }
    expect(Object.keys(state.thumbs).length).toBeLessThan(500);
    expect(state.thumbs.o999).toBe(blob);
    expect(state.thumbs.o0).toBeUndefined();
  });
});
