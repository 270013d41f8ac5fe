// The round tip of the brush and of the eraser: which share of which pixel it covers on its way from one point to the
// next. It stands alone because it knows geometry only, neither the mask nor what is done with the coverage.

import { type Box, clamp, type Point, pixelsWithin } from "./geometry";

export interface Sample extends Point {
  /** From 0 to 1; a mouse has 1. */
  pressure: number;
}

export interface Tip {
  /** In picture pixels. */
  diameter: number;
  /** 1 has a hard rim, softened over one pixel only; 0 falls off from the middle on. */
  hardness: number;
  /** The most that one stroke adds or takes, from 0 to 1, however often it crosses itself. */
  opacity: number;
  erase: boolean;
  /** Whether a lighter touch makes the tip smaller. */
  pressureSize: boolean;
}

/** The radius, in pixels, below which the tip is a pencil: whole pixels, one after the other. */
const PENCIL = 0.5;

/**
 * The tip on its way along a straight line: the union of the discs at all of its points. Where it begins it must have
 * been before, by a sweep from that point to itself or by the one that ended there, for it does not look back.
 */
export class Sweep {
  private readonly from: Point;
  private readonly to: Point;
  private readonly pencil: boolean;
  /** The furthest that anything is covered from the line. */
  private readonly reach: number;
  private readonly path: Path;

  constructor(from: Sample, to: Sample, tip: Tip) {
    let [a, b] = [from as Point, to as Point];
    let [radiusA, radiusB] = [radiusOf(from, tip), radiusOf(to, tip)];
    this.pencil = Math.max(radiusA, radiusB) < PENCIL;
    radiusA = Math.max(PENCIL, radiusA);
    radiusB = Math.max(PENCIL, radiusB);
    const apart = Math.hypot(b.x - a.x, b.y - a.y);
    if (Math.abs(radiusB - radiusA) >= 0.9999 * apart) {
      // One of the two discs holds the other, so it is all there is. A hair early, for the slope must stay below 1.
      if (radiusB >= radiusA) [a, radiusA] = [b, radiusB];
      else [b, radiusB] = [a, radiusA];
    }
    const length = a === b ? 0 : apart;
    const [ux, uy] = length > 0 ? [(b.x - a.x) / length, (b.y - a.y) / length] : [0, 0];
    const slope = length > 0 ? (radiusB - radiusA) / length : 0;
    this.from = a;
    this.to = b;
    this.reach = Math.max(radiusA, radiusB) + 0.5;
    this.path = Float64Array.of(a.x, a.y, ux, uy, length, radiusA, slope, clamp(tip.hardness, 0, 1));
  }

  /** The pixels that may be covered. */
  box(width: number, height: number): Box | null {
    const { from, to, reach } = this;
    const low = { x: Math.min(from.x, to.x) - reach, y: Math.min(from.y, to.y) - reach };
    const high = { x: Math.max(from.x, to.x) + reach, y: Math.max(from.y, to.y) + reach };
    return pixelsWithin(low, high, width, height);
  }

  /** Whether any pixel of the box may be covered: keeps a long slanting line from visiting all that lies beside it. */
  touches(box: Box): boolean {
    const [fromX = 0, fromY = 0, ux = 0, uy = 0, length = 0] = this.path;
    const x = box.x + box.width / 2 - fromX;
    const y = box.y + box.height / 2 - fromY;
    const along = clamp(x * ux + y * uy, 0, length);
    return Math.hypot(x - along * ux, y - along * uy) <= this.reach + Math.hypot(box.width, box.height) / 2;
  }

  /**
   * Raises the coverage, 0 to 255, of the pixels in `part`; returns the box of those that rose, or null where none did.
   * `out` holds the pixels of `tile`, row by row.
   */
  cover(part: Box, tile: Box, out: Uint8Array): Box | null {
    const start = (part.y - tile.y) * tile.width + part.x - tile.x;
    if (this.pencil) {
      this.draw(part, out, start, tile.width);
      return part;
    }
    return sweep(this.path, part.x, part.y, part.width, part.height, out, start, tile.width);
  }

  private draw(part: Box, out: Uint8Array, start: number, stride: number): void {
    const { from, to } = this;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))));
    for (let step = 0; step <= steps; step++) {
      const x = Math.floor(from.x + ((to.x - from.x) * step) / steps) - part.x;
      const y = Math.floor(from.y + ((to.y - from.y) * step) / steps) - part.y;
      if (x >= 0 && y >= 0 && x < part.width && y < part.height) out[start + y * stride + x] = 255;
    }
  }
}

/**
 * Where the line begins, its direction, its length, the radius there, by how much that grows with every pixel, and the
 * hardness. All are kept as doubles, for an engine that has compiled `sweep` for whole numbers would have to do it again.
 */
type Path = Float64Array;

function sweep(
  path: Path,
  left: number,
  top: number,
  width: number,
  height: number,
  out: Uint8Array,
  start: number,
  stride: number,
): Box | null {
  const [fromX = 0, fromY = 0, ux = 0, uy = 0, length = 0, fromRadius = 0, slope = 0, hardness = 0] = path;
  // Where the radius grows, the disc that reaches a pixel first lies further along than the pixel's own foot.
  const lead = slope / Math.sqrt(1 - slope * slope);
  const behind = length > 0 ? 0 : -1;
  let first = width;
  let last = -1;
  let upper = -1;
  let lower = -1;
  for (let row = 0; row < height; row++) {
    const y = top + row + 0.5 - fromY;
    for (let column = 0; column < width; column++) {
      const at = start + row * stride + column;
      const old = out[at] ?? 0;
      if (old === 255) continue;
      const x = left + column + 0.5 - fromX;
      const foot = x * ux + y * uy + lead * Math.abs(x * uy - y * ux);
      if (foot < behind) continue;
      const along = Math.min(foot, length);
      const dx = x - along * ux;
      const dy = y - along * uy;
      const apart = Math.sqrt(dx * dx + dy * dy);
      const radius = fromRadius + slope * along;
      // Full up to `inner`; from there it falls to nothing at the rim, over one pixel at least.
      const inner = Math.min(radius * hardness, radius - 0.5);
      const fall = (apart - inner) / Math.max(radius - inner, 1);
      if (fall >= 1) continue;
      const cover = fall <= 0 ? 255 : (255 * (1 - fall * fall * (3 - 2 * fall)) + 0.5) | 0;
      if (cover <= old) continue;
      out[at] = cover;
      if (column < first) first = column;
      if (column > last) last = column;
      if (upper < 0) upper = row;
      lower = row;
    }
  }
  if (last < 0) return null;
  return { x: left + first, y: top + upper, width: last - first + 1, height: lower - upper + 1 };
}

function radiusOf(sample: Sample, tip: Tip): number {
  return Math.max(0, tip.diameter / 2) * (tip.pressureSize ? clamp(sample.pressure, 0, 1) : 1);
}
