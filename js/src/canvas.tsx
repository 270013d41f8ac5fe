// The picture and, lying exactly on it, the mask: what is painted is drawn at the picture's own pixels and shown
// enlarged. The picture canvas is drawn at the screen's pixels, so that a small picture is large and smooth.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Brush } from "./desk";
import type { Mask, Point } from "./mask";
import { type Store, useChanges } from "./store";
import type { Words } from "./words";

const TINT = "rgba(255, 76, 48, 0.62)";
const STRIPE = "rgba(255, 255, 255, 0.5)";
const KEY_STEP = 0.04;

interface CanvasProps {
  words: Words;
  label: string;
  picture: Blob | null;
  width: number;
  height: number;
  turn?: string | undefined;
  preview?: boolean;
  busy?: boolean;
  mask: Mask | null;
  brush: Store<Brush, Partial<Brush>>;
}

export function Canvas(props: CanvasProps) {
  const { width, height, label, picture, preview = false, mask, busy = false } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const bitmap = useBitmap(picture);
  const side = useSide(frame);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !bitmap || side.width === 0) return;
    resize(element, side);
    const context = element.getContext("2d");
    if (!context) return;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, element.width, element.height);
    context.drawImage(bitmap, 0, 0, element.width, element.height);
  }, [bitmap, side]);

  return (
    <div
      ref={frame}
      class="pochade-picture"
      style={{ aspectRatio: `${width} / ${height}`, "--pochade-ratio": Math.min(1, width / height) }}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        data-turn={props.turn}
        data-preview={preview ? "true" : undefined}
        data-width={width}
        data-height={height}
      />
      {mask && !busy ? <MaskLayer words={props.words} mask={mask} brush={props.brush} side={side} /> : null}
    </div>
  );
}

function MaskLayer({
  words,
  mask,
  brush,
  side,
}: {
  words: Words;
  mask: Mask;
  brush: Store<Brush, Partial<Brush>>;
  side: Side;
}) {
  useChanges(mask);
  useChanges(brush);
  const surface = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [tip, setTip] = useState<Point | null>(null);
  const painting = useRef(false);
  const { tool, share } = brush.state;
  const diameter = share * Math.min(mask.width, mask.height);
  const scale = side.width / mask.width;

  useEffect(() => {
    const element = canvas.current;
    if (!element || side.width === 0) return;
    resize(element, side);
    drawMask(element, mask);
  }, [mask, mask.version, side]);

  const place = (event: PointerEvent): Point => {
    const box = (surface.current as HTMLDivElement).getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * mask.width,
      y: ((event.clientY - box.top) / box.height) * mask.height,
    };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    surface.current?.setPointerCapture(event.pointerId);
    painting.current = true;
    mask.begin(place(event), diameter / 2, tool === "brush" ? 255 : 0);
  };
  const move = (event: PointerEvent) => {
    setTip(place(event));
    if (!painting.current) return;
    for (const part of event.getCoalescedEvents?.() ?? []) mask.extend(place(part));
    mask.extend(place(event));
  };
  const up = () => {
    if (!painting.current) return;
    painting.current = false;
    mask.end();
  };
  const key = (event: KeyboardEvent) => {
    const step =
      (event.shiftKey ? 1 / Math.max(mask.width, mask.height) : KEY_STEP) * Math.min(mask.width, mask.height);
    const here = tip ?? { x: mask.width / 2, y: mask.height / 2 };
    const to = (dx: number, dy: number) =>
      setTip({
        x: Math.min(mask.width, Math.max(0, here.x + dx * step)),
        y: Math.min(mask.height, Math.max(0, here.y + dy * step)),
      });
    const command = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    if (command && name === "z") event.shiftKey ? mask.redo() : mask.undo();
    else if (command && name === "y") mask.redo();
    else if (command) return;
    else if (name === "arrowleft") to(-1, 0);
    else if (name === "arrowright") to(1, 0);
    else if (name === "arrowup") to(0, -1);
    else if (name === "arrowdown") to(0, 1);
    else if (name === " ") dab(mask, here, diameter / 2, tool);
    else if (name === "b") brush.dispatch({ tool: "brush" });
    else if (name === "e") brush.dispatch({ tool: "eraser" });
    else if (name === "[") brush.dispatch({ share: Math.max(0.02, share / 1.2) });
    else if (name === "]") brush.dispatch({ share: Math.min(1, share * 1.2) });
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={surface}
      class="pochade-mask"
      role="application"
      aria-label={words.mask}
      aria-description={words.maskHelp}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is where keys are for painting
      tabIndex={0}
      data-painted={mask.painted}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onPointerLeave={() => setTip(null)}
      onKeyDown={key}
      onBlur={() => setTip(null)}
    >
      <canvas ref={canvas} />
      {tip ? (
        <div
          class="pochade-tip"
          style={{
            width: `${diameter * scale}px`,
            height: `${diameter * scale}px`,
            left: `${tip.x * scale}px`,
            top: `${tip.y * scale}px`,
          }}
        />
      ) : null}
    </div>
  );
}

function dab(mask: Mask, at: Point, radius: number, tool: Brush["tool"]): void {
  mask.begin(at, radius, tool === "brush" ? 255 : 0);
  mask.end();
}

/** Tints what is painted, with fine stripes that show on a background of the tint's own colour too. */
function drawMask(element: HTMLCanvasElement, mask: Mask): void {
  const context = element.getContext("2d");
  if (!context) return;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, element.width, element.height);
  if (mask.painted === 0) return;
  const own = new OffscreenCanvas(mask.width, mask.height);
  const ownContext = own.getContext("2d");
  if (!ownContext) return;
  const pixels = new ImageData(mask.width, mask.height);
  for (let at = 0; at < mask.data.length; at++) pixels.data[4 * at + 3] = mask.data[at] ?? 0;
  ownContext.putImageData(pixels, 0, 0);
  context.imageSmoothingQuality = "high";
  context.drawImage(own, 0, 0, element.width, element.height);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = TINT;
  context.fillRect(0, 0, element.width, element.height);
  context.globalCompositeOperation = "source-atop";
  context.strokeStyle = STRIPE;
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  for (let x = -element.height; x < element.width; x += 8 * devicePixelRatio) {
    context.moveTo(x, element.height);
    context.lineTo(x + element.height, 0);
  }
  context.stroke();
}

interface Side {
  width: number;
  height: number;
}

function resize(element: HTMLCanvasElement, side: Side): void {
  const width = Math.max(1, Math.round(side.width * devicePixelRatio));
  const height = Math.max(1, Math.round(side.height * devicePixelRatio));
  if (element.width !== width) element.width = width;
  if (element.height !== height) element.height = height;
}

/** How large the element is on the screen. */
function useSide(frame: { current: HTMLElement | null }): Side {
  const [side, setSide] = useState<Side>({ width: 0, height: 0 });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element;
      setSide((old) =>
        old.width === clientWidth && old.height === clientHeight ? old : { width: clientWidth, height: clientHeight },
      );
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return side;
}

/** The decoded picture; the one before stays until the next is ready, so that nothing flickers. */
function useBitmap(picture: Blob | null): ImageBitmap | null {
  const [bitmap, setBitmap] = useState<ImageBitmap | null>(null);
  useEffect(() => {
    if (!picture) return;
    let stale = false;
    createImageBitmap(picture).then(
      (decoded) => (stale ? decoded.close() : setBitmap(decoded)),
      () => {}, // a picture that this browser cannot decode leaves the last one standing
    );
    return () => {
      stale = true;
    };
  }, [picture]);
  return bitmap;
}
