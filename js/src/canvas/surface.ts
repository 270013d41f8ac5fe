// What one view shows of picture and mask, drawn by hand: once per frame of the screen, only where something changed,
// and never through a component, so that painting stays light on any picture. It also keeps where the view looks.

import { type Box, overlap, type Point, union } from "./geometry";
import type { Mask, Shape } from "./mask";
import { tint } from "./overlay";
import { pathOf } from "./painter";
import type { Picture } from "./picture";
import { diameterOf, isPaint, isShape, type Tools } from "./toolstate";
import {
  deviceBox,
  type Frame,
  fitScale,
  type Look,
  percent,
  type Size,
  settle,
  toPicture,
  toScreen,
  whole,
  zoomTo,
} from "./viewport";

interface Elements {
  /** The whole view. */
  view: HTMLElement;
  picture: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
  /** Paths of the outline of what is being drawn. */
  outlines: readonly SVGPathElement[];
  /** The brush's own circle. */
  tip: HTMLElement;
}

/** Beyond this many device pixels per picture pixel its pixels are shown as squares, if it was zoomed to on purpose. */
const SQUARES_FROM = 3;
const GRID_FROM = 8;
const CHEQUER = 8;

export class Surface {
  frame: Frame = { picture: { width: 1, height: 1 }, view: { width: 0, height: 0 }, ratio: 1 };
  look: Look = { scale: 1, x: 0, y: 0 };
  /** Where the brush is, in picture pixels; null while it is nowhere. */
  cursor: Point | null = null;
  /** The room on each side, beyond the picture, that is kept in view while it is being extended. */
  private room: Box | null = null;
  private fitted = true;
  private shown: Picture | null = null;
  private masked: Mask | null = null;
  private unsubscribe: (() => void) | null = null;
  private request = 0;
  private stalePicture = true;
  private staleOverlay: Box | null = null;
  private tipSize = -1;
  private readonly own = new AbortController();
  private readonly observer: ResizeObserver;
  private readonly listeners = new Set<() => void>();
  private rect: DOMRect | null = null;
  private signed = false;
  private anchor: { look: Look; at: Point; point: Point } | null = null;

  constructor(
    private readonly elements: Elements,
    readonly tools: Tools,
  ) {
    const { signal } = this.own;
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(elements.view);
    const stale = () => {
      this.rect = null;
    };
    window.addEventListener("scroll", stale, { signal, capture: true, passive: true });
    window.addEventListener("resize", stale, { signal, passive: true });
    this.watchRatio();
    const ink = { last: tools.state.ink };
    const unwatch = tools.subscribe(() => {
      if (ink.last !== tools.state.ink) this.touchAll();
      ink.last = tools.state.ink;
      this.schedule();
    });
    signal.addEventListener("abort", unwatch);
    this.measure();
  }

  close(): void {
    this.own.abort();
    this.observer.disconnect();
    this.unsubscribe?.();
    cancelAnimationFrame(this.request);
    this.shown?.close();
    this.listeners.clear();
  }

  /** Calls back when the view looks elsewhere; returns how to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get percent(): number {
    return percent(this.look.scale, this.frame.ratio);
  }

  /** Shows a decoded picture that stands for one of this size. */
  show(picture: Picture, size: Size): void {
    if (picture !== this.shown) {
      this.shown?.close();
      this.shown = picture;
      void picture.refine(() => this.schedule(true));
    }
    const same = size.width === this.frame.picture.width && size.height === this.frame.picture.height;
    if (!same) {
      this.frame = { ...this.frame, picture: { width: size.width, height: size.height } };
      this.fit();
    }
    this.touchAll();
    this.schedule(true);
  }

  get picture(): Picture | null {
    return this.shown;
  }

  /** Lays a mask over the picture, or none. */
  use(mask: Mask | null): void {
    if (mask === this.masked) return;
    this.unsubscribe?.();
    this.masked = mask;
    this.unsubscribe = mask?.subscribe((dirty) => dirty && this.touch(dirty)) ?? null;
    this.touchAll();
  }

  /** The mask, where it fits the picture that is shown. */
  get mask(): Mask | null {
    const { width, height } = this.frame.picture;
    return this.masked?.width === width && this.masked.height === height ? this.masked : null;
  }

  lookAt(look: Look): void {
    const next = settle(look, this.frame);
    if (next.scale === this.look.scale && next.x === this.look.x && next.y === this.look.y) return;
    this.fitted = false;
    this.move(next);
  }

