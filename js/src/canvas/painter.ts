// What a tool does between going down and coming up, whether a mouse, a pen, a finger or a key moves it. It stands alone
// because it knows neither events nor elements: points in picture pixels come in, strokes and shapes come out.

import type { Point } from "./geometry";
import type { Combine, Mask, Sample, Shape } from "./mask";
import { isPaint, isShape, type PaintTool, type ShapeTool, type Tools, tipOf } from "./toolstate";

interface Modifiers {
  shift: boolean;
  alt: boolean;
}

/** What is painted on. */
export interface Sheet {
  readonly mask: Mask | null;
  readonly tools: Tools;
  /** Screen pixels per picture pixel. */
  readonly scale: number;
  /** Shows the outline of what is being drawn; null takes it away. */
  outline(shape: Shape | null): void;
}

/** How near, on the screen, a click has to be to the first point of a polygon to close it. */
const CLOSE_PX = 8;
/** How far, on the screen, the way has to go before Shift knows whether it goes across or down. */
const LOCK_PX = 4;
/** A stroke leaves out points that are nearer to its last one than this share of the tip: they would not show. */
const STROKE_SHARE = 0.02;
/** Points of a lasso that are nearer to each other on the screen are one. */
const LASSO_PX = 1.5;

interface Stroke {
  kind: "stroke";
  mask: Mask;
  /** The least way between two points, in picture pixels. */
  least: number;
  /** The point that the mask has last, and one after it that it has not. */
  drawn: Sample;
  waiting: Sample | null;
  /** Where Shift was pressed, and which way the line is held. */
  lock: { from: Point; axis: "x" | "y" | null } | null;
}

interface Drag {
  kind: "drag";
  tool: "rectangle" | "ellipse";
  from: Point;
  to: Point;
}

interface Path {
  kind: "path";
  tool: "lasso" | "polygon";
  points: Point[];
  combine: Combine;
}

export class Painter {
  private doing: Stroke | Drag | Path | null = null;
  /** Where the last stroke ended, for the straight line to the next click. */
  private last: { mask: Mask; at: Sample } | null = null;

  constructor(private readonly sheet: Sheet) {}

  /** Whether something is begun that Escape would take back. */
  get busy(): boolean {
    return this.doing !== null;
  }

  /** Whether clicks are being collected, rather than a button held. */
  get collecting(): boolean {
    return this.doing?.kind === "path" && this.doing.tool === "polygon";
  }

  down(at: Sample, keys: Modifiers, how: { pen: boolean; erase: boolean } = { pen: false, erase: false }): void {
    const { mask, tools } = this.sheet;
    const { tool } = tools.state;
    if (!mask) return;
    if (how.erase) this.stroke(mask, "eraser", at, keys, how.pen);
    else if (isPaint(tool)) this.stroke(mask, tool, at, keys, how.pen);
    else if (isShape(tool)) this.shape(tool, at, keys);
  }

  move(samples: readonly Sample[], keys: Modifiers): void {
    const { doing } = this;
    const to = samples.at(-1);
    if (!doing || !to) return;
    if (doing.kind === "stroke") {
      for (const sample of this.locked(doing, samples, keys)) draw(doing, sample);
      return;
    }
    if (doing.kind === "drag") doing.to = to;
    else if (doing.tool === "lasso") {
      for (const sample of samples) if (this.far(doing.points.at(-1), sample, LASSO_PX)) doing.points.push(sample);
    }
    this.show(keys, to);
  }

  up(keys: Modifiers): void {
    const { doing } = this;
    if (!doing || this.collecting) return;
    if (doing.kind === "stroke") {
      this.doing = null;
      if (doing.waiting) doing.mask.extend(doing.waiting);
      doing.mask.end();
      return;
    }
    this.finish(keys);
  }

  /** Comes to an end because the picture is taken away: a stroke stays as far as it got, a shape is given up. */
  leave(): void {
    if (this.doing?.kind === "stroke") this.up({ shift: false, alt: false });
    else this.cancel();
  }

  /** Closes a polygon. */
  close(): void {
    if (this.collecting) this.finish({ shift: false, alt: false });
  }

  /** Takes back the last point of a polygon. */
  back(): void {
    if (this.doing?.kind !== "path" || !this.collecting) return;
    this.doing.points.pop();
    if (this.doing.points.length === 0) this.cancel();
    else this.show({ shift: false, alt: false });
  }

  /** Takes back what is begun, as if it had never been. */
  cancel(): void {
    if (this.doing?.kind === "stroke") this.doing.mask.cancel();
    this.doing = null;
    this.sheet.outline(null);
  }

