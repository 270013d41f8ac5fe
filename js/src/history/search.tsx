// Turns found by their prompts, or by their stars: a box to type in and below it the list, newest first.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { TwigCard } from "../protocol";
import type { State } from "../state";
import type { Words } from "../words";
import { go } from "./actions";
import { useFound } from "./found";
import { parts } from "./marks";
import { useSeen } from "./seen";
import { useUrl } from "./useurl";
import "./search.css";

const ROW = 52;

interface SearchProps {
  words: Words;
  desk: Desk;
  state: State;
  onWant: (turns: readonly string[]) => void;
  onClose: () => void;
}

export function Search({ words, desk, state, onWant, onClose }: SearchProps) {
  const box = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState("");
  const [starred, setStarred] = useState(false);
  const found = useFound(desk, query, starred, state.turns);
  useLayoutEffect(() => box.current?.focus(), []); // at once, so that the first key is heard

  const back = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation(); // it would stop the picture that is being made
    if (query === "" && !starred) return onClose();
    setQuery("");
    setStarred(false);
    box.current?.focus();
  };
  const count = found && !found.trouble ? words.foundCount(found.total) : "";
  const more = found && found.turns.length < found.total ? words.foundNewest(found.turns.length) : "";
  return (
    <search class="pochade-search" aria-label={words.findTurns} onKeyDown={back}>
      <div class="pochade-search-bar">
        <input
          ref={box}
          type="search"
          class="pochade-input"
          aria-label={words.findTurns}
          placeholder={words.findTurns}
          maxLength={200}
          value={query}
          onInput={(event) => setQuery(event.currentTarget.value)}
        />
        <button
          type="button"
          class="pochade-quiet"
          aria-pressed={starred}
          data-on={starred || undefined}
          onClick={() => setStarred(!starred)}
        >
          <Icon name="star" />
          {words.starredOnly}
        </button>
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.closeSearch}
          title={words.closeSearch}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <p class="pochade-search-count" role="status">
        {found?.trouble ?? `${count}${more ? ` · ${more}` : ""}`}
      </p>
      {found && found.turns.length > 0 ? (
        <Results
          words={words}
          turns={found.turns}
          query={found.query}
          state={state}
          onWant={onWant}
          onPick={(turn) => void go(desk, turn)}
        />
      ) : null}
    </search>
  );
}

interface ResultsProps {
  words: Words;
  turns: readonly TwigCard[];
  query: string;
  state: State;
  onWant: (turns: readonly string[]) => void;
  onPick: (turn: string) => void;
}

function Results({ words, turns, query, state, onWant, onPick }: ResultsProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [focused, hold] = useState<string | null>(null);
  const due = useRef<string | null>(null);
  const { box } = useSeen(frame);
  const at = Math.max(
    0,
    turns.findIndex(({ turn }) => turn === focused),
  );
  const shown = turns
    .map((twig, row) => ({ twig, row }))
    .filter(({ row }) => (row * ROW < box.bottom && (row + 1) * ROW > box.top) || row === at);
  const lacking = shown.filter(({ twig }) => !state.thumbs[twig.turn]).map(({ twig }) => twig.turn);
  useEffect(() => onWant(lacking), [lacking.join()]);
  useEffect(() => {
    if (due.current === null || due.current !== turns[at]?.turn) return;
    due.current = null;
    frame.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  });

  const key = (event: KeyboardEvent) => {
    const steps = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: turns.length - 1,
      PageUp: at - 5,
      PageDown: at + 5,
    };
    if (event.key === "Enter" || event.key === " ") onPick((turns[at] as TwigCard).turn);
    else if (event.key in steps) {
      const to = Math.max(0, Math.min(turns.length - 1, steps[event.key as keyof typeof steps]));
      const list = frame.current as HTMLElement;
      if (to * ROW < list.scrollTop) list.scrollTop = to * ROW;
      else if ((to + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (to + 1) * ROW - list.clientHeight;
      due.current = (turns[to] as TwigCard).turn;
      hold(due.current);
    } else return;
    event.preventDefault();
  };

  return (
    <div ref={frame} class="pochade-results">
      <div role="listbox" aria-label={words.foundTurns} style={{ height: `${turns.length * ROW}px` }}>
        {shown.map(({ twig, row }) => (
          <Result
            key={twig.turn}
            words={words}
            twig={twig}
            query={query}
            blob={state.thumbs[twig.turn] ?? null}
            selected={twig.turn === state.current}
            reachable={row === at}
            row={row}
            of={turns.length}
            onFocus={() => hold(twig.turn)}
            onPick={() => onPick(twig.turn)}
            onKey={key}
          />
        ))}
      </div>
    </div>
  );
}

interface ResultProps {
  words: Words;
  twig: TwigCard;
  query: string;
  blob: Blob | null;
  selected: boolean;
  reachable: boolean;
  row: number;
  of: number;
  onFocus: () => void;
  onPick: () => void;
  onKey: (event: KeyboardEvent) => void;
}

function Result({ words, twig, query, blob, selected, reachable, row, of, onFocus, onPick, onKey }: ResultProps) {
  const url = useUrl(blob);
  const label = words.turn(twig.number, twig.prompt);
  return (
    <div
      role="option"
      class="pochade-result"
      aria-selected={selected}
      aria-label={twig.starred ? words.starredTurn(label) : label}
      aria-posinset={row + 1}
      aria-setsize={of}
      tabIndex={reachable ? 0 : -1}
      data-turn={twig.turn}
      style={{ transform: `translateY(${row * ROW}px)` }}
      onFocus={onFocus}
      onClick={onPick}
      onKeyDown={onKey}
    >
      <span class="pochade-result-picture">{url ? <img src={url} alt="" draggable={false} /> : null}</span>
      <span class="pochade-result-number">{twig.number}</span>
      <span class="pochade-result-words" dir="auto">
        {parts(twig.prompt, query).map(({ text, found }, at) => (found ? <mark key={at}>{text}</mark> : text))}
      </span>
      {twig.starred ? <Icon name="star" /> : null}
    </div>
  );
}
