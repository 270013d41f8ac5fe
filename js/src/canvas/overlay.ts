// The mask as it lies over the picture on the screen: a tint with fine stripes, which shows on a background of its own
// colour too. It stands alone because it is arithmetic from mask to screen pixels, and the part that must be quick.

import type { Box } from "./geometry";
import type { Look, Size } from "./viewport";

export interface Ink {
  /** Red, green and blue, 0 to 255. */
  colour: readonly [number, number, number];
  /** From 0 to 1. */
  opacity: number;
}

/** From stripe to stripe, and how wide one is, in CSS pixels. */
const PERIOD = 8;
const STRIPE = 1;
/** How much of a stripe is white. */
const WHITE = 0.5;
/** The most samples along each side of a screen pixel that shows several of the mask's. */
const SAMPLES = 3;

/**
 * Writes the tint of `area`, in device pixels of the view, row by row as RGBA (not premultiplied).
 *
 * A screen pixel that covers several of the mask's has the mean of a few of them, so a far view of a large mask costs no
 * more than a near one.
 */
export function tint(
  out: Uint32Array,
  area: Box,
  mask: Size & { data: Uint8Array },
  look: Look,
  ratio: number,
  ink: Ink,
): void {
  const { scale, x, y } = look;
  const samples = Math.min(SAMPLES, Math.max(1, Math.ceil(1 / (scale * ratio))));
  const columns = sources(area.x, area.width, samples, x * ratio, scale * ratio, mask.width);
  const rows = sources(area.y, area.height, samples, y * ratio, scale * ratio, mask.height);
  const share = samples * samples;
  const [plain, striped] = colours(ink, share);
  const period = Math.max(2, Math.round(PERIOD * ratio));
  const wide = Math.max(1, Math.round(STRIPE * ratio));
  // stripes belong to the picture: they move with it
  const start = area.x + area.y - Math.round((x + y) * ratio);
  const { data } = mask;
  for (let row = 0; row < area.height; row++) {
    let phase = (((start + row) % period) + period) % period;
    const to = row * area.width;
    for (let column = 0; column < area.width; column++) {
      let sum = 0;
      for (let down = 0; down < samples; down++) {
        const line = rows[row * samples + down] ?? -1;
        if (line < 0) continue;
        const base = line * mask.width;
        for (let across = 0; across < samples; across++) {
          const at = columns[column * samples + across] ?? -1;
          if (at >= 0) sum += data[base + at] ?? 0;
        }
      }
      out[to + column] = (phase < wide ? striped : plain)[sum] ?? 0;
      if (++phase === period) phase = 0;
    }
  }
}

/** For every sample along one side of the area the mask's own pixel, -1 outside of it. */
function sources(
  from: number,
  count: number,
  samples: number,
  shift: number,
  scale: number,
  length: number,
): Int32Array {
  return Int32Array.from({ length: count * samples }, (_, at) => {
    const source = Math.floor((from + (at + 0.5) / samples - shift) / scale);
    return source >= 0 && source < length ? source : -1;
  });
}

/** The pixel for every sum of samples, off and on a stripe; the bytes lie as every browser's machine orders them. */
function colours({ colour, opacity }: Ink, share: number): [Uint32Array, Uint32Array] {
  const table = (white: number) => {
    const [red, green, blue] = colour.map((value) => Math.round(value + (255 - value) * white)) as [
      number,
      number,
      number,
    ];
    const rgb = (blue << 16) | (green << 8) | red;
    return Uint32Array.from({ length: 255 * share + 1 }, (_, sum) => (Math.round((sum / share) * opacity) << 24) | rgb);
  };
  return [table(0), table(WHITE)];
}
