// Two pictures decoded into one size, and their difference. Both are drawn once; everything that a view does with them
// afterwards is moving and covering what is drawn.

import { useEffect, useState } from "preact/hooks";
import { common, Differ, type Difference, fitted, type Size } from "./pixels";

export interface Pair {
  left: HTMLCanvasElement;
  right: HTMLCanvasElement;
  size: Size;
  /** The one that is not of that size, with its own. */
  scaled: { side: "left" | "right"; size: Size } | null;
}

export function usePair(left: Blob | null, right: Blob | null): { pair: Pair | null; unreadable: boolean } {
  const [state, set] = useState<{ pair: Pair | null; unreadable: boolean }>({ pair: null, unreadable: false });
  useEffect(() => {
    if (!left || !right) return;
    let gone = false;
    pairOf(left, right).then(
      (pair) => gone || set({ pair, unreadable: false }),
      () => gone || set({ pair: null, unreadable: true }),
    );
    return () => {
      gone = true;
    };
  }, [left, right]);
  return state;
}

async function pairOf(left: Blob, right: Blob): Promise<Pair> {
  const [a, b] = await Promise.all([createImageBitmap(left), createImageBitmap(right)]);
  const size = common(a, b);
  const other = [a, b].find((one) => one.width !== size.width || one.height !== size.height);
  const scaled = other
    ? { side: other === a ? ("left" as const) : ("right" as const), size: { width: other.width, height: other.height } }
    : null;
  const pair = { left: drawn(a, size), right: drawn(b, size), size, scaled };
  a.close();
  b.close();
  return pair;
}

function drawn(picture: ImageBitmap, size: Size): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const { x, y, width, height } = fitted(picture, size);
  if (context) {
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, x, y, width, height);
  }
  return canvas;
}

const BAND_PIXELS = 2 ** 19;

interface Drawn {
  canvas: HTMLCanvasElement;
  difference: Difference;
}

/** The difference of a pair, drawn with this gain; the one before stays until it is done. */
export function useDifference(pair: Pair, gain: number): Drawn | null {
  const [found, set] = useState<Drawn | null>(null);
  useEffect(() => {
    const own = new AbortController();
    const canvas = document.createElement("canvas");
    canvas.width = pair.size.width;
    canvas.height = pair.size.height;
    void measure(pair, gain, canvas, own.signal).then((difference) => {
      if (difference) set({ canvas, difference });
    });
    return () => own.abort();
  }, [pair, gain]);
  return found;
}

async function measure(
  pair: Pair,
  gain: number,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
): Promise<Difference | null> {
  const [left, right, out] = [pair.left, pair.right, canvas].map((one) => one.getContext("2d"));
  if (!left || !right || !out) return null;
  const { width, height } = pair.size;
  const rows = Math.max(1, Math.floor(BAND_PIXELS / width));
  const differ = new Differ();
  for (let y = 0; y < height; y += rows) {
    const high = Math.min(rows, height - y);
    const [a, b] = [left.getImageData(0, y, width, high), right.getImageData(0, y, width, high)];
    const band = new ImageData(width, high);
    differ.add(a.data, b.data, gain, band.data);
    out.putImageData(band, 0, y);
    await new Promise((resolve) => setTimeout(resolve)); // the page may draw and hear in between
    if (signal.aborted) return null;
  }
  return differ.result;
}
