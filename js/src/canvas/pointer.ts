// From the events of mouse, pen and fingers to strokes, panning and pinching. It stands alone because who holds the
// picture, and when one gesture gives way to another, is decided here and nowhere else.

import type { Point } from "./geometry";
import type { Sample } from "./mask";
import type { Painter } from "./painter";
import type { Surface } from "./surface";
import { panBy, pinch, toPicture } from "./viewport";

/** The pen's eraser end, as a button. */
export const ERASER_BUTTON = 5;
const MIDDLE_BUTTON = 1;
/** How much the wheel zooms: this many of its pixels double the scale. */
const WHEEL_DOUBLES = 240;
const WHEEL_LINE = 16;

interface Holding {
  pointer: number;
  kind: "paint" | "pan";
  at: Point;
}

export class Pointers {
  /** Whether Space is held over the picture, which makes any drag a pan. */
  readonly grip = { space: false };
  /** Whether a mouse or pen is over the picture now. */
  over = false;
  private holding: Holding | null = null;
  private readonly fingers = new Map<number, Point>();
  /** Two fingers have come down: until all are up again nothing is painted. */
  private pinching = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly surface: Surface,
    private readonly painter: Painter,
    signal: AbortSignal,
  ) {
    const listen = <K extends keyof HTMLElementEventMap>(
      name: K,
      hear: (event: HTMLElementEventMap[K]) => void,
      passive = true,
    ) => element.addEventListener(name, hear, { signal, passive });
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event));
    listen("pointercancel", (event) => this.drop(event));
    listen("lostpointercapture", (event) => this.drop(event));
    listen("pointerleave", (event) => this.leave(event));
    listen("dblclick", () => this.painter.close());
    listen("wheel", (event) => this.wheel(event), false);
    // the middle button would begin to scroll the page
    listen("mousedown", (event) => event.button === MIDDLE_BUTTON && event.preventDefault(), false);
  }

  /** Shows by the mouse's own sign what a drag would do. */
  showGrip(): void {
    const panning = this.holding?.kind === "pan";
    this.element.dataset.grip = panning ? "held" : this.grip.space && this.over ? "open" : "";
  }

  private down(event: PointerEvent): void {
    const at = this.surface.locate(event, true);
    if (event.pointerType === "touch") {
      if (this.holding && !this.fingers.size) return; // a palm beside the pen
      this.fingers.set(event.pointerId, at);
      if (this.fingers.size > 1) {
        this.pinch();
        return;
      }
    }
    if (this.holding || this.pinching) return;
    const kind = this.kindOf(event);
    if (!kind) return;
    this.element.setPointerCapture(event.pointerId);
    this.holding = { pointer: event.pointerId, kind, at };
    if (kind === "paint") {
      const pen = event.pointerType === "pen";
      this.painter.down(this.sample(event, at), keysOf(event), { pen, erase: event.button === ERASER_BUTTON });
    }
    this.surface.point(kind === "pan" ? null : this.surface.toPicture(at));
    this.showGrip();
  }

  private kindOf(event: PointerEvent): "paint" | "pan" | null {
    const { tool } = this.surface.tools.state;
    const hand = tool === "hand" || tool === "extend" || !this.surface.mask || this.grip.space;
    if (event.button === MIDDLE_BUTTON) return "pan";
    if (event.button === 0) return hand ? "pan" : "paint";
    return event.button === ERASER_BUTTON ? "paint" : null;
  }

  private move(event: PointerEvent): void {
    if (this.holding?.pointer === event.pointerId && event.buttons === 0) {
      this.up(event); // its release went to somebody else
      return;
    }
    const at = this.surface.locate(event);
    this.over = event.pointerType !== "touch";
    if (this.fingers.has(event.pointerId)) {
      const before = this.pair();
      this.fingers.set(event.pointerId, at);
      const after = this.pair();
      if (this.pinching) {
        if (before && after) this.surface.lookAt(pinch(this.surface.look, before, after, this.surface.frame));
        return;
      }
    }
    const { holding } = this;
    if (holding?.kind === "pan") {
      if (holding.pointer !== event.pointerId) return;
      this.surface.lookAt(panBy(this.surface.look, at.x - holding.at.x, at.y - holding.at.y, this.surface.frame));
      holding.at = at;
      return;
    }
    if (holding && holding.pointer !== event.pointerId) return;
    this.surface.point(this.grip.space ? null : this.surface.toPicture(at));
    if (!holding && !this.painter.collecting) return;
    const parts = event.getCoalescedEvents?.() ?? []; // not every browser has them
    const events = parts.length > 0 ? parts : [event];
    const samples = events.map((part) => this.sample(part, this.surface.locate(part)));
    this.painter.move(samples, keysOf(event));
  }

  private up(event: PointerEvent): void {
    const { holding } = this;
    this.release(event);
    if (holding?.pointer !== event.pointerId) return;
    this.holding = null;
    if (holding.kind === "paint") this.painter.up(keysOf(event));
    if (event.pointerType === "touch") this.surface.point(null);
    this.showGrip();
  }

  /** The system has taken the pointer away; what was drawn so far stays. */
  private drop(event: PointerEvent): void {
    this.up(event);
  }

  private leave(event: PointerEvent): void {
    this.over = false;
    if (!this.holding && event.pointerType !== "touch") this.surface.point(null);
    this.showGrip();
  }

  private pinch(): void {
    this.pinching = true;
    this.holding = null;
    // a polygon's points were set on purpose; a stroke was begun by the first of two fingers
    if (!this.painter.collecting) this.painter.cancel();
    this.surface.point(null);
  }

  private release(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    if (this.fingers.size === 0) this.pinching = false;
  }

  private pair(): [Point, Point] | null {
    const [first, second] = this.fingers.values();
    return first && second ? [first, second] : null;
  }

  /** The wheel alone scrolls the notebook. */
  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const { surface } = this;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_LINE;
    // a pinch on a touchpad comes as a wheel too, in much smaller steps
    const doubles = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL && Math.abs(pixels) < 30 ? 80 : WHEEL_DOUBLES;
    const scale = surface.look.scale * 2 ** (-pixels / doubles);
    surface.zoom(scale, surface.locate(event, true));
  }

  private sample(event: PointerEvent, at: Point): Sample {
    return { ...toPicture(this.surface.look, at), pressure: event.pointerType === "pen" ? event.pressure : 1 };
  }
}

function keysOf({ shiftKey, altKey }: MouseEvent): { shift: boolean; alt: boolean } {
  return { shift: shiftKey, alt: altKey };
}