  /**
   * Zooms at a place on the screen.
   *
   * The middle holds a small picture away from there; so that it comes back as the picture grows, what lay under the
   * pointer is kept in mind until the view is moved otherwise.
   */
  zoom(scale: number, at: Point): void {
    const { look, anchor } = this;
    const kept = anchor?.look === look && Math.hypot(anchor.at.x - at.x, anchor.at.y - at.y) < 2;
    const point = kept ? anchor.point : toPicture(look, at);
    this.lookAt(zoomTo(look, scale, at, this.frame, point));
    this.anchor = { look: this.look, at, point };
  }

  /** The whole picture, and what it is to be extended by. */
  fit(): void {
    this.fitted = true;
    if (this.frame.view.width === 0) return;
    if (!this.room) {
      this.move(whole(this.frame));
      return;
    }
    const { x, y, width, height } = this.room;
    const look = whole({ ...this.frame, picture: { width, height } });
    this.move({ scale: look.scale, x: look.x - x * look.scale, y: look.y - y * look.scale });
  }

  /** Keeps an area round the picture in view; null ends that. */
  reserve(room: Box | null): void {
    this.room = room;
    this.fit();
  }

  /** Where on the view an event of a pointer is. */
  locate(event: { clientX: number; clientY: number }, fresh = false): Point {
    if (fresh || !this.rect) this.rect = this.elements.view.getBoundingClientRect();
    return { x: event.clientX - this.rect.left, y: event.clientY - this.rect.top };
  }

  toPicture(at: Point): Point {
    return toPicture(this.look, at);
  }

  /** Moves the brush; null takes it away. Keys need a sign of where a shape would begin, a mouse has its own. */
  point(at: Point | null, keys = false): void {
    this.cursor = at;
    this.signed = keys;
    this.schedule();
  }

  outline(shape: Shape | null): void {
    const path = shape ? pathOf(shape) : "";
    for (const element of this.elements.outlines) element.setAttribute("d", path);
  }

  private move(look: Look): void {
    this.look = look;
    this.touchAll();
    this.schedule(true);
    for (const listener of this.listeners) listener();
  }

  private measure(): void {
    const { clientWidth: width, clientHeight: height } = this.elements.view;
    const ratio = devicePixelRatio;
    const { view } = this.frame;
    this.rect = null;
    if (view.width === width && view.height === height && this.frame.ratio === ratio) return;
    this.frame = { ...this.frame, view: { width, height }, ratio };
    for (const canvas of [this.elements.picture, this.elements.overlay]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    if (this.fitted) this.fit();
    else this.move(settle(this.look, this.frame));
    this.draw(); // in the same frame, or the emptied canvases would flash
  }

  /** The page's own zoom, or another screen, changes how many pixels a pixel has. */
  private watchRatio(): void {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = () => {
      this.measure();
      this.watchRatio();
    };
    query.addEventListener("change", changed, { once: true, signal: this.own.signal });
  }

  private touch(dirty: Box): void {
    const area = deviceBox(this.look, dirty, this.frame);
    this.staleOverlay = union(this.staleOverlay, area);
    this.schedule();
  }

  private touchAll(): void {
    const { width, height } = this.elements.overlay;
    this.staleOverlay = { x: 0, y: 0, width, height };
    this.schedule();
  }

  private schedule(picture = false): void {
    this.stalePicture ||= picture;
    if (this.request === 0) this.request = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.request);
    this.request = 0;
    if (this.frame.view.width === 0) return;
    if (this.stalePicture) this.drawPicture();
    if (this.staleOverlay) this.drawOverlay(this.staleOverlay);
    this.stalePicture = false;
    this.staleOverlay = null;
    this.placeTip();
  }

