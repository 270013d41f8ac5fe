// A mask at the picture's own pixel size: 255 where the picture may change, 0 where it must not, and shares between on
// soft edges. It stands alone, without any view, because what is painted must be the same however it is looked at: every
// change goes through here, is told to whoever listens with the box it touched, and can be undone to the byte.

import { type Box, clamp, overlap, union, widen } from "./geometry";
import { History } from "./history";
import { blur, blurReach, dilate, erode } from "./morphology";
import { type Coverage, coverageOf, type Shape } from "./shapes";
import { boundsOf, eachTile, Grid, type Step, StepWriter, TILE } from "./tiles";
import { type Sample, Sweep, type Tip } from "./tip";

export type { Shape } from "./shapes";
export type { Sample, Tip } from "./tip";

export type Combine = "replace" | "add" | "subtract" | "intersect";

/** One tile of the stroke that is being drawn. */
interface Inked {
  /** What the tile held before the stroke. */
  before: Uint8Array;
  /** How much of each pixel the tip has covered at most, 0 to 255. */
  coverage: Uint8Array;
}

interface Stroke {
  at: Sample;
  tip: Tip;
  /** The share that is painted or erased, for every coverage. */
  shares: Float64Array;
  tiles: Map<number, Inked>;
}

const COMBINED: Record<Combine, (base: number, cover: number) => number> = {
  replace: (_, cover) => cover,
  add: (base, cover) => base + ((255 - base) * cover) / 255,
  subtract: (base, cover) => (base * (255 - cover)) / 255,
  intersect: (base, cover) => (base * cover) / 255,
};

/** Writes what a row of pixels, from (x, y) on, is to become. */
type Fill = (x: number, y: number, row: Uint8Array) => void;

