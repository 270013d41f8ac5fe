// The view of a picture: its canvas, the mask's over it, and the elements that show what the hand is doing. The
// component only places them; what they show is drawn by the surface, so that no movement renders anything.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../words";
import { CanvasKeys, type Desktop } from "./keyboard";
import type { Mask } from "./mask";
import { Painter } from "./painter";
import { Picture } from "./picture";
import { Pointers } from "./pointer";
import { Surface } from "./surface";
import type { Tool, Tools } from "./toolstate";

/** How long the brush rests before its place is said. */
const SAY_MS = 400;

interface Shown {
  label: string;
  turn: string | undefined;
  preview: boolean;
}

interface CanvasProps extends Shown {
  words: Words;
  picture: Blob | null;
  width: number;
  height: number;
  /** null: nothing can be painted now. */
  mask: Mask | null;
  tool: Tool;
  tools: Tools;
  has: (tool: Tool) => boolean;
  onReady: (desktop: Desktop | null) => void;
}

export function Canvas(props: CanvasProps) {
  const { words, label, turn, preview, picture, width, height, mask, tool, tools, onReady } = props;
  const view = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const [dark, light] = [useRef<SVGPathElement>(null), useRef<SVGPathElement>(null)];
  const tip = useRef<HTMLDivElement>(null);
  const spoken = useRef<HTMLSpanElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [desktop, setDesktop] = useState<Desktop | null>(null);
  const keys = useRef<CanvasKeys | null>(null);
  // what the page says of the picture changes together with the picture itself, once that is decoded
  const [shown, setShown] = useState<Shown | null>(null);

  useEffect(() => {
    const [element, below, above, ring] = [view.current, canvas.current, overlay.current, tip.current];
    if (!element || !below || !above || !ring || !dark.current || !light.current) return;
    const own = new AbortController();
    const outlines = [dark.current, light.current];
    const surface = new Surface({ view: element, picture: below, overlay: above, outlines, tip: ring }, tools);
    const painter = new Painter({
      tools,
      get mask() {
        return surface.mask;
      },
      get scale() {
        return surface.look.scale;
      },
      outline: (shape) => surface.outline(shape),
    });
    const pointers = new Pointers(element, surface, painter, own.signal);
    let saying: ReturnType<typeof setTimeout> | undefined;
    const say = ({ x, y }: { x: number; y: number }) => {
      clearTimeout(saying);
      saying = setTimeout(() => {
        const { picture } = surface.frame;
        if (spoken.current) {
          spoken.current.textContent = latest.current.words.brushAt(x, y, picture.width, picture.height);
        }
      }, SAY_MS);
    };
    const has = (wanted: Tool) => latest.current.has(wanted);
    const made = { surface, painter, pointers, tools, has, say };
    keys.current = new CanvasKeys(made);
    setDesktop(made);
    onReady(made);
    return () => {
      clearTimeout(saying);
      own.abort();
      painter.leave();
      surface.close();
      onReady(null);
    };
  }, [tools]);

  useEffect(() => {
    if (!desktop || !picture) return;
    const { surface } = desktop;
    let stale = false;
    const known = surface.picture;
    const ready = known?.blob === picture ? Promise.resolve(known) : Picture.decode(picture);
    ready.then(
      (decoded) => {
        if (stale) {
          if (decoded !== known) decoded.close();
          return;
        }
        surface.show(decoded, { width, height });
        setShown({ label, turn, preview });
      },
      () => {}, // a picture that this browser cannot decode leaves the last one standing
    );
    return () => {
      stale = true;
    };
  }, [desktop, picture, width, height, label, turn, preview]);

  useEffect(() => {
    if (!desktop) return;
    desktop.painter.leave();
    desktop.surface.use(mask);
  }, [desktop, mask]);

  // What was begun with the last tool does not stay behind; at once, since the next one may be in use a moment later.
  useLayoutEffect(() => {
    desktop?.painter.leave();
  }, [desktop, tool]);

  const name = shown ?? { label, turn, preview };
  return (
    <div class="pochade-view">
      <canvas
        ref={canvas}
        role="img"
        aria-label={name.label}
        data-turn={name.turn}
        data-preview={name.preview ? "true" : undefined}
        data-width={width}
        data-height={height}
      />
      <div
        ref={view}
        class="pochade-surface"
        role="application"
        aria-label={mask ? words.mask : words.viewOfPicture}
        aria-description={mask ? words.maskHelp : words.viewHelp}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is where keys are for painting
        tabIndex={0}
        data-tool={mask || tool === "extend" ? tool : "hand"}
        onKeyDown={(event) => {
          if (!keys.current?.down(event)) return;
          event.preventDefault();
          event.stopPropagation();
        }}
        onKeyUp={(event) => keys.current?.up(event)}
        onFocus={(event) => {
          if (event.currentTarget.matches(":focus-visible") && mask) keys.current?.arrive();
        }}
        onBlur={() => keys.current?.leave()}
      >
        <canvas ref={overlay} />
        <svg class="pochade-outline" aria-hidden="true">
          <path ref={dark} />
          <path ref={light} />
        </svg>
        <div ref={tip} class="pochade-tip" hidden />
        <span ref={spoken} class="pochade-spoken" role="status" />
      </div>
    </div>
  );
}
