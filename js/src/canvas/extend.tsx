// The handles that pull a picture's edges outward: what lies between is painted with the next prompt. With a mouse they
// are dragged, with keys each side is a slider.

import { useEffect, useReducer, useRef } from "preact/hooks";
import { Menu } from "../ui/popover";
import type { Words } from "../words";
import {
  BOTTOM,
  extended,
  LARGEST,
  LEFT,
  type Margins,
  marginsFor,
  NO_MARGINS,
  orNothing,
  RATIOS,
  RIGHT,
  SNAP,
  TOP,
  withMargin,
} from "./margins";
import type { Surface } from "./surface";
import type { Size } from "./viewport";
import "./extend.css";

export interface Extending {
  /** null while nothing is to be added. */
  margins: Margins | null;
  onExtend: (margins: Margins | null) => void;
}

/** What is kept free around the picture to drag into, as a share of its longer side. */
const SPARE = 0.16;
const PAGE = 8;

type Side = 0 | 1 | 2 | 3;

/** The sides that each handle moves, and where it stands, as shares of the frame. */
const HANDLES = [
  { sides: [LEFT], x: 0, y: 0.5 },
  { sides: [TOP], x: 0.5, y: 0 },
  { sides: [RIGHT], x: 1, y: 0.5 },
  { sides: [BOTTOM], x: 0.5, y: 1 },
  { sides: [LEFT, TOP], x: 0, y: 0 },
  { sides: [RIGHT, TOP], x: 1, y: 0 },
  { sides: [RIGHT, BOTTOM], x: 1, y: 1 },
  { sides: [LEFT, BOTTOM], x: 0, y: 1 },
] as const;

/** Which way is outward, on each side. */
const OUTWARD = { [LEFT]: "ArrowLeft", [TOP]: "ArrowUp", [RIGHT]: "ArrowRight", [BOTTOM]: "ArrowDown" };
const INWARD = { [LEFT]: "ArrowRight", [TOP]: "ArrowDown", [RIGHT]: "ArrowLeft", [BOTTOM]: "ArrowUp" };

interface ExtendFrameProps {
  words: Words;
  surface: Surface;
  picture: Size;
  extending: Extending;
}

export function ExtendFrame({ words, surface, picture, extending }: ExtendFrameProps) {
  const { onExtend } = extending;
  const margins = extending.margins ?? NO_MARGINS;
  const [left, top] = margins;
  const [, moved] = useReducer((count: number, _: undefined) => count + 1, 0);
  const drag = useRef<{ x: number; y: number; margins: Margins; scale: number } | null>(null);
  const size = extended(picture, margins);

  useEffect(() => surface.subscribe(() => moved(undefined)), [surface]);
  const refit = () => {
    const spare = Math.round(Math.max(picture.width, picture.height) * SPARE);
    surface.reserve({
      x: -left - spare,
      y: -top - spare,
      width: size.width + 2 * spare,
      height: size.height + 2 * spare,
    });
  };
  useEffect(() => {
    if (!drag.current) refit(); // the picture must not move under the hand
  }, [surface, picture.width, picture.height, ...margins]);
  useEffect(() => () => surface.reserve(null), [surface]);

  const put = (next: Margins) => {
    if (next.some((margin, side) => margin !== margins[side])) onExtend(orNothing(next));
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY, margins, scale: surface.look.scale };
  };
  const move = (event: PointerEvent, sides: readonly Side[]) => {
    const { current } = drag;
    if (!current) return;
    const [dx, dy] = [(event.clientX - current.x) / current.scale, (event.clientY - current.y) / current.scale];
    const out = { [LEFT]: -dx, [TOP]: -dy, [RIGHT]: dx, [BOTTOM]: dy };
    put(
      sides.reduce<Margins>(
        (next, side) => withMargin(next, side, current.margins[side] + out[side], picture, LARGEST),
        margins,
      ),
    );
  };
  const up = () => {
    if (!drag.current) return;
    drag.current = null;
    refit();
  };
  const key = (event: KeyboardEvent, side: Side) => {
    const now = margins[side];
    const to = {
      [OUTWARD[side]]: now + SNAP,
      [INWARD[side]]: now - SNAP,
      PageUp: now + PAGE * SNAP,
      PageDown: now - PAGE * SNAP,
      Home: 0,
    }[event.key];
    if (to === undefined) return;
    put(withMargin(margins, side, to, picture, LARGEST));
    event.preventDefault();
    event.stopPropagation();
  };

  const { scale, x, y } = surface.look;
  const box = { left: x - left * scale, top: y - top * scale, width: size.width * scale, height: size.height * scale };
  const hole = {
    left: left * scale,
    top: top * scale,
    right: (left + picture.width) * scale,
    bottom: (top + picture.height) * scale,
  };
  const inner = [
    [hole.left, hole.top],
    [hole.right, hole.top],
    [hole.right, hole.bottom],
    [hole.left, hole.bottom],
    [hole.left, hole.top],
  ].map(([across, down]) => `${across}px ${down}px`);
  return (
    <div class="pochade-extend">
      <div
        class="pochade-extend-new"
        style={{
          ...pixels(box),
          clipPath: `polygon(evenodd, 0 0, 100% 0, 100% 100%, 0 100%, 0 0, ${inner.join(", ")})`,
        }}
      />
      <div class="pochade-extend-frame" style={pixels(box)}>
        {HANDLES.map(({ sides, x: across, y: down_ }) => {
          const [side] = sides;
          const corner = sides.length > 1;
          const common = {
            class: "pochade-grip",
            "data-sides": sides.join(),
            style: { left: `${100 * across}%`, top: `${100 * down_}%` },
            onPointerDown: down,
            onPointerMove: (event: PointerEvent) => move(event, sides),
            onPointerUp: up,
            onPointerCancel: up,
          };
          // a corner moves two sides, each of which has its own slider
          if (corner) return <div key={sides.join()} {...common} aria-hidden="true" />;
          return (
            <div
              key={sides.join()}
              {...common}
              role="slider"
              tabIndex={0}
              aria-label={words.extendSides[side]}
              aria-orientation={side === LEFT || side === RIGHT ? "horizontal" : "vertical"}
              aria-valuemin={0}
              aria-valuemax={withMargin(margins, side, Number.MAX_SAFE_INTEGER, picture, LARGEST)[side]}
              aria-valuenow={margins[side]}
              aria-valuetext={words.pixels(margins[side])}
              onKeyDown={(event) => key(event, side)}
            >
              {margins[side] > 0 ? <span class="pochade-margin">{margins[side]}</span> : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function pixels(box: Record<"left" | "top" | "width" | "height", number>) {
  const px = (value: number) => `${value}px`;
  return { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) };
}

interface ExtendOptionsProps {
  words: Words;
  picture: Size;
  extending: Extending;
}

export function ExtendOptions({ words, picture, extending }: ExtendOptionsProps) {
  const { margins, onExtend } = extending;
  const size = extended(picture, margins ?? NO_MARGINS);
  return (
    <>
      <Menu
        label={words.extendShape}
        face={words.extendShape}
        buttonClass="pochade-word"
        items={RATIOS.map((ratio) => {
          const fitting = marginsFor(picture, ratio, LARGEST);
          return {
            label: `${ratio.width}:${ratio.height}`,
            disabled: fitting === null,
            onSelect: () => onExtend(fitting),
          };
        })}
      />
      <output class="pochade-hint">{margins ? words.extendedTo(size.width, size.height) : words.extendHint}</output>
      <button type="button" class="pochade-word" disabled={margins === null} onClick={() => onExtend(null)}>
        {words.extendReset}
      </button>
    </>
  );
}