export class Mask {
  readonly data: Uint8Array<ArrayBuffer>;
  private readonly whole: Box;
  private readonly grid: Grid;
  /** How many pixels are painted, in each tile and in all. */
  private readonly counts: Uint16Array;
  private total = 0;
  private readonly history = new History();
  private stroke: Stroke | null = null;
  private boundsNow: Box | null | undefined = null;
  private readonly listeners = new Set<(dirty: Box | null) => void>();
  private readonly row = new Uint8Array(TILE);
  private readonly difference = new Uint8Array(TILE * TILE);

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8Array(width * height);
    this.whole = { x: 0, y: 0, width, height };
    this.grid = new Grid(width, height);
    this.counts = new Uint16Array(this.grid.count);
  }

  /** How many pixels are painted, wholly or in part. */
  get painted(): number {
    return this.total;
  }

  get canUndo(): boolean {
    return this.history.canUndo;
  }

  get canRedo(): boolean {
    return this.history.canRedo;
  }

  /** The smallest box round all that is painted. */
  bounds(): Box | null {
    if (this.boundsNow === undefined) this.boundsNow = boundsOf(this.data, this.grid, this.counts);
    return this.boundsNow;
  }

  /** Calls back after every change with the box that changed, or null where only undo and redo did; returns how to stop. */
  subscribe(listener: (dirty: Box | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Starts a stroke. */
  begin(at: Sample, tip: Tip): void {
    this.end();
    const opacity = clamp(tip.opacity, 0, 1);
    const shares = Float64Array.from({ length: 256 }, (_, cover) => (opacity * cover) / 255);
    this.stroke = { at, tip, shares, tiles: new Map() };
    this.extend(at);
  }

  /** Draws on to this point. */
  extend(to: Sample): void {
    const { stroke } = this;
    if (!stroke) return;
    const sweep = new Sweep(stroke.at, to, stroke.tip);
    stroke.at = to;
    const box = sweep.box(this.width, this.height);
    let dirty: Box | null = null;
    for (const index of box ? this.grid.touching(box) : []) {
      const tile = this.grid.box(index);
      const part = overlap(tile, box ?? tile);
      if (!part || !sweep.touches(part)) continue;
      const inked = stroke.tiles.get(index) ?? this.ink(stroke, index, tile);
      const risen = sweep.cover(part, tile, inked.coverage);
      if (risen && this.blend(stroke, inked, index, tile, risen)) dirty = union(dirty, risen);
    }
    if (dirty) this.changed(dirty);
  }

  /** Ends the stroke, which can then be undone as one. */
  end(): void {
    const { stroke } = this;
    this.stroke = null;
    if (!stroke) return;
    const writer = new StepWriter();
    for (const [index, { before }] of stroke.tiles) writer.add(index, this.differenceFrom(index, before));
    const step = writer.finish();
    if (!step) return;
    this.history.push(step);
    this.changed(null);
  }

  /** Puts back what the stroke has changed so far, as if it had never begun. */
  cancel(): void {
    const { stroke } = this;
    this.stroke = null;
    if (!stroke) return;
    let dirty: Box | null = null;
    for (const [index, { before }] of stroke.tiles) {
      dirty = union(dirty, this.flip(index, this.differenceFrom(index, before)));
    }
    if (dirty) this.changed(dirty);
  }

  /** Lays a shape over the mask; `opacity` scales its coverage, and the rest of the picture counts as not covered. */
  shape(shape: Shape, combine: Combine, opacity = 1): void {
    this.end();
    this.combine(coverageOf(shape, this.width, this.height, opacity), combine);
  }

  selectAll(): void {
    this.rewrite(this.whole, (_x, _y, row) => row.fill(255));
  }

  clear(): void {
    this.rewrite(this.bounds(), (_x, _y, row) => row.fill(0));
  }

  invert(): void {
    this.rewrite(this.whole, (x, y, row) => {
      const start = y * this.width + x;
      for (let at = 0; at < row.length; at++) row[at] = 255 - (this.data[start + at] ?? 0);
    });
  }

  /** Moves the edge outward by so many pixels, or inward where negative; the picture's border does not eat into it. */
  grow(pixels: number): void {
    this.end();
    const bounds = this.bounds();
    const radius = Math.min(Math.abs(pixels), this.width + this.height);
    if (!bounds || !(radius >= 1)) return;
    const box = widen(bounds, pixels > 0 ? Math.floor(radius) : 1, this.width, this.height);
    const plane = this.crop(box);
    this.paste({ box, data: pixels > 0 ? dilate(plane, radius) : erode(plane, radius) });
  }

  /** Softens the edge, so that it fades over about so many pixels to either side. */
  feather(pixels: number): void {
    this.end();
    const bounds = this.bounds();
    if (!bounds || !(pixels > 0)) return;
    const deviation = Math.min(pixels, this.width + this.height) / 2;
    const box = widen(bounds, blurReach(deviation), this.width, this.height);
    this.paste({ box, data: blur(this.crop(box), deviation) });
  }

  /** Lays another mask of the same size over this one. */
  put(data: Uint8Array, combine: Combine = "replace"): void {
    this.end();
    this.checkSize(data);
    this.combine({ box: this.whole, data }, combine);
  }

  /** Takes over a mask of the same size; this cannot be undone, and neither can anything before it. */
  load(data: Uint8Array): void {
    this.checkSize(data);
    this.stroke = null;
    this.history.empty();
    for (let index = 0; index < this.grid.count; index++) {
      this.flip(index, this.differenceFrom(index, data, this.whole));
    }
    this.changed(this.whole);
  }

  undo(): void {
    this.end();
    this.apply(this.history.back());
  }

  redo(): void {
    this.end();
    this.apply(this.history.forward());
  }

  private apply(step: Step | undefined): void {
    if (!step) return;
    let dirty: Box | null = null;
    eachTile(step, this.grid, (index, difference) => {
      dirty = union(dirty, this.flip(index, difference));
    });
    this.changed(dirty);
  }

  private combine(over: Coverage | null, combine: Combine): void {
    const combined = COMBINED[combine];
    // Where nothing covers, adding and subtracting change nothing; the others leave nothing.
    const cleared = combine === "add" || combine === "subtract" ? null : this.bounds();
    const box = over && combine !== "intersect" ? union(over.box, cleared) : cleared;
    this.rewrite(box, (x, y, row) => {
      const start = y * this.width + x;
      const { x: left, y: top, width, height } = over?.box ?? { x, y, width: 0, height: 0 };
      const from = (y - top) * width - left + x;
      const covered = y >= top && y < top + height;
      for (let at = 0; at < row.length; at++) {
        const inside = covered && x + at >= left && x + at < left + width;
        row[at] = combined(this.data[start + at] ?? 0, inside ? (over?.data[from + at] ?? 0) : 0) + 0.5;
      }
    });
  }

  private paste({ box, data }: Coverage): void {
    this.rewrite(box, (x, y, row) => {
      const start = (y - box.y) * box.width + x - box.x;
      row.set(data.subarray(start, start + row.length));
    });
  }

  private crop(box: Box): { width: number; height: number; data: Uint8Array } {
    const data = new Uint8Array(box.width * box.height);
    for (let y = 0; y < box.height; y++) {
      const start = (box.y + y) * this.width + box.x;
      data.set(this.data.subarray(start, start + box.width), y * box.width);
    }
    return { width: box.width, height: box.height, data };
  }

  /** Changes a box, tile by tile, as one step. */
  private rewrite(box: Box | null, fill: Fill): void {
    this.end();
    if (!box) return;
    const writer = new StepWriter();
    let dirty: Box | null = null;
    for (const index of this.grid.touching(box)) {
      const tile = this.grid.box(index);
      const part = overlap(tile, box) ?? tile;
      const difference = this.difference.subarray(0, tile.width * tile.height).fill(0);
      for (let y = part.y; y < part.y + part.height; y++) {
        const row = this.row.subarray(0, part.width);
        fill(part.x, y, row);
        const to = (y - tile.y) * tile.width + part.x - tile.x;
        const from = y * this.width + part.x;
        for (let at = 0; at < row.length; at++) difference[to + at] = (row[at] ?? 0) ^ (this.data[from + at] ?? 0);
      }
      writer.add(index, difference);
      dirty = union(dirty, this.flip(index, difference));
    }
    const step = writer.finish();
    if (!step) return;
    this.history.push(step);
    this.changed(dirty);
  }

  /** Takes a tile into the stroke. */
  private ink(stroke: Stroke, index: number, tile: Box): Inked {
    const inked = { before: this.crop(tile).data, coverage: new Uint8Array(tile.width * tile.height) };
    stroke.tiles.set(index, inked);
    return inked;
  }

  /** Lays the stroke's coverage over what was there before it; returns whether that changed anything. */
  private blend({ shares, tip }: Stroke, { before, coverage }: Inked, index: number, tile: Box, part: Box): boolean {
    const { data } = this;
    let gained = 0;
    let changes = 0;
    for (let y = part.y; y < part.y + part.height; y++) {
      const to = y * this.width;
      const from = (y - tile.y) * tile.width - tile.x;
      for (let x = part.x; x < part.x + part.width; x++) {
        const cover = coverage[from + x] ?? 0;
        if (cover === 0) continue;
        const base = before[from + x] ?? 0;
        const share = shares[cover] ?? 0;
        const value = ((tip.erase ? base * (1 - share) : base + (255 - base) * share) + 0.5) | 0;
        const old = data[to + x] ?? 0;
        if (value === old) continue;
        data[to + x] = value;
        gained += (value > 0 ? 1 : 0) - (old > 0 ? 1 : 0);
        changes++;
      }
    }
    this.count(index, gained);
    return changes > 0;
  }

  /** The tile as it is XOR `other`, which holds the same tile, or the whole mask where `held` says so. */
  private differenceFrom(index: number, other: Uint8Array, held: Box = this.grid.box(index)): Uint8Array {
    const tile = this.grid.box(index);
    const difference = this.difference.subarray(0, tile.width * tile.height);
    for (let y = 0; y < tile.height; y++) {
      const here = (tile.y + y) * this.width + tile.x;
      const there = (tile.y + y - held.y) * held.width + tile.x - held.x;
      const to = y * tile.width;
      for (let x = 0; x < tile.width; x++) difference[to + x] = (this.data[here + x] ?? 0) ^ (other[there + x] ?? 0);
    }
    return difference;
  }

  /** Changes a tile by what differs; returns the tile's box, or null where nothing does. */
  private flip(index: number, difference: Uint8Array): Box | null {
    const { data } = this;
    const tile = this.grid.box(index);
    let gained = 0;
    let changes = 0;
    for (let y = 0; y < tile.height; y++) {
      const start = (tile.y + y) * this.width + tile.x;
      for (let x = 0; x < tile.width; x++) {
        const change = difference[y * tile.width + x] ?? 0;
        if (change === 0) continue;
        const old = data[start + x] ?? 0;
        data[start + x] = old ^ change;
        gained += (old !== change ? 1 : 0) - (old > 0 ? 1 : 0);
        changes++;
      }
    }
    this.count(index, gained);
    return changes > 0 ? tile : null;
  }

  private count(index: number, gained: number): void {
    this.counts[index] = (this.counts[index] ?? 0) + gained;
    this.total += gained;
  }

  private checkSize(data: Uint8Array): void {
    if (data.length !== this.data.length) throw new RangeError("This mask has another size than the picture.");
  }

  private changed(dirty: Box | null): void {
    if (dirty) this.boundsNow = undefined;
    for (const listener of this.listeners) listener(dirty);
  }
}
