// Where every turn of the tree stands: generations from left to right, the first child beside its parent, every other
// branch below what is there already. Trees that began afresh follow one another like words in lines, so that many
// small ones take little room. Pure: the same turns and width always give the same places.

import type { TwigCard } from "../protocol";
import type { Kin } from "./kin";

export const NODE = 64;
export const STEP_X = 88;
const STEP_Y = 84;
const TREE_GAP = 12;
const SHELF_GAP = 20;
export const EDGE = 14;

interface Place {
  twig: TwigCard;
  /** Generation, counted from 1. */
  level: number;
  x: number;
  y: number;
}

interface Layout {
  places: readonly Place[];
  at: ReadonlyMap<string, Place>;
  width: number;
  height: number;
}

/** A subtree's outline; the last entry is its root's column, so that putting a parent before it is a push. */
interface Outline {
  top: number[];
  bottom: number[];
}

/** Lays the turns out for a view this many pixels wide; a deeper tree is wider than the view and is scrolled. */
export function layOut(kin: Kin, width: number): Layout {
  const { lanes, outlines } = grow(kin);
  const places: Place[] = [];
  const at = new Map<string, Place>();
  let [x, y, shelf, widest] = [EDGE, EDGE, 0, 0];
  for (const root of kin.roots) {
    const outline = outlines.get(root.turn) as Outline;
    const columns = outline.bottom.length;
    const rows = Math.max(...chunks(outline.bottom)) + 1;
    const wide = columns * STEP_X - (STEP_X - NODE);
    if (x > EDGE && x + wide + EDGE > width) {
      y += shelf * STEP_Y + SHELF_GAP;
      [x, shelf] = [EDGE, 0];
    }
    spread(kin, root, lanes, (place) => {
      const there = { ...place, x: x + place.x, y: y + place.y };
      places.push(there);
      at.set(place.twig.turn, there);
    });
    widest = Math.max(widest, x + wide);
    x += wide + TREE_GAP + (STEP_X - NODE);
    shelf = Math.max(shelf, rows);
  }
  places.sort((a, b) => a.twig.number - b.twig.number);
  const height = places.length ? y + (shelf - 1) * STEP_Y + NODE + EDGE : 0;
  return { places, at, width: places.length ? widest + EDGE : 0, height };
}

/** Each turn's lane below its parent's, and every root's outline. From the youngest: children come before parents. */
function grow(kin: Kin): { lanes: Map<string, number>; outlines: Map<string, Outline> } {
  const lanes = new Map<string, number>();
  const outlines = new Map<string, Outline>();
  for (let k = kin.turns.length - 1; k >= 0; k--) {
    const { turn } = kin.turns[k] as TwigCard;
    let all: Outline = { top: [], bottom: [] };
    let lane = 0;
    for (const child of kin.children(turn)) {
      const outline = outlines.get(child.turn) as Outline;
      outlines.delete(child.turn);
      lane = all.top.length === 0 ? 0 : below(all, outline);
      lanes.set(child.turn, lane);
      all = all.top.length === 0 ? outline : joined(all, outline, lane);
    }
    // The line down to the last child runs beside this column: nothing may stand left of it as if it were a parent.
    all.top.push(0);
    all.bottom.push(lane);
    outlines.set(turn, all);
  }
  return { lanes, outlines };
}

/** How far down a branch has to go to be free of those above it, and at least one below the last one's root. */
function below(above: Outline, branch: Outline): number {
  let lane = 0;
  const [a, b] = [above.bottom.length, branch.top.length];
  for (let column = 1; column <= Math.min(a, b); column++) {
    lane = Math.max(lane, (above.bottom[a - column] as number) + 1 - (branch.top[b - column] as number));
  }
  return lane;
}

function joined(above: Outline, branch: Outline, lane: number): Outline {
  const [a, b] = [above.bottom.length, branch.bottom.length];
  const columns = Math.max(a, b);
  const outline: Outline = { top: new Array(columns), bottom: new Array(columns) };
  for (let column = 1; column <= columns; column++) {
    const [upper, lower] = [a - column, b - column];
    outline.top[columns - column] = above.top[upper] ?? (branch.top[lower] as number) + lane;
    const bottom = branch.bottom[lower];
    outline.bottom[columns - column] = bottom === undefined ? (above.bottom[upper] as number) : bottom + lane;
  }
  return outline;
}

/** Tells the place of every turn of a tree, its root at 0, 0. */
function spread(kin: Kin, root: TwigCard, lanes: Map<string, number>, tell: (place: Place) => void): void {
  const rest: Place[] = [{ twig: root, level: 1, x: 0, y: 0 }];
  for (let place = rest.pop(); place; place = rest.pop()) {
    tell(place);
    for (const twig of kin.children(place.twig.turn)) {
      const y = place.y + (lanes.get(twig.turn) ?? 0) * STEP_Y;
      rest.push({ twig, level: place.level + 1, x: place.x + STEP_X, y });
    }
  }
}

/** Math.max takes its numbers as arguments, of which there may not be ten thousand. */
function chunks(numbers: readonly number[]): number[] {
  const found: number[] = [];
  for (let k = 0; k < numbers.length; k += 1000) found.push(Math.max(...numbers.slice(k, k + 1000)));
  return found;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function inside(place: Place, box: Box): boolean {
  return place.x < box.right && place.x + NODE > box.left && place.y < box.bottom && place.y + NODE > box.top;
}

interface Edge {
  turn: string;
  d: string;
}

/** The lines that a box shows, from each parent to its child; of a parent that is not here only the end. */
export function edges(kin: Kin, layout: Layout, box: Box): Edge[] {
  const found: Edge[] = [];
  for (const to of layout.places) {
    const parent = kin.parent(to.twig);
    const from = parent ? layout.at.get(parent.turn) : undefined;
    if (!from && !kin.cut(to.twig)) continue;
    const [left, top] = [from?.x ?? to.x - EDGE, from?.y ?? to.y];
    if (left > box.right || to.x + NODE < box.left || top > box.bottom || to.y + NODE < box.top) continue;
    found.push({ turn: to.twig.turn, d: from ? line(from, to) : `M${to.x - EDGE + 2} ${to.y + NODE / 2}H${to.x}` });
  }
  return found;
}

function line(from: Place, to: Place): string {
  const [x, y, down] = [from.x + NODE, from.y + NODE / 2, to.y + NODE / 2];
  if (y === down) return `M${x} ${y}H${to.x}`;
  const [trunk, bend] = [to.x - (STEP_X - NODE) / 2, 8];
  return `M${x} ${y}H${trunk - bend}Q${trunk} ${y} ${trunk} ${y + bend}V${down - bend}Q${trunk} ${down} ${trunk + bend} ${down}H${to.x}`;
}