  private drawPicture(): void {
    const { look, shown, frame } = this;
    const { picture, view, ratio } = frame;
    const context = this.elements.picture.getContext("2d");
    const { dataset } = this.elements.view;
    dataset.scale = String(look.scale);
    dataset.left = String(look.x);
    dataset.top = String(look.y);
    for (const path of this.elements.outlines) {
      path.setAttribute("transform", `matrix(${look.scale} 0 0 ${look.scale} ${look.x} ${look.y})`);
    }
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    if (!shown) return;
    const area = { x: look.x, y: look.y, width: picture.width * look.scale, height: picture.height * look.scale };
    const seen = overlap(area, { x: 0, y: 0, width: view.width, height: view.height });
    if (!seen) return;
    context.save();
    context.shadowColor = "rgba(0, 0, 0, 0.22)";
    context.shadowBlur = 14 * ratio;
    context.shadowOffsetY = 4 * ratio;
    context.fillStyle = "#fff";
    context.fillRect(seen.x, seen.y, seen.width, seen.height);
    context.restore();
    this.drawChequer(context, seen);
    const zoomed = look.scale > fitScale(frame) * 1.01;
    const device = look.scale * ratio;
    context.imageSmoothingEnabled = !(zoomed && device > SQUARES_FROM);
    context.imageSmoothingQuality = "high";
    const level = shown.level(area.width * ratio);
    // only what is seen: at the largest zoom the whole would be a quarter of a million pixels wide
    const [across, down] = [level.width / area.width, level.height / area.height];
    const left = Math.max(0, Math.floor((seen.x - area.x) * across) - 1);
    const top = Math.max(0, Math.floor((seen.y - area.y) * down) - 1);
    const width = Math.min(level.width, Math.ceil((seen.x + seen.width - area.x) * across) + 1) - left;
    const height = Math.min(level.height, Math.ceil((seen.y + seen.height - area.y) * down) + 1) - top;
    const [x, y] = [area.x + left / across, area.y + top / down];
    context.drawImage(level, left, top, width, height, x, y, width / across, height / down);
    if (zoomed && device >= GRID_FROM) this.drawGrid(context, seen);
  }

  private drawChequer(context: CanvasRenderingContext2D, seen: Box): void {
    context.fillStyle = "#d4d4d4";
    context.beginPath();
    for (let row = 0; row * CHEQUER < seen.height; row++) {
      for (let column = row % 2; column * CHEQUER < seen.width; column += 2) {
        const [x, y] = [column * CHEQUER, row * CHEQUER];
        context.rect(seen.x + x, seen.y + y, Math.min(CHEQUER, seen.width - x), Math.min(CHEQUER, seen.height - y));
      }
    }
    context.fill();
  }

  private drawGrid(context: CanvasRenderingContext2D, seen: Box): void {
    const { look, frame } = this;
    const [from, to] = [this.toPicture(seen), this.toPicture({ x: seen.x + seen.width, y: seen.y + seen.height })];
    const crisp = (value: number) => (Math.round(value * frame.ratio) + 0.5) / frame.ratio;
    context.beginPath();
    for (let x = Math.ceil(from.x); x <= to.x; x++) {
      const at = crisp(toScreen(look, { x, y: 0 }).x);
      context.moveTo(at, seen.y);
      context.lineTo(at, seen.y + seen.height);
    }
    for (let y = Math.ceil(from.y); y <= to.y; y++) {
      const at = crisp(toScreen(look, { x: 0, y }).y);
      context.moveTo(seen.x, at);
      context.lineTo(seen.x + seen.width, at);
    }
    context.lineWidth = 1 / frame.ratio;
    context.strokeStyle = "rgba(128, 128, 128, 0.45)";
    context.stroke();
  }

  private drawOverlay(area: Box): void {
    const context = this.elements.overlay.getContext("2d");
    const { mask } = this;
    this.elements.view.dataset.painted = String(mask?.painted ?? 0);
    if (!context) return;
    const { width, height } = this.elements.overlay;
    const all = area.width * area.height === width * height;
    if (all) context.clearRect(0, 0, width, height);
    if (!mask) return;
    // finding the bounds takes a moment of its own, which pays where it saves most of the view
    const bounds = all ? mask.bounds() : { x: 0, y: 0, width: mask.width, height: mask.height };
    const painted = bounds ? deviceBox(this.look, bounds, this.frame) : null;
    const part = painted ? overlap(painted, area) : null;
    if (!part) return;
    const image = new ImageData(part.width, part.height);
    const pixels = new Uint32Array(image.data.buffer);
    tint(pixels, part, mask, this.look, this.frame.ratio, this.tools.state.ink);
    context.putImageData(image, part.x, part.y);
  }

  private placeTip(): void {
    const { tip } = this.elements;
    const { tool } = this.tools.state;
    const { cursor } = this;
    const round = isPaint(tool);
    tip.hidden = cursor === null || !this.mask || !(round || (isShape(tool) && this.signed));
    if (!cursor || tip.hidden) return;
    const size = round ? diameterOf(this.tools.state[tool], this.frame.picture) * this.look.scale : 0;
    if (size !== this.tipSize) {
      this.tipSize = size;
      tip.dataset.shape = size >= 3 ? "circle" : "cross";
      tip.style.width = tip.style.height = size >= 3 ? `${size}px` : "";
    }
    const { x, y } = toScreen(this.look, cursor);
    tip.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }
}