  private stroke(mask: Mask, tool: PaintTool, at: Sample, keys: Modifiers, pen: boolean): void {
    const tip = tipOf(tool, this.sheet.tools.state, mask, pen);
    const from = keys.shift && this.last?.mask === mask ? this.last.at : null;
    mask.begin(from ?? at, tip);
    if (from) mask.extend(at);
    this.last = { mask, at };
    this.doing = { kind: "stroke", mask, least: STROKE_SHARE * tip.diameter, drawn: at, waiting: null, lock: null };
  }

  private shape(tool: ShapeTool, at: Point, keys: Modifiers): void {
    if (tool === "rectangle" || tool === "ellipse") {
      this.doing = { kind: "drag", tool, from: at, to: at };
      return;
    }
    if (this.doing?.kind === "path" && this.doing.tool === "polygon") {
      const { points } = this.doing;
      if (points.length > 2 && !this.far(points[0], at, CLOSE_PX)) this.close();
      else {
        points.push(at);
        this.show(keys, at);
      }
      return;
    }
    const combine = keys.alt ? "subtract" : this.sheet.tools.state.combine;
    this.doing = { kind: "path", tool, points: [at], combine };
    this.show(keys, at);
  }

  private finish(keys: Modifiers): void {
    const { doing } = this;
    const { mask, tools } = this.sheet;
    this.doing = null;
    this.sheet.outline(null);
    if (!mask || !doing || doing.kind === "stroke") return;
    if (doing.kind === "path") {
      if (doing.points.length > 2) mask.shape({ kind: "polygon", points: doing.points }, doing.combine);
      return;
    }
    const shape = dragged(doing, keys);
    // a click that was meant to go elsewhere must not wipe what is painted
    if (this.far(doing.from, doing.to, 2)) mask.shape(shape, tools.state.combine);
  }

  private show(keys: Modifiers, at?: Point): void {
    const { doing } = this;
    if (doing?.kind === "drag") this.sheet.outline(dragged(doing, keys));
    if (doing?.kind !== "path") return;
    const points = doing.tool === "polygon" && at ? [...doing.points, at] : doing.points;
    this.sheet.outline({ kind: "polygon", points });
  }

  /** While Shift is held a stroke goes straight across or straight down. */
  private locked(stroke: Stroke, samples: readonly Sample[], keys: Modifiers): readonly Sample[] {
    if (!keys.shift) stroke.lock = null;
    else if (!stroke.lock && this.last) stroke.lock = { from: this.last.at, axis: null };
    const { lock } = stroke;
    const placed: Sample[] = [];
    for (const sample of samples) {
      if (!lock) {
        placed.push(sample);
        continue;
      }
      if (!lock.axis && this.far(lock.from, sample, LOCK_PX)) {
        lock.axis = Math.abs(sample.x - lock.from.x) >= Math.abs(sample.y - lock.from.y) ? "x" : "y";
      }
      if (lock.axis === "x") placed.push({ ...sample, y: lock.from.y });
      else if (lock.axis === "y") placed.push({ ...sample, x: lock.from.x });
    }
    const at = placed.at(-1);
    if (at && this.last) this.last.at = at;
    return placed;
  }

  private far(from: Point | undefined, to: Point, screenPixels: number): boolean {
    return !from || Math.hypot(to.x - from.x, to.y - from.y) * this.sheet.scale > screenPixels;
  }
}

/** A slow hand and a quick pen give many more points than a large tip shows. */
function draw(stroke: Stroke, to: Sample): void {
  const { drawn, least } = stroke;
  const near = Math.hypot(to.x - drawn.x, to.y - drawn.y) < least && to.pressure === drawn.pressure;
  stroke.waiting = near ? to : null;
  if (near) return;
  stroke.drawn = to;
  stroke.mask.extend(to);
}

/** Shift makes both sides equal; Alt draws from the centre. */
function dragged({ tool, from, to }: Drag, keys: Modifiers): Shape {
  let [across, down] = [to.x - from.x, to.y - from.y];
  if (keys.shift) {
    const side = Math.max(Math.abs(across), Math.abs(down));
    [across, down] = [side * (across < 0 ? -1 : 1), side * (down < 0 ? -1 : 1)];
  }
  const corner = { x: from.x + across, y: from.y + down };
  return { kind: tool, from: keys.alt ? { x: from.x - across, y: from.y - down } : from, to: corner };
}

/** The outline of a shape as an SVG path, in picture pixels. */
export function pathOf(shape: Shape): string {
  if (shape.kind === "polygon") {
    return shape.points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
  }
  const { from, to } = shape;
  if (shape.kind === "rectangle") return `M${from.x} ${from.y}H${to.x}V${to.y}H${from.x}Z`;
  const [across, down] = [Math.abs(to.x - from.x) / 2, Math.abs(to.y - from.y) / 2];
  const y = (from.y + to.y) / 2;
  const arc = `A${across} ${down} 0 1 1`;
  return `M${Math.min(from.x, to.x)} ${y}${arc} ${Math.max(from.x, to.x)} ${y}${arc} ${Math.min(from.x, to.x)} ${y}Z`;
}
