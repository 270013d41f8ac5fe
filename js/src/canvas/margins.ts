// By how much a picture is to grow on each side. It stands alone because the handles, the menu of shapes and the prompt
// box share the rules, and the rules need no page.

import { clamp } from "./geometry";
import type { Size } from "./viewport";

/** Pixels to add on the left, top, right and bottom. */
export type Margins = readonly [left: number, top: number, right: number, bottom: number];

export const NO_MARGINS: Margins = [0, 0, 0, 0];
export const LEFT = 0;
export const TOP = 1;
export const RIGHT = 2;
export const BOTTOM = 3;

interface Bounds {
  /** The longest side that a picture may have, in pixels. */
  side: number;
  /** The most pixels that it may have. */
  pixels: number;
}

/** What the kernel takes. A model that paints smaller pictures paints a smaller copy, which is scaled up again. */
export const LARGEST: Bounds = { side: 16_384, pixels: 50_000_000 };

/** Margins are set in steps of so many pixels. */
export const SNAP = 8;

interface Ratio {
  width: number;
  height: number;
}

export const RATIOS: readonly Ratio[] = [
  { width: 1, height: 1 },
  { width: 4, height: 3 },
  { width: 3, height: 2 },
  { width: 16, height: 9 },
  { width: 3, height: 4 },
  { width: 2, height: 3 },
  { width: 9, height: 16 },
];

export function extended({ width, height }: Size, [left, top, right, bottom]: Margins): Size {
  return { width: width + left + right, height: height + top + bottom };
}

/** Sets one margin, in whole steps, as far as there can be such a picture. */
export function withMargin(margins: Margins, side: number, pixels: number, picture: Size, bounds: Bounds): Margins {
  const others = margins.map((margin, at) => (at === side ? 0 : margin)) as unknown as Margins;
  const { width, height } = extended(picture, others);
  const across = side === LEFT || side === RIGHT;
  const length = across ? width : height;
  const room = Math.min(bounds.side, Math.floor(bounds.pixels / (across ? height : width))) - length;
  const most = Math.max(0, Math.floor(room / SNAP) * SNAP);
  const value = clamp(Math.round(pixels / SNAP) * SNAP, 0, most);
  return margins.map((margin, at) => (at === side ? value : margin)) as unknown as Margins;
}

/** The margins that give a picture this shape, itself in the middle; null where it has it, or cannot have it. */
export function marginsFor({ width, height }: Size, ratio: Ratio, bounds: Bounds): Margins | null {
  const snapped = (pixels: number) => Math.max(0, Math.round(pixels / SNAP) * SNAP);
  const across = snapped((height * ratio.width) / ratio.height - width);
  const down = snapped((width * ratio.height) / ratio.width - height);
  const half = (pixels: number) => Math.floor(pixels / 2 / SNAP) * SNAP;
  const margins: Margins = [half(across), half(down), across - half(across), down - half(down)];
  const size = extended({ width, height }, margins);
  const possible = Math.max(size.width, size.height) <= bounds.side && size.width * size.height <= bounds.pixels;
  return possible && across + down > 0 ? margins : null;
}

/** Null where nothing is added at all. */
export function orNothing(margins: Margins): Margins | null {
  return margins.some((margin) => margin > 0) ? margins : null;
}
