// Where the picture lies in its view, as pure geometry: fitting, zooming at a point, panning and pinching, and their
// limits. It stands alone because everything that is drawn or painted goes through it, and none of it needs a page.

import { type Box, clamp, type Point } from "./geometry";

export interface Size {
  width: number;
  height: number;
}

/** On the screen a picture's point lies at point × scale + (x, y), in CSS pixels from the view's top-left corner. */
export interface Look {
  scale: number;
  x: number;
  y: number;
}

export interface Frame {
  /** In its own pixels. */
  picture: Size;
  /** In CSS pixels. */
  view: Size;
  /** Device pixels per CSS pixel. */
  ratio: number;
}

/** What stays free around a fitted picture, in CSS pixels. */
const MARGIN = 14;
/** The largest zoom, in device pixels per picture pixel. */
const LARGEST = 64;
const LEVELS = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, LARGEST];
const ZOOMS = [...LEVELS.slice(1).map((level) => 1 / level), ...LEVELS].sort((a, b) => a - b);
/** How far into the view, as a share of it, the edge of a large picture can be pulled. */
const PULL = 0.25;

export function fitScale({ picture, view }: Frame): number {
  const across = Math.max(1, view.width - 2 * MARGIN) / picture.width;
  const down = Math.max(1, view.height - 2 * MARGIN) / picture.height;
  return Math.min(across, down);
}

/** The smallest and the largest scale; one to one is always between them. */
export function limits(frame: Frame): { low: number; high: number } {
  const fit = fitScale(frame);
  const one = 1 / frame.ratio;
  return { low: Math.min(fit / 2, one), high: Math.max(LARGEST * one, fit) };
}

/** The whole picture, as large as fits. */
export function whole(frame: Frame): Look {
  return centred(fitScale(frame), frame);
}

function centred(scale: number, { picture, view, ratio }: Frame): Look {
  // on whole device pixels, so that one to one is sharp
  const place = (room: number, length: number) => Math.round(((room - length * scale) / 2) * ratio) / ratio;
  return { scale, x: place(view.width, picture.width), y: place(view.height, picture.height) };
}

/** Keeps the scale within its limits, a small picture in the middle and a large one within reach. */
export function settle(look: Look, frame: Frame): Look {
  const { low, high } = limits(frame);
  const scale = clamp(look.scale, low, high);
  const middle = centred(scale, frame);
  const axis = (at: number, still: number, length: number, room: number) => {
    // from a fitted picture to one that fills the view the middle gives way little by little, so that nothing jumps
    const loose = clamp((length - room) / (4 * MARGIN) + 0.5, 0, 1);
    const reach = Math.max(0, (length - room) / 2) + loose * PULL * room;
    return clamp(at, still - reach, still + reach);
  };
  return {
    scale,
    x: axis(look.x, middle.x, frame.picture.width * scale, frame.view.width),
    y: axis(look.y, middle.y, frame.picture.height * scale, frame.view.height),
  };
}

/** Another scale, with a point of the picture staying at, or coming to, `at` on the screen: that which lies there. */
export function zoomTo(look: Look, scale: number, at: Point, frame: Frame, point = toPicture(look, at)): Look {
  const { low, high } = limits(frame);
  const to = clamp(scale, low, high);
  return settle({ scale: to, x: at.x - point.x * to, y: at.y - point.y * to }, frame);
}

export function panBy(look: Look, dx: number, dy: number, frame: Frame): Look {
  return settle({ ...look, x: look.x + dx, y: look.y + dy }, frame);
}

/** Two fingers moved from `before` to `after`: what was under each of them stays there, turning aside. */
export function pinch(look: Look, before: readonly [Point, Point], after: readonly [Point, Point], frame: Frame): Look {
  const from = middleOf(before);
  const to = middleOf(after);
  const spread = apart(after) / Math.max(1, apart(before));
  const moved = { ...look, x: look.x + to.x - from.x, y: look.y + to.y - from.y };
  return zoomTo(moved, look.scale * spread, to, frame);
}

function middleOf([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function apart([a, b]: readonly [Point, Point]): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

/** The next round zoom in a direction, as a scale. */
export function nextScale(scale: number, direction: 1 | -1, ratio: number): number {
  const now = scale * ratio;
  const levels = direction > 0 ? ZOOMS : ZOOMS.toReversed();
  const next = levels.find((level) => (level - now) * direction > 0.01 * now);
  return (next ?? now) / ratio;
}

/** The zoom as people read it: 100 where a picture's pixel is one of the screen's. */
export function percent(scale: number, ratio: number): number {
  const value = scale * ratio * 100;
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}

export function toPicture(look: Look, at: Point): Point {
  return { x: (at.x - look.x) / look.scale, y: (at.y - look.y) / look.scale };
}

export function toScreen(look: Look, at: Point): Point {
  return { x: at.x * look.scale + look.x, y: at.y * look.scale + look.y };
}

/** The device pixels of the view that a box of the picture touches; null where none does. */
export function deviceBox(look: Look, box: Box, { view, ratio }: Frame): Box | null {
  const edge = (at: number, shift: number) => (at * look.scale + shift) * ratio;
  const x = Math.max(0, Math.floor(edge(box.x, look.x)));
  const y = Math.max(0, Math.floor(edge(box.y, look.y)));
  const width = Math.min(Math.round(view.width * ratio), Math.ceil(edge(box.x + box.width, look.x))) - x;
  const height = Math.min(Math.round(view.height * ratio), Math.ceil(edge(box.y + box.height, look.y))) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
