// Points and boxes in picture pixels. They stand alone because the mask, its tools and every view of it share them and
// nothing else.

/** In picture pixels: (0, 0) is the top-left corner of the top-left pixel, whose centre is (0.5, 0.5). */
export interface Point {
  x: number;
  y: number;
}

/** Whole pixels, inside the picture. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** The smallest box round both. */
export function union(a: Box | null, b: Box | null): Box | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  const height = Math.max(a.y + a.height, b.y + b.height) - y;
  return { x, y, width, height };
}

/** What lies in both. */
export function overlap(a: Box, b: Box): Box | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** All pixels of a picture of this size that the area from `low` to `high` touches. */
export function pixelsWithin(low: Point, high: Point, width: number, height: number): Box | null {
  // The bitwise forms are for the engine, whose loops over pixels are compiled for small whole numbers.
  const x = clamp(Math.floor(low.x), 0, width) | 0;
  const y = clamp(Math.floor(low.y), 0, height) | 0;
  const across = (clamp(Math.ceil(high.x), 0, width) | 0) - x;
  const down = (clamp(Math.ceil(high.y), 0, height) | 0) - y;
  return across > 0 && down > 0 ? { x, y, width: across, height: down } : null;
}

/** The box with this many pixels more on every side, as far as the picture goes. */
export function widen(box: Box, by: number, width: number, height: number): Box {
  const x = Math.max(0, box.x - by);
  const y = Math.max(0, box.y - by);
  return {
    x,
    y,
    width: Math.min(width, box.x + box.width + by) - x,
    height: Math.min(height, box.y + box.height + by) - y,
  };
}
