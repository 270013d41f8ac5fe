// Rectangles, ellipses and polygons as coverage: how much of each pixel lies inside. It stands alone because it is pure
// geometry; what the coverage does to a mask is the mask's affair.

import { type Box, clamp, type Point, pixelsWithin } from "./geometry";

/** A lasso is a polygon with many points. Polygons close by themselves and have no hole where they cross themselves. */
export type Shape =
  | { kind: "rectangle" | "ellipse"; from: Point; to: Point }
  | { kind: "polygon"; points: readonly Point[] };

export interface Coverage {
  box: Box;
  /** 0 to 255 for every pixel of the box, row by row. */
  data: Uint8Array;
}

/** In how many lines each row of pixels is cut; along a line the coverage is exact. */
const LINES = 16;

/** Calls back with every stretch of the shape on the line at this height, left and right end in picture pixels. */
type Scan = (y: number, span: (left: number, right: number) => void) => void;

/** The coverage of a shape, times `opacity`, inside a picture of this size; null where it has no pixel there. */
export function coverageOf(shape: Shape, width: number, height: number, opacity = 1): Coverage | null {
  const corners = shape.kind === "polygon" ? shape.points : [shape.from, shape.to];
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  const low = { x: least(xs), y: least(ys) };
  const high = { x: -least(xs.map((x) => -x)), y: -least(ys.map((y) => -y)) };
  const box = high.x > low.x && high.y > low.y ? pixelsWithin(low, high, width, height) : null;
  if (!box) return null;
  return { box, data: fill(box, scanner(shape, low, high), clamp(opacity, 0, 1)) };
}

/** Not Math.min(...values), which a long lasso would overflow. */
function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

function fill(box: Box, scan: Scan, opacity: number): Uint8Array {
  const data = new Uint8Array(box.width * box.height);
  const partly = new Float64Array(box.width);
  const wholly = new Int32Array(box.width + 1); // +1 where a run of whole pixels begins, -1 behind its end
  const span = (from: number, to: number) => {
    const left = clamp(from - box.x, 0, box.width);
    const right = clamp(to - box.x, 0, box.width);
    if (right <= left) return;
    const first = Math.floor(left);
    const last = Math.floor(right);
    if (first === last) {
      partly[first] = (partly[first] ?? 0) + right - left;
      return;
    }
    partly[first] = (partly[first] ?? 0) + first + 1 - left;
    if (last < box.width) partly[last] = (partly[last] ?? 0) + right - last;
    wholly[first + 1] = (wholly[first + 1] ?? 0) + 1;
    wholly[last] = (wholly[last] ?? 0) - 1;
  };
  for (let row = 0; row < box.height; row++) {
    partly.fill(0);
    wholly.fill(0);
    for (let line = 0; line < LINES; line++) scan(box.y + row + (line + 0.5) / LINES, span);
    let run = 0;
    for (let x = 0; x < box.width; x++) {
      run += wholly[x] ?? 0;
      data[row * box.width + x] = Math.round((255 * opacity * (run + (partly[x] ?? 0))) / LINES);
    }
  }
  return data;
}

function scanner(shape: Shape, low: Point, high: Point): Scan {
  if (shape.kind === "polygon") return polygon(shape.points);
  return shape.kind === "ellipse" ? ellipse(low, high) : rectangle(low, high);
}

function rectangle(low: Point, high: Point): Scan {
  return (y, span) => {
    if (y >= low.y && y < high.y) span(low.x, high.x);
  };
}

function ellipse(low: Point, high: Point): Scan {
  const middle = { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2 };
  const radius = { x: (high.x - low.x) / 2, y: (high.y - low.y) / 2 };
  return (y, span) => {
    const half = radius.x * Math.sqrt(Math.max(0, 1 - ((y - middle.y) / radius.y) ** 2));
    span(middle.x - half, middle.x + half);
  };
}

interface Edge {
  top: Point;
  bottom: number;
  /** How far it goes to the right with every pixel down. */
  slope: number;
  /** 1 where the outline goes down, -1 where it goes up. */
  turn: 1 | -1;
  /** Where it crosses the line at hand. */
  x: number;
}

/** Its lines must be asked for from the top to the bottom. */
function polygon(points: readonly Point[]): Scan {
  const waiting = edgesOf(points).sort((a, b) => b.top.y - a.top.y); // the topmost last
  let crossed: Edge[] = [];
  return (y, span) => {
    for (let next = waiting.at(-1); next && next.top.y <= y; next = waiting.at(-1)) {
      crossed.push(next);
      waiting.pop();
    }
    if (crossed.some((edge) => edge.bottom <= y)) crossed = crossed.filter((edge) => edge.bottom > y);
    for (const edge of crossed) edge.x = edge.top.x + (y - edge.top.y) * edge.slope;
    crossed.sort((a, b) => a.x - b.x);
    let inside = 0;
    let left = 0;
    for (const edge of crossed) {
      if (inside === 0) left = edge.x;
      inside += edge.turn;
      if (inside === 0) span(left, edge.x);
    }
  };
}

function edgesOf(points: readonly Point[]): Edge[] {
  const edges: Edge[] = [];
  let from = points.at(-1);
  for (const to of points) {
    if (from && from.y !== to.y) {
      const [top, bottom] = from.y < to.y ? [from, to] : [to, from];
      const slope = (bottom.x - top.x) / (bottom.y - top.y);
      edges.push({ top, bottom: bottom.y, slope, turn: top === from ? 1 : -1, x: 0 });
    }
    from = to;
  }
  return edges;
}
