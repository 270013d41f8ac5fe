// One tab stop for many turns: the one that had the focus, or the current one. It may be far from what is in the page,
// so that moving to it first scrolls there and takes the focus once it is drawn.

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { TwigCard } from "../protocol";
import { NODE } from "./layout";

const MARGIN = 24;

interface Roving {
  /** The turn that Tab leads to. */
  held: string | null;
  /** Remembers what has the focus. */
  hold(turn: string): void;
  /** Takes the focus there. */
  move(turn: string): void;
  /** Once this turn is gone, the focus that was on it goes to the one that Tab then leads to. */
  leave(turn: string): void;
}

export function useRoving(
  frame: RefObject<HTMLElement | null>,
  turns: readonly TwigCard[],
  current: string | null,
  placeOf: (turn: string) => { x: number; y: number } | undefined,
  width: number,
): Roving {
  const [focused, hold] = useState<string | null>(null);
  // by name: an effect of the render before may run in between, when another one is held
  const due = useRef<string | null>(null);
  const leaving = useRef<string | null>(null);
  const here = (turn: string | null) => turn !== null && placeOf(turn) !== undefined;
  const held = here(focused) ? focused : here(current) ? current : (turns.at(-1)?.turn ?? null);
  const before = useRef<{ turn: string; x: number; y: number } | null>(null);

  // Older turns that come push the others on: what is looked at stays where it is.
  useLayoutEffect(() => {
    const place = held === null ? undefined : placeOf(held);
    const was = before.current;
    before.current = held !== null && place ? { turn: held, x: place.x, y: place.y } : null;
    if (!frame.current || !place || was?.turn !== held) return;
    if (place.x !== was.x) frame.current.scrollLeft += place.x - was.x;
    if (place.y !== was.y) frame.current.scrollTop += place.y - was.y;
  });

  const known = here(current);
  useEffect(() => {
    const place = current === null ? undefined : placeOf(current);
    if (frame.current && place) reveal(frame.current, place, true);
  }, [current, known, width]);

  useEffect(() => {
    const left = leaving.current !== null && !here(leaving.current);
    if (held === null || (due.current !== held && !left)) return;
    due.current = null;
    leaving.current = null;
    const item = frame.current?.querySelector<HTMLElement>(`[data-turn="${CSS.escape(held)}"]`);
    item?.focus({ preventScroll: true }); // the browser would move the whole notebook
  });

  const move = (turn: string) => {
    const place = placeOf(turn);
    if (!frame.current || !place) return;
    due.current = turn;
    reveal(frame.current, place, false);
    hold(turn);
  };
  const leave = (turn: string) => {
    leaving.current = turn;
  };
  const keep = (turn: string) => {
    if (turn !== leaving.current) leaving.current = null;
    hold(turn);
  };
  return { held, hold: keep, move, leave };
}

/** Scrolls the frame alone, and only as far as it takes, or so that the place is in the middle. */
function reveal(frame: HTMLElement, { x, y }: { x: number; y: number }, middle: boolean): void {
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = frame;
  const left = to(scrollLeft, clientWidth, x, middle);
  const top = to(scrollTop, clientHeight, y, middle);
  if (left === scrollLeft && top === scrollTop) return;
  const far = Math.abs(left - scrollLeft) > clientWidth || Math.abs(top - scrollTop) > clientHeight;
  const still = far || matchMedia("(prefers-reduced-motion: reduce)").matches;
  frame.scrollTo({ left, top, behavior: still ? "instant" : "smooth" });
}

export function to(scroll: number, size: number, at: number, middle: boolean): number {
  const fits = at >= scroll + MARGIN && at + NODE <= scroll + size - MARGIN;
  if (fits) return scroll;
  if (middle) return Math.max(0, at - (size - NODE) / 2);
  return Math.max(0, at < scroll + MARGIN ? at - MARGIN : at + NODE + MARGIN - size);
}
