// The picture cut into square tiles, and the form in which changed tiles are remembered. It stands alone because it is
// what keeps a 4096 × 4096 mask light: a stroke touches a few tiles, and a step of the history holds nothing else.

import { type Box, union } from "./geometry";

/** The side of a tile in pixels. */
export const TILE = 64;

export class Grid {
  readonly columns: number;
  readonly rows: number;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.columns = Math.ceil(width / TILE);
    this.rows = Math.ceil(height / TILE);
  }

  get count(): number {
    return this.columns * this.rows;
  }

  /** Where the tile lies; those at the right and the bottom may be smaller. */
  box(index: number): Box {
    const x = (index % this.columns) * TILE;
    const y = Math.floor(index / this.columns) * TILE;
    return { x, y, width: Math.min(TILE, this.width - x), height: Math.min(TILE, this.height - y) };
  }

  /** The tiles that a box touches. */
  touching(box: Box): number[] {
    const found: number[] = [];
    const right = Math.floor((box.x + box.width - 1) / TILE);
    const bottom = Math.floor((box.y + box.height - 1) / TILE);
    for (let row = Math.floor(box.y / TILE); row <= bottom; row++) {
      for (let column = Math.floor(box.x / TILE); column <= right; column++) found.push(row * this.columns + column);
    }
    return found;
  }
}

/**
 * The smallest box round all values above 0, where `counts` says how many of them each tile holds. It looks only into the
 * tiles that reach furthest out.
 */
export function boundsOf(data: Uint8Array, grid: Grid, counts: Uint16Array): Box | null {
  const held: Box[] = [];
  counts.forEach((count, index) => {
    if (count > 0) held.push(grid.box(index));
  });
  const coarse = held.reduce<Box | null>(union, null);
  return held.reduce<Box | null>((found, tile) => {
    const outer =
      tile.x === coarse?.x ||
      tile.y === coarse?.y ||
      tile.x + tile.width === (coarse?.x ?? 0) + (coarse?.width ?? 0) ||
      tile.y + tile.height === (coarse?.y ?? 0) + (coarse?.height ?? 0);
    return outer ? union(found, boundsWithin(data, grid.width, tile)) : found;
  }, null);
}

function boundsWithin(data: Uint8Array, stride: number, tile: Box): Box {
  let [left, right, top, bottom] = [tile.x + tile.width, tile.x, tile.y + tile.height, tile.y];
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let x = tile.x; x < tile.x + tile.width; x++) {
      if (data[y * stride + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** What one step changed: for each tile the old values XOR the new ones, so that the same bytes undo and redo. */
export interface Step {
  readonly tiles: Uint32Array;
  /** Where each tile begins in `packed`, and at last where the last one ends. */
  readonly starts: Uint32Array;
  readonly packed: Uint8Array;
}

/** The memory that a step holds, in bytes. */
export function weight(step: Step): number {
  return step.packed.byteLength + step.tiles.byteLength + step.starts.byteLength;
}

/** Collects the changed tiles of one step. */
export class StepWriter {
  private tiles: number[] = [];
  private starts: number[] = [0];
  private packed = new Uint8Array(4 * TILE * TILE);
  private length = 0;

  /** Adds a tile, or nothing where no pixel of it changed. */
  add(tile: number, difference: Uint8Array): void {
    const least = this.length + difference.length;
    if (least > this.packed.length) {
      const larger = new Uint8Array(2 * least);
      larger.set(this.packed.subarray(0, this.length));
      this.packed = larger;
    }
    const size = pack(difference, this.packed, this.length);
    if (size === 1 && this.packed[this.length] === 0) return;
    this.length += size;
    this.tiles.push(tile);
    this.starts.push(this.length);
  }

  /** The step, or null where nothing changed. */
  finish(): Step | null {
    if (this.tiles.length === 0) return null;
    return {
      tiles: Uint32Array.from(this.tiles),
      starts: Uint32Array.from(this.starts),
      packed: this.packed.slice(0, this.length),
    };
  }
}

/** Calls back with every tile of a step; `difference` is good until the next one. */
export function eachTile(step: Step, grid: Grid, visit: (tile: number, difference: Uint8Array) => void): void {
  const whole = new Uint8Array(TILE * TILE);
  step.tiles.forEach((tile, at) => {
    const { width, height } = grid.box(tile);
    const difference = whole.subarray(0, width * height);
    unpack(step.packed.subarray(step.starts[at], step.starts[at + 1]), difference);
    visit(tile, difference);
  });
}

/** The longest run of equal values, and of different ones, that one leading byte announces. */
const LONGEST = 128;

/**
 * Writes the values into `out` and returns how many bytes that took. The length alone tells the form: one byte means
 * that all values are equal, as many bytes as values are the values themselves, and anything between is runs, each led
 * by a byte: up to 127 for that many + 1 different values, from 128 for that many - 127 equal ones.
 */
function pack(values: Uint8Array, out: Uint8Array, start: number): number {
  const count = values.length;
  const limit = start + count;
  let turns = 0;
  let before = values[0] ?? 0;
  for (let at = 1; at < count; at++) {
    const value = values[at] ?? 0;
    turns += ((value ^ before) + 255) >> 8; // 1 where they differ; a branch here would be mispredicted half of the time
    before = value;
  }
  if (turns === 0) {
    out[start] = values[0] ?? 0;
    return 1;
  }
  if (turns > count / 4) return raw(values, out, start); // a soft edge: trying runs would only take time
  let to = start;
  let at = 0;
  while (at < count) {
    const value = values[at] ?? 0;
    let end = at + 1;
    while (end < count && values[end] === value) end++;
    if (end - at >= 3) {
      while (at < end) {
        const run = Math.min(LONGEST, end - at);
        if (to + 2 >= limit) return raw(values, out, start);
        out[to++] = run + 127;
        out[to++] = value;
        at += run;
      }
      continue;
    }
    end = at + 1;
    while (end < count && end - at < LONGEST && !isRun(values, end)) end++;
    if (to + 1 + end - at >= limit) return raw(values, out, start);
    out[to++] = end - at - 1;
    while (at < end) out[to++] = values[at++] ?? 0;
  }
  return to - start;
}

function isRun(values: Uint8Array, at: number): boolean {
  return at + 2 < values.length && values[at] === values[at + 1] && values[at] === values[at + 2];
}

function raw(values: Uint8Array, out: Uint8Array, start: number): number {
  out.set(values, start);
  return values.length;
}

function unpack(packed: Uint8Array, out: Uint8Array): void {
  if (packed.length === 1) {
    out.fill(packed[0] ?? 0);
    return;
  }
  if (packed.length === out.length) {
    out.set(packed);
    return;
  }
  let to = 0;
  let at = 0;
  while (at < packed.length) {
    const lead = packed[at++] ?? 0;
    if (lead < LONGEST) {
      out.set(packed.subarray(at, at + lead + 1), to);
      at += lead + 1;
      to += lead + 1;
    } else {
      out.fill(packed[at++] ?? 0, to, to + lead - 127);
      to += lead - 127;
    }
  }
}
