// The turns below the desk: at rest a row, opened the whole tree or a search. Branches, stars and what is deleted are
// the kernel's; here is only what one view has open.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Comparing } from "../compare/compareview";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { TwigCard } from "../protocol";
import type { State } from "../state";
import { twigOf } from "../state/turns";
import type { MenuItem } from "../ui/popover";
import type { Words } from "../words";
import { again, earlier, go, reach, remove, star, thumbs } from "./actions";
import { Deleted } from "./deleted";
import { TurnRow } from "./row";
import { Search } from "./search";
import { TurnTree } from "./tree";
import type { TurnsProps } from "./turns";
import { Wanted } from "./wanted";
import "./history.css";

/** How many turns the tree fetches by itself when it is opened; older ones come at a click. */
const AT_ONCE = 1000;

interface HistoryProps {
  words: Words;
  desk: Desk;
  state: State;
  onCompare: (comparing: Comparing) => void;
}

export function History({ words, desk, state, onCompare }: HistoryProps) {
  const [tree, showTree] = useState(false);
  const [searching, search] = useState(false);
  const wanted = useMemo(() => new Wanted((turns) => thumbs(desk, turns)), [desk]);
  useEffect(() => () => wanted.stop(), [wanted]);
  const { turns, total, current } = state;

  useEffect(() => {
    if (tree && turns.length < Math.min(total, AT_ONCE)) void earlier(desk);
  }, [desk, tree, turns.length]);
  // a cell may go to a turn that is older than those that are here
  const lost = current !== null && turns.length > 0 && turns.length < total && !twigOf(state, current);
  useEffect(() => {
    if (lost && current !== null) void reach(desk, current);
  }, [desk, lost, current]);

  const finder = useRef<HTMLButtonElement>(null);
  const left = useRef(false);
  useEffect(() => {
    if (!searching && left.current) finder.current?.focus({ preventScroll: true });
    left.current = false;
  }, [searching]);
  const leave = () => {
    left.current = true;
    search(false);
  };

  const mark = (turn: string) => {
    const [here, there] = [twigOf(state, current), twigOf(state, turn)];
    if (!here || !there) return;
    onCompare({ left: { turn, index: there.picked }, right: { turn: here.turn, index: state.index } });
  };
  const menu = (twig: TwigCard): MenuItem[] => {
    const disabled = !desk.able;
    const items: MenuItem[] = [];
    if (twig.turn !== current) {
      items.push({ label: words.goThere, hint: "Enter", onSelect: () => void go(desk, twig.turn) });
      if (current !== null) {
        items.push({ label: words.compareCurrent, hint: "Shift+Enter", onSelect: () => mark(twig.turn) });
      }
    }
    return [
      ...items,
      {
        label: twig.starred ? words.unstar : words.star,
        disabled,
        onSelect: () => star(desk, twig.turn, !twig.starred),
      },
      { label: words.sameAgain, disabled, onSelect: () => again(desk, twig.turn, false) },
      { label: words.sameFresh, disabled, onSelect: () => again(desk, twig.turn, true) },
      { label: words.deleteTurn, hint: "Delete", disabled, onSelect: () => remove(desk, twig) },
    ];
  };
  const props: TurnsProps = {
    words,
    turns,
    current,
    thumbs: state.thumbs,
    onPick: (turn) => void go(desk, turn),
    onWant: (lacking) => wanted.want(lacking),
    onMark: mark,
    onDelete: (turn) => {
      const twig = twigOf(state, turn);
      if (twig && desk.able) remove(desk, twig);
    },
    menu,
    left: total - turns.length,
    onEarlier: () => void earlier(desk),
  };

  if (total === 0 && !state.deleted) return null;
  return (
    <div class="pochade-history">
      <Deleted words={words} desk={desk} twig={state.deleted} />
      {total === 0 ? null : searching ? (
        <Search words={words} desk={desk} state={state} onWant={props.onWant} onClose={leave} />
      ) : (
        <div class="pochade-turns" data-open={tree || undefined}>
          {tree ? <TurnTree {...props} /> : <TurnRow {...props} />}
          <div class="pochade-history-tools">
            <button
              ref={finder}
              type="button"
              class="pochade-tool"
              aria-label={words.findTurns}
              title={words.findTurns}
              onClick={() => search(true)}
            >
              <Icon name="search" />
            </button>
            <button
              type="button"
              class="pochade-tool"
              aria-label={words.showTree}
              title={words.showTree}
              aria-expanded={tree}
              data-on={tree || undefined}
              onClick={() => showTree(!tree)}
            >
              <Icon name="tree" />
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
