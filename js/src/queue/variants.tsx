// The pictures of one request side by side: they come one after another, and one of them is picked to go on from.

import "./queue.css";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { turnTo } from "../history/actions";
import { useUrl } from "../history/useurl";
import { Icon } from "../icons";
import type { State } from "../state";
import { type Grid, gridOf, showsGrid } from "../state/queue";
import type { Words } from "../words";
import { closeGrid, columnsFor, neighbour, want } from "./actions";

export { showsGrid };

export function VariantGrid({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const grid = gridOf(state);
  useMissing(desk, state, grid);
  return grid ? <Sheet words={words} desk={desk} grid={grid} /> : null;
}

function Sheet({ words, desk, grid }: { words: Words; desk: Desk; grid: Grid }) {
  const { pictures, turn } = grid;
  const count = pictures.length;
  const columns = columnsFor(count);
  const [at, goTo] = useState(Math.max(0, grid.picked));
  const panel = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const done = pictures.filter((picture) => picture !== null).length;

  useLayoutEffect(
    () => () => {
      // Where the focus was in here it goes on to the words: left on nothing, its keys would act on the notebook.
      const root = panel.current;
      const studio = root?.contains(document.activeElement) ? root.closest(".pochade") : null;
      const find = (what: string) => studio?.querySelector<HTMLElement>(what);
      (find("textarea:enabled") ?? find(".pochade-out button:enabled"))?.focus();
    },
    [],
  );

  const choose = (index: number) => {
    if (turn !== null) turnTo(desk, index);
  };
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const number = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
    const to = neighbour(event.key, at, count, columns);
    if (to !== null) {
      goTo(to);
      list.current?.querySelectorAll<HTMLElement>('[role="option"]')[to]?.focus();
    } else if (event.key === "Enter" || event.key === " ") choose(at);
    else if (number >= 0 && number < count) choose(number);
    else if (event.key === "Escape" && turn !== null) closeGrid(desk);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={panel} class="pochade-variants">
      <div class="pochade-variants-head">
        <span>{turn === null ? words.ready(done, count) : words.pickOne}</span>
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.closeGrid}
          title={words.closeGrid}
          onClick={() => closeGrid(desk)}
        >
          <Icon name="close" />
        </button>
      </div>
      <div
        ref={list}
        role="listbox"
        tabIndex={-1}
        aria-label={words.sideBySide(grid.prompt)}
        aria-orientation="horizontal"
        class="pochade-side-by-side"
        style={{
          "--pochade-columns": String(columns),
          "--pochade-shape": `${grid.width} / ${grid.height}`,
          "--pochade-spread": String((columns * grid.width) / (Math.ceil(count / columns) * grid.height)),
        }}
        onKeyDown={key}
      >
        {pictures.map((picture, index) => (
          <Cell
            key={index}
            words={words}
            grid={grid}
            index={index}
            picture={picture}
            reached={index === at}
            onReach={() => goTo(index)}
            onChoose={() => choose(index)}
          />
        ))}
      </div>
    </div>
  );
}

interface CellProps {
  words: Words;
  grid: Grid;
  index: number;
  picture: Blob | null;
  reached: boolean;
  onReach: () => void;
  onChoose: () => void;
}

function Cell({ words, grid, index, picture, reached, onReach, onChoose }: CellProps) {
  const coming = grid.coming?.index === index;
  const url = useUrl(picture ?? (coming ? (grid.coming?.picture ?? null) : null));
  const count = grid.pictures.length;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
    <div
      role="option"
      tabIndex={reached ? 0 : -1}
      aria-selected={index === grid.picked}
      aria-disabled={grid.turn === null}
      aria-label={picture ? words.variant(index + 1, count) : words.toCome(index + 1, count)}
      class="pochade-variant"
      data-coming={coming ? "true" : undefined}
      onFocus={onReach}
      onClick={onChoose}
    >
      {url ? <img src={url} alt="" draggable={false} /> : null}
      {grid.turn !== null && index < 9 ? <kbd>{index + 1}</kbd> : null}
    </div>
  );
}

/** Asks once for what a made turn's sheet still lacks; again only after the line was gone. */
function useMissing(desk: Desk, state: State, grid: Grid | null): void {
  const asked = useRef(new Set<string>());
  const turn = grid?.turn ?? null;
  const live = state.connection === "live";
  const missing = grid && turn !== null ? grid.pictures.flatMap((picture, at) => (picture ? [] : [at])) : [];
  const wanted = missing.join(" ");
  useEffect(() => {
    if (!live) {
      asked.current.clear();
      return;
    }
    if (turn === null) return;
    const fresh = missing.filter((index) => !asked.current.has(`${turn}:${index}`));
    for (const index of fresh) asked.current.add(`${turn}:${index}`);
    want(desk, turn, fresh);
  }, [turn, wanted, live]);
}
