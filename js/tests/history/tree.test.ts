import { describe, expect, it } from "vitest";
import { Kin, pathTo, stepTo } from "../../src/history/kin";
import { edges, inside, layOut, NODE, STEP_X } from "../../src/history/layout";
import { to as scrolled } from "../../src/history/roving";
import { rowOf } from "../../src/history/row";
import { coarse } from "../../src/history/seen";
import { grown, twig } from "./twigs";

/** A cat; of it a dog and a bird; of the dog a fox; then a boat made afresh. */
const small = [twig(1), twig(2, 1), twig(3, 1), twig(4, 2), twig(7)];
const kin = new Kin(small);

function place(turn: string, width = 2000, of = kin) {
  const found = layOut(of, width).at.get(turn);
  if (!found) throw new Error(`${turn} has no place`);
  return found;
}

function closest(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b);
  return Math.min(Number.POSITIVE_INFINITY, ...ordered.slice(1).map((value, at) => value - (ordered[at] as number)));
}

describe("the layout of the tree", () => {
  it("puts the first child beside its parent and every other branch below", () => {
    expect(place("t2").y).toBe(place("t1").y);
    expect(place("t4").y).toBe(place("t2").y);
    expect(place("t3").y).toBeGreaterThan(place("t2").y);
    expect(place("t3").x).toBe(place("t2").x);
    expect(place("t4").level).toBe(3);
  });

  it.each([
    [3, 400],
    [11, 900],
    [42, 320],
    [7, 5000],
  ])("never lays one turn on another (%i, %i px)", (seed, width) => {
    const turns = grown(600, seed);
    const { places, width: wide, height } = layOut(new Kin(turns), width);
    expect(places).toHaveLength(turns.length);
    const taken = new Set<string>();
    const columns = new Map<number, number[]>();
    for (const { x, y } of places) {
      taken.add(`${x}:${y}`);
      columns.set(y, [...(columns.get(y) ?? []), x]);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + NODE).toBeLessThanOrEqual(wide);
      expect(y + NODE).toBeLessThanOrEqual(height);
    }
    expect(taken.size).toBe(turns.length);
    for (const row of columns.values()) {
      expect(closest(row)).toBeGreaterThanOrEqual(NODE);
    }
    expect(closest([...columns.keys()])).toBeGreaterThanOrEqual(NODE);
  });

  it("has every parent one generation before its children, and never below them", () => {
    const turns = grown(600, 5);
    const family = new Kin(turns);
    const { places, at } = layOut(family, 900);
    for (const child of places) {
      const parent = family.parent(child.twig);
      const above = parent && at.get(parent.turn);
      if (!above) continue;
      expect(child.x - above.x).toBe(STEP_X);
      expect(child.y).toBeGreaterThanOrEqual(above.y);
      expect(child.level).toBe(above.level + 1);
    }
  });

  it("lets nothing stand beside a line as if it had grown from there", () => {
    const turns = grown(400, 9);
    const family = new Kin(turns);
    const { places, at } = layOut(family, 900);
    for (const from of places) {
      const last = family.children(from.twig.turn).at(-1);
      const end = last && at.get(last.turn);
      if (!end) continue;
      const beside = places.filter(({ x, y }) => x === from.x && y > from.y && y <= end.y);
      expect(beside.map(({ twig }) => twig.turn)).toEqual([]);
    }
  });

  it("keeps a long chain in one row", () => {
    const chain = Array.from({ length: 1000 }, (_, k) => twig(k + 1, k || null));
    const { places } = layOut(new Kin(chain), 900);
    expect(new Set(places.map(({ y }) => y)).size).toBe(1);
  });

  it("lets many single pictures follow one another in lines as wide as the view", () => {
    const { places, width } = layOut(new Kin(Array.from({ length: 100 }, (_, k) => twig(k + 1))), 900);
    expect(width).toBeLessThanOrEqual(900);
    expect(new Set(places.map(({ y }) => y)).size).toBeLessThan(15);
  });

  it("is the same every time, and where it was when a turn is added at its end", () => {
    const turns = grown(300, 2);
    const before = layOut(new Kin(turns), 900);
    expect(layOut(new Kin([...turns]), 900)).toEqual(before);
    const after = layOut(new Kin([...turns, twig(301, 300)]), 900);
    const first = turns[0]?.turn ?? "";
    expect(after.at.get(first)).toEqual(before.at.get(first));
  });

  it("of no turns takes no room", () => {
    expect(layOut(new Kin([]), 900)).toMatchObject({ width: 0, height: 0, places: [] });
  });
});

