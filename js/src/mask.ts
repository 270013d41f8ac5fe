// A mask at the picture's own pixel size: 255 where the picture may change, 0 where it must not. It is painted with
// hard-edged round strokes, so that what arrives in the kernel is exactly what was drawn, and every stroke can be undone.

export interface Point {
  x: number;
  y: number;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Patch extends Box {
  before: Uint8Array;
  after: Uint8Array;
}

interface Stroke {
  at: Point;
  radius: number;
  value: 0 | 255;
  before: Uint8Array;
  touched: Box | null;
}

/** How many bytes of undone and undoable strokes are kept. */
const HISTORY_BYTES = 64_000_000;

export class Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** How many pixels are painted. */
  painted = 0;
  /** Grows with every change, so that a view can tell whether it is up to date. */
  version = 0;
  private undoable: Patch[] = [];
  private redoable: Patch[] = [];
  private stroke: Stroke | null = null;
  private listeners = new Set<() => void>();

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height);
  }

  get canUndo(): boolean {
    return this.undoable.length > 0;
  }

  get canRedo(): boolean {
    return this.redoable.length > 0;
  }

  /** Calls back after every change; returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Starts a stroke with a round tip of this radius, in pixels of the picture. */
  begin(at: Point, radius: number, value: 0 | 255): void {
    this.end();
    this.stroke = { at, radius: Math.max(0.5, radius), value, before: this.data.slice(), touched: null };
    this.extend(at);
  }

  /** Draws on to this point. */
  extend(to: Point): void {
    const stroke = this.stroke;
    if (!stroke) return;
    const box = this.capsule(stroke.at, to, stroke.radius, stroke.value);
    stroke.at = to;
    stroke.touched = union(stroke.touched, box);
    this.changed();
  }

  /** Ends the stroke, which can then be undone. */
  end(): void {
    const stroke = this.stroke;
    this.stroke = null;
    if (stroke?.touched) this.record(stroke.touched, stroke.before);
  }

  /** Wipes everything, which can be undone. */
  clear(): void {
    this.end();
    if (this.painted === 0) return;
    const before = this.data.slice();
    this.data.fill(0);
    this.painted = 0;
    this.record({ x: 0, y: 0, width: this.width, height: this.height }, before);
  }

  /** Takes over a mask of the same size; this cannot be undone. */
  load(data: Uint8Array): void {
    this.data.set(data);
    this.painted = data.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
    this.undoable = [];
    this.redoable = [];
    this.changed();
  }

  undo(): void {
    this.end();
    const patch = this.undoable.pop();
    if (!patch) return;
    this.redoable.push(patch);
    this.put(patch, patch.before);
  }

  redo(): void {
    this.end();
    const patch = this.redoable.pop();
    if (!patch) return;
    this.undoable.push(patch);
    this.put(patch, patch.after);
  }

  private record(box: Box, before: Uint8Array): void {
    const patch = { ...box, before: crop(before, this.width, box), after: crop(this.data, this.width, box) };
    if (patch.before.every((value, at) => value === patch.after[at])) return;
    this.undoable.push(patch);
    this.redoable = [];
    let bytes = this.undoable.reduce((sum, { before }) => sum + 2 * before.length, 0);
    while (bytes > HISTORY_BYTES && this.undoable.length > 1) bytes -= 2 * (this.undoable.shift()?.before.length ?? 0);
    this.changed();
  }

  private put(box: Box, pixels: Uint8Array): void {
    for (let row = 0; row < box.height; row++) {
      const start = (box.y + row) * this.width + box.x;
      for (let column = 0; column < box.width; column++) {
        this.set(start + column, pixels[row * box.width + column] ?? 0);
      }
    }
    this.changed();
  }

  private set(at: number, value: number): void {
    const old = this.data[at] ?? 0;
    this.painted += (value > 0 ? 1 : 0) - (old > 0 ? 1 : 0);
    this.data[at] = value;
  }

  /** Fills every pixel whose centre lies within `radius` of the line; the pixel under the tip always. */
  private capsule(from: Point, to: Point, radius: number, value: 0 | 255): Box | null {
    const left = clamp(Math.floor(Math.min(from.x, to.x) - radius), 0, this.width);
    const right = clamp(Math.ceil(Math.max(from.x, to.x) + radius), 0, this.width);
    const top = clamp(Math.floor(Math.min(from.y, to.y) - radius), 0, this.height);
    const bottom = clamp(Math.ceil(Math.max(from.y, to.y) + radius), 0, this.height);
    if (left >= right || top >= bottom) return null;
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const length = dx * dx + dy * dy;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const px = x + 0.5 - from.x;
        const py = y + 0.5 - from.y;
        const along = length > 0 ? clamp((px * dx + py * dy) / length, 0, 1) : 0;
        const apart = (px - along * dx) ** 2 + (py - along * dy) ** 2;
        const underTip = x === Math.floor(to.x) && y === Math.floor(to.y);
        if (apart <= radius * radius || underTip) this.set(y * this.width + x, value);
      }
    }
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  private changed(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function union(a: Box | null, b: Box | null): Box | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

function crop(data: Uint8Array, stride: number, box: Box): Uint8Array {
  const out = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const start = (box.y + row) * stride + box.x;
    out.set(data.subarray(start, start + box.width), row * box.width);
  }
  return out;
}
