// What is known about the turn on the canvas: its words, its numbers, its notes, and what can be done with it.

import type { Comparing } from "../compare/compareview";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import { OutMenu } from "../out/out";
import { attachTurn } from "../prompt/actions";
import type { TurnCard, TwigCard } from "../protocol";
import { openGrid } from "../queue/actions";
import { adopt } from "../settings/actions";
import type { State } from "../state";
import { twigOf } from "../state/turns";
import { Menu, type MenuItem } from "../ui/popover";
import type { Words } from "../words";
import { again, remove, star, turnTo } from "./actions";
import { factsOf } from "./facts";
import "./history.css";

interface DetailsProps {
  words: Words;
  desk: Desk;
  state: State;
  onCompare: (comparing: Comparing) => void;
}

export function TurnDetails(props: DetailsProps) {
  const { words, desk, state } = props;
  const twig = twigOf(state, state.current);
  if (!twig) return null;
  const card = state.cards[twig.turn] ?? null;
  return (
    <div class="pochade-details">
      <p class="pochade-said" dir="auto">
        {card?.prompt ?? twig.prompt}
      </p>
      {card ? <Known words={words} card={card} /> : null}
      <div class="pochade-actions">
        <Actions {...props} twig={twig} />
        {twig.count > 1 ? <Pager words={words} desk={desk} twig={twig} index={state.index} /> : null}
      </div>
    </div>
  );
}

function Known({ words, card }: { words: Words; card: TurnCard }) {
  return (
    <>
      {card.rewritten ? (
        <details class="pochade-rewritten">
          <summary>{words.rewritten}</summary>
          <p dir="auto">{card.rewritten}</p>
        </details>
      ) : null}
      <p class="pochade-facts">
        {factsOf(words, card).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {card.notes.length > 0 ? (
        <ul class="pochade-notes" aria-label={words.notes}>
          {card.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

function Actions({ words, desk, state, onCompare, twig }: DetailsProps & { twig: TwigCard }) {
  const { turn } = twig;
  const card = state.cards[turn];
  const { able } = desk;
  const here = { turn, index: state.index };
  const parent = twigOf(state, twig.parent);
  const other = parent ?? [...state.turns].reverse().find((one) => one !== twig);
  const items: MenuItem[] = [
    { label: words.useSettings, disabled: !able, onSelect: () => void adopt(desk, turn) },
    { label: words.useReference, disabled: !able, onSelect: () => void attachTurn(desk, turn, state.index) },
  ];
  if (other || twig.count > 1) {
    const left = other ? { turn: other.turn, index: other.picked } : { turn, index: here.index === 0 ? 1 : 0 };
    items.push({ label: words.compareWith, onSelect: () => onCompare({ left, right: here }) });
  }
  items.push({ label: words.deleteTurn, disabled: !able, onSelect: () => remove(desk, twig) });
  return (
    <div class="pochade-row">
      <Tool
        icon="star"
        label={twig.starred ? words.unstar : words.star}
        pressed={twig.starred}
        disabled={!able}
        onClick={() => star(desk, turn, !twig.starred)}
      />
      <Tool icon="again" label={words.sameAgain} disabled={!able} onClick={() => again(desk, turn, false)} />
      <Tool icon="dice" label={words.sameFresh} disabled={!able} onClick={() => again(desk, turn, true)} />
      {parent ? (
        <Tool
          icon="compare"
          label={words.compareParent}
          onClick={() => onCompare({ left: { turn: parent.turn, index: parent.picked }, right: here })}
        />
      ) : null}
      {card ? <OutMenu words={words} desk={desk} turn={card} index={state.index} /> : null}
      <Menu label={words.moreActions} face={<Icon name="more" />} items={items} />
    </div>
  );
}

interface ToolProps {
  icon: Parameters<typeof Icon>[0]["name"];
  label: string;
  pressed?: boolean;
  disabled?: boolean;
  /** Nothing more that way: it does nothing, and keeps the focus, so that the keys do not act on the notebook. */
  end?: boolean;
  onClick: () => void;
}

/** A button that shows only a pictogram. One that is pressed has its own name for the way back. */
function Tool({ icon, label, pressed = false, disabled = false, end, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class="pochade-tool"
      aria-label={label}
      title={label}
      data-on={pressed || undefined}
      disabled={disabled}
      aria-disabled={end}
      onClick={() => end || onClick()}
    >
      <Icon name={icon} />
    </button>
  );
}

function Pager({ words, desk, twig, index }: { words: Words; desk: Desk; twig: TwigCard; index: number }) {
  const { turn, count } = twig;
  return (
    <div class="pochade-pager">
      <Tool icon="grid" label={words.showGrid} onClick={() => openGrid(desk, turn)} />
      <Tool icon="left" label={words.previousPicture} end={index === 0} onClick={() => turnTo(desk, index - 1)} />
      <span>{words.ofCount(index + 1, count)}</span>
      <Tool icon="right" label={words.nextPicture} end={index === count - 1} onClick={() => turnTo(desk, index + 1)} />
    </div>
  );
}
