// Two pictures of the session compared, in the place of the canvas: which two can be changed here or in the tree.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { usePicture } from "../history/usepicture";
import { Icon } from "../icons";
import type { TwigCard } from "../protocol";
import { twigOf } from "../state/turns";
import type { Words } from "../words";
import { candidates } from "./candidates";
import { Compare, type Mode, type Shown } from "./compare";

interface Side {
  turn: string;
  index: number;
}

export interface Comparing {
  left: Side;
  right: Side;
}

interface CompareViewProps {
  words: Words;
  desk: Desk;
  comparing: Comparing;
  onClose: () => void;
}

export function CompareView({ words, desk, comparing, onClose }: CompareViewProps) {
  const [sides, setSides] = useState(comparing);
  const [mode, setMode] = useState<Mode>("slider");
  const [position, setPosition] = useState(0.5);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => setSides(comparing), [comparing]);
  useEffect(() => {
    const root = close.current?.getRootNode() as Document | ShadowRoot;
    const opener = root.activeElement;
    close.current?.focus({ preventScroll: true });
    return () => {
      // once the canvas is back in its place: until then it may be what has the focus that moves
      queueMicrotask(() => {
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      });
    };
  }, []);
  const left = usePicture(desk, sides.left.turn, sides.left.index);
  const right = usePicture(desk, sides.right.turn, sides.right.index);
  const { state } = desk;
  const gone = [sides.left, sides.right].some(({ turn }) => !twigOf(state, turn));
  useEffect(() => {
    if (gone) onClose(); // it was deleted
  }, [gone]);
  const named = (side: Side, blob: Blob | null): Shown | null => {
    const twig = twigOf(state, side.turn);
    if (!blob || !twig) return null;
    const label = words.turnNumber(twig.number);
    return { blob, label: twig.count > 1 ? `${label} · ${words.ofCount(side.index + 1, twig.count)}` : label };
  };
  const offered = candidates(state.turns, [sides.left.turn, sides.right.turn]);
  const back = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // it would stop the picture that is being made
    onClose();
  };
  const trouble = left.trouble ?? right.trouble;
  return (
    <section class="pochade-compare-view" aria-label={words.compare} onKeyDown={back}>
      <div class="pochade-compare-sides">
        <Choice
          words={words}
          label={words.leftSide}
          offered={offered}
          side={sides.left}
          onSide={(side) => setSides({ ...sides, left: side })}
        />
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.swapSides}
          title={words.swapSides}
          onClick={() => setSides({ left: sides.right, right: sides.left })}
        >
          <Icon name="swap" />
        </button>
        <Choice
          words={words}
          label={words.rightSide}
          offered={offered}
          side={sides.right}
          onSide={(side) => setSides({ ...sides, right: side })}
        />
        <button
          ref={close}
          type="button"
          class="pochade-tool"
          aria-label={words.closeCompare}
          title={words.closeCompare}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      {trouble ? <p role="alert">{trouble}</p> : null}
      <Compare
        words={words}
        left={named(sides.left, left.blob)}
        right={named(sides.right, right.blob)}
        mode={mode}
        onMode={setMode}
        position={position}
        onPosition={setPosition}
      />
    </section>
  );
}

interface ChoiceProps {
  words: Words;
  label: string;
  offered: readonly TwigCard[];
  side: Side;
  onSide: (side: Side) => void;
}

const SHOWN = 48; // characters of a prompt in the list

function Choice({ words, label, offered, side, onSide }: ChoiceProps) {
  const twig = offered.find(({ turn }) => turn === side.turn);
  const count = twig?.count ?? 1;
  return (
    <div class="pochade-choice">
      <select
        class="pochade-input"
        aria-label={label}
        value={side.turn}
        onChange={({ currentTarget: { value } }) => {
          onSide({ turn: value, index: offered.find(({ turn }) => turn === value)?.picked ?? 0 });
        }}
      >
        {offered.map(({ turn, number, prompt }) => (
          <option key={turn} value={turn}>
            {words.turn(number, prompt.length > SHOWN ? `${prompt.slice(0, SHOWN)}…` : prompt)}
          </option>
        ))}
      </select>
      {count > 1 ? (
        <select
          class="pochade-input"
          aria-label={words.labelled(label, words.pictureOf(side.index + 1, count))}
          value={side.index}
          onChange={({ currentTarget: { value } }) => onSide({ turn: side.turn, index: Number(value) })}
        >
          {Array.from({ length: count }, (_, at) => (
            <option key={at} value={at}>
              {at + 1}
            </option>
          ))}
        </select>
      ) : null}
    </div>
  );
}
