// The keys of the canvas: what a hand does with a mouse, a key can do as well. Arrow keys move the brush, Space held down
// paints along the way, Enter does so without being held. It stands alone because it maps keys to the same strokes,
// looks and tools that pointers reach.

import { clamp, type Point } from "./geometry";
import type { Painter } from "./painter";
import type { Pointers } from "./pointer";
import type { Surface } from "./surface";
import { hardenNib, resizeNib, type Tool, type Tools } from "./toolstate";
import { nextScale, panBy, toScreen } from "./viewport";

/** How far an arrow key goes, on the screen; with Shift it goes one pixel of the picture. */
const STEP_PX = 16;
const PAN_PX = 48;
/** How near the edge of the view the brush may come before the view follows it. */
const EDGE_PX = 24;

const TOOL_KEYS: Readonly<Record<string, Tool>> = {
  b: "brush",
  e: "eraser",
  m: "rectangle",
  o: "ellipse",
  l: "lasso",
  p: "polygon",
  h: "hand",
  x: "extend",
};

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Zooms about the middle of the view, or about the brush. */
export function zoomBy(surface: Surface, direction: 1 | -1): void {
  const { look, frame } = surface;
  zoomAt(surface, nextScale(look.scale, direction, frame.ratio));
}

/** One pixel of the picture on one of the screen. */
export function zoomToPixels(surface: Surface): void {
  zoomAt(surface, 1 / surface.frame.ratio);
}

function zoomAt(surface: Surface, scale: number): void {
  const { look, frame, cursor } = surface;
  const at = cursor ? toScreen(look, cursor) : { x: frame.view.width / 2, y: frame.view.height / 2 };
  surface.zoom(scale, at);
}

export interface Desktop {
  surface: Surface;
  painter: Painter;
  pointers: Pointers;
  tools: Tools;
  /** Tools that there are. */
  has(tool: Tool): boolean;
  /** Says where the brush is, for those who cannot see it. */
  say(at: Point): void;
}

/** Keys that work wherever the focus is among picture, tools and options. Returns whether the key was one of them. */
export function toolKey(event: KeyboardEvent, { surface, painter, tools, has }: Desktop): boolean {
  const command = event.ctrlKey || event.metaKey;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const { mask } = surface;
  if (command && (name === "z" || name === "y")) {
    if (!mask) return false;
    painter.cancel();
    if (name === "y" || event.shiftKey) mask.redo();
    else mask.undo();
    return true;
  }
  if (command || event.altKey) return false;
  const tool = TOOL_KEYS[name];
  if (tool) {
    if (!has(tool)) return false;
    painter.cancel();
    tools.dispatch({ tool });
  } else if (name === "[" || name === "]") resizeNib(tools, name === "]" ? 1 : -1, surface.frame.picture);
  else if (name === "{" || name === "}") hardenNib(tools, name === "}" ? 1 : -1);
  else if (name === "+" || name === "=") zoomBy(surface, 1);
  else if (name === "-" || name === "_") zoomBy(surface, -1);
  else if (name === "0") surface.fit();
  else if (name === "1") zoomToPixels(surface);
  else return false;
  return true;
}

/** The keys of the picture itself. */
export class CanvasKeys {
  /** What holds the tool down: Space while it is held, or Enter until it is pressed again. */
  private held: "Space" | "Enter" | null = null;

  constructor(private readonly desktop: Desktop) {}

  /** Returns whether the key was one of ours. */
  down(event: KeyboardEvent): boolean {
    const { surface, painter, pointers } = this.desktop;
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (arrow) {
      this.step(arrow, event.shiftKey);
      return true;
    }
    switch (event.key) {
      case " ":
        if (event.repeat || this.held) return true;
        if (pointers.over) {
          pointers.grip.space = true;
          surface.point(null);
          pointers.showGrip();
        } else this.press("Space", event);
        return true;
      case "Enter":
        if (painter.collecting) painter.close();
        else if (this.held === "Enter") this.release(event);
        else if (!event.repeat && !this.held) this.press("Enter", event);
        return true;
      case "Backspace":
        painter.back();
        return true;
      case "Escape":
        if (!painter.busy) return false;
        this.held = null;
        painter.cancel();
        return true;
      default:
        return false;
    }
  }

  up(event: KeyboardEvent): void {
    const { pointers } = this.desktop;
    if (event.key !== " ") return;
    pointers.grip.space = false;
    pointers.showGrip();
    if (this.held === "Space") this.release(event);
  }

  /** The focus has gone elsewhere: no key is held any more. */
  leave(): void {
    const { painter, pointers, surface } = this.desktop;
    pointers.grip.space = false;
    pointers.showGrip();
    if (this.held) painter.up({ shift: false, alt: false });
    this.held = null;
    if (!pointers.over) surface.point(null);
  }

  /** Puts the brush into the middle of what is seen, if it is nowhere. */
  arrive(): Point {
    const { surface } = this.desktop;
    const { view, picture } = surface.frame;
    const middle = surface.toPicture({ x: view.width / 2, y: view.height / 2 });
    const at = surface.cursor ?? {
      x: clamp(Math.round(middle.x), 0, picture.width),
      y: clamp(Math.round(middle.y), 0, picture.height),
    };
    surface.point(at, true);
    return at;
  }

  /** Whether there is nothing to be painted with, so that arrow keys move the picture. */
  private get pans(): boolean {
    const { tool } = this.desktop.tools.state;
    return tool === "hand" || tool === "extend" || !this.desktop.surface.mask;
  }

  private press(key: "Space" | "Enter", event: KeyboardEvent): void {
    const { painter } = this.desktop;
    if (this.pans) return;
    this.held = key;
    // Shift belongs to the arrow keys here
    painter.down({ ...this.arrive(), pressure: 1 }, { shift: false, alt: event.altKey });
    if (painter.collecting) this.held = null;
  }

  private release(event: KeyboardEvent): void {
    this.held = null;
    this.desktop.painter.up({ shift: false, alt: event.altKey });
  }

  private step(arrow: Point, fine: boolean): void {
    const { surface, painter, pointers, say } = this.desktop;
    const { look, frame } = surface;
    if (this.pans) {
      surface.lookAt(panBy(look, -arrow.x * PAN_PX, -arrow.y * PAN_PX, frame));
      return;
    }
    pointers.over = false; // from here on the keys have the brush
    const here = this.arrive();
    const step = fine ? 1 : Math.max(1, Math.round(STEP_PX / look.scale));
    const at = {
      x: clamp(here.x + arrow.x * step, 0, frame.picture.width),
      y: clamp(here.y + arrow.y * step, 0, frame.picture.height),
    };
    surface.point(at, true);
    if (this.held || painter.collecting) painter.move([{ ...at, pressure: 1 }], { shift: false, alt: false });
    const { x, y } = toScreen(look, at);
    const beyond = (value: number, room: number) =>
      value < EDGE_PX ? EDGE_PX - value : value > room - EDGE_PX ? room - EDGE_PX - value : 0;
    const [dx, dy] = [beyond(x, frame.view.width), beyond(y, frame.view.height)];
    if (dx !== 0 || dy !== 0) {
      const to = panBy(look, dx, dy, frame);
      if (to.x !== look.x || to.y !== look.y) surface.lookAt(to);
    }
    say(at);
  }
}
