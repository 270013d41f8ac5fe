// Two pictures compared: under a divider, side by side, by their difference, or in turns. It knows nothing of turns or
// a kernel, so that the part alone shows any two pictures with it.

import type { TargetedPointerEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useName } from "../ui/usename";
import type { Words } from "../words";
import { Difference } from "./difference";
import { Flicker } from "./flicker";
import { closer, divided, type Look, WHOLE } from "./look";
import { Sheet } from "./sheet";
import { Stage } from "./stage";
import { type Pair, usePair } from "./usepictures";
import "./compare.css";

export const MODES = ["slider", "side", "difference", "flicker"] as const;
export type Mode = (typeof MODES)[number];

/** A picture and what it is called, in a word or two. */
export interface Shown {
  blob: Blob;
  label: string;
}

interface CompareProps {
  words: Words;
  left: Shown | null;
  right: Shown | null;
  mode: Mode;
  onMode: (mode: Mode) => void;
  /** Where the divider stands: 0 shows all of the right one, 1 all of the left one. */
  position: number;
  onPosition: (position: number) => void;
}

export function Compare({ words, left, right, mode, onMode, position, onPosition }: CompareProps) {
  const { pair, unreadable } = usePair(left?.blob ?? null, right?.blob ?? null);
  const [look, setLook] = useState<Look>(WHOLE);
  const size = pair ? `${pair.size.width}:${pair.size.height}` : null;
  useEffect(() => setLook(WHOLE), [size]);
  const labels: Labels = { left: left?.label ?? words.leftSide, right: right?.label ?? words.rightSide };
  const view = pair ? { words, pair, labels, look, onLook: setLook } : null;
  return (
    <div class="pochade-compare">
      <div class="pochade-compare-bar">
        <Modes words={words} mode={mode} onMode={onMode} />
        <Closeness words={words} look={look} onLook={setLook} />
      </div>
      <div class="pochade-compare-mount" data-mode={mode}>
        {!view ? (
          <p class="pochade-compare-wait">{unreadable ? words.unreadable : words.comparing}</p>
        ) : mode === "slider" ? (
          <Slider {...view} position={position} onPosition={onPosition} />
        ) : mode === "side" ? (
          <Side {...view} />
        ) : mode === "difference" ? (
          <Difference {...view} />
        ) : (
          <Flicker {...view} />
        )}
      </div>
      {pair?.scaled ? (
        <p class="pochade-compare-said">
          {words.scaledToFit(
            labels[pair.scaled.side],
            pair.scaled.size.width,
            pair.scaled.size.height,
            `${pair.size.width} × ${pair.size.height}`,
          )}
        </p>
      ) : null}
    </div>
  );
}

interface Labels {
  left: string;
  right: string;
}

/** What every way of comparing takes. */
export interface PairView {
  words: Words;
  pair: Pair;
  labels: Labels;
  look: Look;
  onLook: (look: Look) => void;
}

function Modes({ words, mode, onMode }: { words: Words; mode: Mode; onMode: (mode: Mode) => void }) {
  const name = useName();
  return (
    <div class="pochade-modes" role="radiogroup" aria-label={words.howToCompare}>
      {MODES.map((one) => (
        <label key={one} data-on={one === mode || undefined}>
          <input type="radio" name={name} checked={one === mode} onChange={() => onMode(one)} />
          {words.compareModes[one]}
        </label>
      ))}
    </div>
  );
}

function Closeness({ words, look, onLook }: { words: Words; look: Look; onLook: (look: Look) => void }) {
  return (
    <div class="pochade-closeness">
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.farther}
        title={words.farther}
        disabled={look.scale === 1}
        onClick={() => onLook(closer(look, 0.5))}
      >
        −
      </button>
      <button
        type="button"
        class="pochade-quiet"
        aria-label={words.fit}
        title={words.fit}
        disabled={look.scale === 1}
        onClick={() => onLook(WHOLE)}
      >
        {Math.round(look.scale * 100)}%
      </button>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.closer}
        title={words.closer}
        onClick={() => onLook(closer(look, 2))}
      >
        +
      </button>
    </div>
  );
}

function Slider(props: PairView & { position: number; onPosition: (position: number) => void }) {
  const { words, pair, labels, look, onLook, position, onPosition } = props;
  const clamp = (x: number) => onPosition(Math.min(1, Math.max(0, x)));
  const key = (event: KeyboardEvent) => {
    const to = divided(position, event.key, event.shiftKey);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the stage would move what is close
    onPosition(to);
  };
  const drag = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.closest(".pochade-stage")?.getBoundingClientRect();
    if (box) clamp((event.clientX - box.left) / box.width);
  };
  const percent = Math.round(position * 100);
  return (
    <>
      <Stage
        label={words.compared(labels.left, labels.right)}
        size={pair.size}
        look={look}
        onLook={onLook}
        onPoint={clamp}
      >
        <Sheet canvas={pair.left} look={look} />
        <Sheet canvas={pair.right} look={look} from={position} />
        <div
          class="pochade-divider"
          role="slider"
          tabIndex={0}
          aria-label={words.divider}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          aria-valuetext={words.dividerAt(percent, labels.left, labels.right)}
          style={{ left: `${position * 100}%` }}
          onKeyDown={key}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
        />
      </Stage>
      <Captions labels={labels} />
    </>
  );
}

/** The names of both, each below its half; the divider's own value says them too. */
function Captions({ labels }: { labels: Labels }) {
  return (
    <div class="pochade-captions" aria-hidden="true">
      <span>{labels.left}</span>
      <span>{labels.right}</span>
    </div>
  );
}

function Side({ pair, labels, look, onLook }: PairView) {
  return (
    <>
      {(["left", "right"] as const).map((side) => (
        <figure key={side} class="pochade-side-one">
          <Stage label={labels[side]} size={pair.size} look={look} onLook={onLook}>
            <Sheet canvas={pair[side]} look={look} />
          </Stage>
          <figcaption>{labels[side]}</figcaption>
        </figure>
      ))}
    </>
  );
}