describe("what of the tree is in the page", () => {
  const turns = grown(1000, 4);
  const family = new Kin(turns);
  const layout = layOut(family, 960);

  it("is no more than the view holds, wherever it is scrolled", () => {
    for (let top = 0; top < layout.height; top += 333) {
      const box = coarse(0, top, 960, 420);
      expect(layout.places.filter((one) => inside(one, box)).length).toBeLessThan(140);
    }
  });

  it("has everything that can be seen", () => {
    const box = coarse(100, 200, 900, 400);
    for (const one of layout.places) {
      const seen = one.x < 1000 && one.x + NODE > 100 && one.y < 600 && one.y + NODE > 200;
      if (seen) expect(inside(one, box)).toBe(true);
    }
  });

  it("changes in steps while one scrolls", () => {
    const boxes = new Set(Array.from({ length: 200 }, (_, top) => JSON.stringify(coarse(0, 640 + top, 960, 420))));
    expect(boxes.size).toBeLessThanOrEqual(4);
  });
});

describe("the lines of the tree", () => {
  const all = { left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 };

  it("join every turn to what it grew from, and nothing else", () => {
    expect(edges(kin, layOut(kin, 900), all).map(({ turn }) => turn)).toEqual(["t2", "t3", "t4"]);
  });

  it("show where a turn grew from one that is not here yet", () => {
    const torn = new Kin([twig(9, 3), twig(10, 9)]);
    const lines = edges(torn, layOut(torn, 900), all);
    expect(lines.map(({ turn }) => turn)).toEqual(["t9", "t10"]);
  });

  it("that pass through the view are drawn although neither end is in it", () => {
    const fan = new Kin([twig(1), ...Array.from({ length: 30 }, (_, k) => twig(k + 2, 1))]);
    const layout = layOut(fan, 900);
    const last = place("t31", 900, fan);
    const between = { left: 0, right: 900, top: last.y / 2, bottom: last.y / 2 + 10 };
    expect(edges(fan, layout, between).some(({ turn }) => turn === "t31")).toBe(true);
    expect(edges(fan, layout, { left: 5000, right: 6000, top: 0, bottom: 10 })).toEqual([]);
  });
});

describe("the arrow keys", () => {
  const to = (from: string, key: string, path: string[] = []) => {
    const start = kin.twig(from);
    return start && stepTo(kin, start, key, new Set(path))?.turn;
  };

  it("lead to the parent, to a child and to siblings", () => {
    expect(to("t4", "ArrowLeft")).toBe("t2");
    expect(to("t1", "ArrowRight")).toBe("t2");
    expect(to("t2", "ArrowDown")).toBe("t3");
    expect(to("t3", "ArrowUp")).toBe("t2");
  });

  it("follow the way to the current turn where there is a choice", () => {
    expect(to("t1", "ArrowRight", ["t1", "t3"])).toBe("t3");
  });

  it("go on with the next branch after the last sibling, so that every turn can be reached", () => {
    expect(to("t4", "ArrowDown")).toBe("t3");
    expect(to("t3", "ArrowDown")).toBe("t7");
    expect(to("t7", "ArrowDown")).toBeUndefined();
  });

  it("lead to the first and the last with Home and End, and leave other keys alone", () => {
    expect(to("t4", "Home")).toBe("t1");
    expect(to("t1", "End")).toBe("t7");
    const start = kin.twig("t1");
    expect(start && stepTo(kin, start, "x", new Set())).toBeUndefined();
    expect(start && stepTo(kin, start, "ArrowLeft", new Set())).toBeNull();
  });
});

describe("the way to the current turn", () => {
  it("is the turn and everything that it grew from", () => {
    expect([...pathTo(kin, "t4")].sort()).toEqual(["t1", "t2", "t4"]);
    expect(pathTo(kin, null).size).toBe(0);
    expect(pathTo(kin, "unknown").size).toBe(0);
  });
});

describe("the row of turns", () => {
  it("goes by time, with room before what was made afresh", () => {
    const { at, width } = rowOf(small);
    const gaps = at.slice(1).map((x, k) => x - (at[k] as number));
    expect(new Set(gaps.slice(0, 3)).size).toBe(1);
    expect(gaps[3]).toBeGreaterThan(gaps[0] as number);
    expect(width).toBeGreaterThan((at[4] as number) + NODE);
  });
});

describe("scrolling to a turn", () => {
  it("goes only as far as it takes, or to the middle where it is asked to", () => {
    expect(scrolled(100, 500, 300, false)).toBe(100);
    expect(scrolled(100, 500, 300, true)).toBe(100);
    const [right, left] = [scrolled(0, 500, 900, false), scrolled(900, 500, 200, false)];
    expect(900 - right + NODE).toBeLessThan(500);
    expect(left).toBeLessThan(200);
    expect(scrolled(0, 500, 900, true)).toBe(900 - (500 - NODE) / 2);
    expect(scrolled(300, 500, 0, false)).toBe(0);
  });
});
