// The turns as a row of thumbnails. A click, or Enter on one, goes back to that turn; the next prompt branches there.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "./desk";
import { Icon } from "./icons";
import type { TurnCard } from "./protocol";
import type { State } from "./state";
import type { Words } from "./words";

export function Strip({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const { turns, total, current, thumbs } = state;
  const list = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const held = turns.some((card) => card.turn === focused) ? focused : (current ?? turns.at(-1)?.turn ?? null);

  useEffect(() => {
    const row = list.current;
    const item = row?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (!row || !item) return;
    // The row alone scrolls; scrollIntoView would move the whole notebook.
    row.scrollTo({ left: item.offsetLeft - (row.clientWidth - item.clientWidth) / 2, behavior: "smooth" });
  }, [current, turns.length]);

  const key = (event: KeyboardEvent) => {
    const at = turns.findIndex((card) => card.turn === held);
    const to = {
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      Home: 0,
      End: turns.length - 1,
    };
    if (event.key === "Enter" || event.key === " ") {
      if (held) desk.go(held);
    } else if (event.key in to) {
      const next = turns[Math.min(turns.length - 1, Math.max(0, to[event.key as keyof typeof to]))];
      if (next) {
        setFocused(next.turn);
        list.current?.querySelector<HTMLElement>(`[data-turn="${next.turn}"]`)?.focus();
      }
    } else return;
    event.preventDefault();
  };

  if (turns.length === 0) return null;
  return (
    <div class="pochade-history">
      {turns.length < total ? (
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.earlier}
          title={words.earlier}
          onClick={() => desk.showEarlier()}
        >
          <Icon name="left" />
        </button>
      ) : null}
      <div ref={list} class="pochade-strip" role="listbox" aria-label={words.turns} aria-orientation="horizontal">
        {turns.map((card) => (
          <Thumbnail
            key={card.turn}
            card={card}
            blob={thumbs[card.turn] ?? null}
            label={words.turn(card.number, card.prompt)}
            selected={card.turn === current}
            reachable={card.turn === held}
            onPick={() => {
              setFocused(card.turn);
              desk.go(card.turn);
            }}
            onKey={key}
          />
        ))}
      </div>
    </div>
  );
}

interface ThumbnailProps {
  card: TurnCard;
  blob: Blob | null;
  label: string;
  selected: boolean;
  reachable: boolean;
  onPick: () => void;
  onKey: (event: KeyboardEvent) => void;
}

function Thumbnail({ card, blob, label, selected, reachable, onPick, onKey }: ThumbnailProps) {
  const url = useUrl(blob);
  return (
    <div
      role="option"
      class="pochade-thumb"
      aria-selected={selected}
      aria-label={label}
      title={label}
      tabIndex={reachable ? 0 : -1}
      data-turn={card.turn}
      data-root={card.parent === null ? "true" : undefined}
      onClick={onPick}
      onKeyDown={onKey}
    >
      {url ? <img src={url} alt="" draggable={false} /> : null}
      {card.count > 1 ? <span class="pochade-count">{card.count}</span> : null}
    </div>
  );
}

/** An address for a picture in memory, given back when it is no longer shown. */
export function useUrl(blob: Blob | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return setUrl(null);
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
