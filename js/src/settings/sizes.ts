// Sizes as people write them, judged by what the loaded model paints. The kernel reads them again and has the last word;
// here a mistake is told while it is typed.

import type { Abilities } from "../protocol";
import type { Words } from "../words";

type Rule = Pick<Abilities, "multiple" | "min_side" | "max_side" | "max_pixels">;

const PIXELS = /^(\d{1,9})\s*[x×*]\s*(\d{1,9})$/;
const RATIO = /^(\d{1,9}(?:\.\d{1,4})?)\s*:\s*(\d{1,9}(?:\.\d{1,4})?)$/;
const SHAPES: Readonly<Record<string, string>> = { square: "1:1", landscape: "3:2", portrait: "2:3" };
const AREA = /^(?:(\S.*?)(?:\s+|\s*@\s*))?(\d{1,6}(?:\.\d{1,4})?)\s*(?:mp|mpx|megapixels?)$/;

/** Width through height of a size in pixels or of a shape; null for an area alone and for what is no size. */
export function ratioOf(size: string): number | null {
  const text = plain(size);
  const [, shape] = AREA.exec(text) ?? [null, text];
  if (shape === undefined || shape === null) return null;
  const sides = PIXELS.exec(shape) ?? RATIO.exec(SHAPES[shape] ?? shape);
  const [across, down] = [Number(sides?.[1]), Number(sides?.[2])];
  return across > 0 && down > 0 ? across / down : null;
}

/** The sides of a size in pixels. */
function pixelsOf(size: string): readonly [number, number] | null {
  const sides = PIXELS.exec(plain(size));
  return sides ? [Number(sides[1]), Number(sides[2])] : null;
}

/** Why a size cannot be used; null where it can. */
export function wrongSize(size: string, rule: Rule, words: Words): string | null {
  const text = plain(size);
  const area = AREA.exec(text);
  if (area) {
    if ((area[1] !== undefined && !RATIO.test(SHAPES[area[1]] ?? area[1])) || !(Number(area[2]) > 0))
      return words.sizeUnknown(size);
    return Number(area[2]) * 1e6 > rule.max_pixels * 1.06 ? words.sizeTooLarge(rule.max_side, rule.max_pixels) : null;
  }
  const ratio = ratioOf(text);
  if (ratio === null) return words.sizeUnknown(size);
  const widest = rule.max_side / rule.min_side;
  if (ratio > widest || 1 / ratio > widest) return words.sizeTooNarrow;
  const pixels = pixelsOf(text);
  if (pixels && (Math.max(...pixels) > rule.max_side || pixels[0] * pixels[1] > rule.max_pixels))
    return words.sizeTooLarge(rule.max_side, rule.max_pixels);
  return null;
}

/** Whether a size in pixels is painted as another one and scaled. */
export function isScaled(size: string, rule: Rule): boolean {
  const pixels = pixelsOf(size);
  return pixels?.some((side) => side % rule.multiple !== 0 || side < rule.min_side) ?? false;
}

/** Whether the model paints a single size. */
export function isFixed(rule: Rule): boolean {
  return rule.max_side - rule.min_side < rule.multiple;
}

/** Width and height of a shape's drawing in a square. */
export function drawn(ratio: number, side: number): readonly [number, number] {
  return ratio >= 1 ? [side, Math.max(2, side / ratio)] : [Math.max(2, side * ratio), side];
}

/** Full-width digits and colons are typed too. */
function plain(size: string): string {
  return size.normalize("NFKC").trim().toLowerCase();
}
