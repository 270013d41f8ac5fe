// Which part of a scrolled element is in sight, so that only that is in the page. It changes in steps, not with every
// pixel: a thousand turns are drawn anew a few times a second while somebody scrolls, never once a frame.

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Box } from "./layout";

const GRAIN = 160;

/** The box in sight, a grain larger on every side. */
export function coarse(left: number, top: number, width: number, height: number): Box {
  const down = (value: number) => Math.floor(value / GRAIN - 1) * GRAIN;
  const up = (value: number) => Math.ceil(value / GRAIN + 1) * GRAIN;
  return { left: down(left), top: down(top), right: up(left + width), bottom: up(top + height) };
}

interface Seen {
  box: Box;
  /** The element's own size, in pixels. */
  width: number;
  height: number;
}

export function useSeen(frame: RefObject<HTMLElement | null>): Seen {
  const [seen, see] = useState<Seen>({ box: coarse(0, 0, 960, 0), width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    let drawing = 0;
    const look = () => {
      drawing = 0;
      const { scrollLeft, scrollTop, clientWidth: width, clientHeight: height } = element;
      if (width === 0) return; // not laid out, as while a theme's style sheet is exchanged: that is told when it is
      const box = coarse(scrollLeft, scrollTop, width, height);
      see((old) => (same(old.box, box) && old.width === width && old.height === height ? old : { box, width, height }));
    };
    const soon = () => {
      drawing ||= requestAnimationFrame(look);
    };
    const own = new AbortController();
    element.addEventListener("scroll", soon, { signal: own.signal, passive: true });
    // At once: by the next frame the size may be another one for a moment, and nobody tells that it is as before.
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => {
      own.abort();
      observer.disconnect();
      cancelAnimationFrame(drawing);
    };
  }, [frame]);
  return seen;
}

function same(a: Box, b: Box): boolean {
  return a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;
}
