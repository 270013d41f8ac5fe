// The turns as a row of thumbnails, in the order of time. A click, or Enter on one, goes back to that turn; the next
// prompt branches there. What is scrolled out of sight is not in the page.

import { useEffect, useMemo, useRef } from "preact/hooks";
import { Icon } from "../icons";
import type { TwigCard } from "../protocol";
import { useName } from "../ui/usename";
import { Kin, pathTo } from "./kin";
import { NODE } from "./layout";
import { Node } from "./node";
import { useRoving } from "./roving";
import { useSeen } from "./seen";
import { act, type TurnsProps } from "./turns";
import "./history.css";

const GAP = 8;
const AFRESH = 12;
const PAD = 6;

/** Where each turn of the row begins; one that was made afresh stands a little apart. */
export function rowOf(turns: readonly TwigCard[]): { at: readonly number[]; width: number } {
  const at: number[] = [];
  let x = PAD;
  for (const twig of turns) {
    if (at.length > 0 && twig.parent === null) x += AFRESH;
    at.push(x);
    x += NODE + GAP;
  }
  return { at, width: Math.max(0, x - GAP + PAD) };
}

export function TurnRow(props: TurnsProps) {
  const { words, turns, current, thumbs, left = 0 } = props;
  const help = useName();
  const frame = useRef<HTMLDivElement>(null);
  const kin = useMemo(() => new Kin(turns), [turns]);
  const row = useMemo(() => rowOf(turns), [turns]);
  const path = useMemo(() => pathTo(kin, current), [kin, current]);
  const order = useMemo(() => new Map(turns.map(({ turn }, at) => [turn, at])), [turns]);
  const { box, width } = useSeen(frame);
  const placeOf = (turn: string) => {
    const at = order.get(turn);
    return at === undefined ? undefined : { x: row.at[at] as number, y: PAD };
  };
  const { held, hold, move, leave } = useRoving(frame, turns, current, placeOf, width);
  const shown = turns
    .map((twig, at) => ({ twig, at, x: row.at[at] as number }))
    .filter(({ twig, x }) => (x < box.right && x + NODE > box.left) || twig.turn === held);
  const lacking = shown.filter(({ twig }) => !thumbs[twig.turn]).map(({ twig }) => twig.turn);
  useEffect(() => props.onWant(lacking), [lacking.join()]);

  const key = (event: KeyboardEvent) => {
    if (held === null) return;
    const at = order.get(held) ?? 0;
    const steps = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: Infinity };
    if (event.key in steps && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const next = turns[Math.max(0, Math.min(turns.length - 1, steps[event.key as keyof typeof steps]))];
      if (next) move(next.turn);
    } else if (!act(props, held, event)) return;
    else if (event.key === "Delete") leave(held);
    event.preventDefault();
  };

  return (
    <>
      {left > 0 && props.onEarlier ? (
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.earlier}
          title={words.earlier}
          onClick={props.onEarlier}
        >
          <Icon name="left" />
        </button>
      ) : null}
      <div ref={frame} class="pochade-strip">
        <div
          role="listbox"
          aria-label={words.turns}
          aria-orientation="horizontal"
          aria-describedby={help}
          style={{ width: `${row.width}px` }}
        >
          {shown.map(({ twig, at, x }) => (
            <Node
              key={twig.turn}
              words={words}
              twig={twig}
              blob={thumbs[twig.turn] ?? null}
              place={at + 1}
              of={turns.length}
              selected={twig.turn === current}
              reachable={twig.turn === held}
              dim={current !== null && !path.has(twig.turn)}
              x={x}
              y={PAD}
              onFocus={() => hold(twig.turn)}
              onPick={({ shiftKey }) => (shiftKey && props.onMark ? props.onMark : props.onPick)(twig.turn)}
              onKey={key}
            />
          ))}
        </div>
      </div>
      <span id={help} class="pochade-unseen">
        {words.turnsHelp}
      </span>
    </>
  );
}
