// The turns as a view knows them: the tree with a little of each, all of those that were looked at, and their pictures.

import type { Offer, Picture, TurnCard, TwigCard } from "../protocol";
import type { Action, State } from "./index";

export interface TurnsState {
  /** Oldest first; the newest are always there, older ones when they were asked for. */
  turns: readonly TwigCard[];
  total: number;
  cards: Readonly<Record<string, TurnCard>>;
  current: string | null;
  /** Which of the current turn's pictures is shown. */
  index: number;
  thumbs: Readonly<Record<string, Blob>>;
  pictures: Readonly<Record<string, Blob>>;
  /** The notebook's session before this one, while this one is empty. */
  offer: { card: Offer; picture: Blob | null } | null;
  /** A turn that was asked to be deleted from here, and the one whose deletion can be undone. */
  deleting: TwigCard | null;
  deleted: TwigCard | null;
}

export type TurnsAction =
  | { type: "went"; turn: string | null }
  | { type: "index"; index: number }
  | { type: "deleting"; twig: TwigCard }
  | { type: "settled" };

export const initialTurns: TurnsState = {
  turns: [],
  total: 0,
  cards: {},
  current: null,
  index: 0,
  thumbs: {},
  pictures: {},
  offer: null,
  deleting: null,
  deleted: null,
};

/** How many whole pictures and thumbnails are kept; the kernel sends one again when it is asked for. */
const KEPT_PICTURES = 20; // more than one turn can have
const KEPT_THUMBS = 400;

export function pictureKey(turn: string, index: number): string {
  return `${turn}:${index}`;
}

export function reduceTurns(state: State, action: Action): Partial<TurnsState> | null {
  switch (action.type) {
    case "went":
      return { current: action.turn, index: picked(state, action.turn), deleted: null };
    case "index":
      return { index: action.index };
    case "deleting":
      return { deleting: action.twig, deleted: null };
    case "settled":
    case "asked":
      return state.deleted ? { deleted: null } : null;
    case "heard":
      return hear(state, action);
    default:
      return null;
  }
}

function hear(state: State, { message, blobs }: Action & { type: "heard" }): Partial<TurnsState> | null {
  switch (message.kind) {
    case "snapshot":
      // A closed session has let go of its file: a view that still has its turns keeps them.
      if (message.session.closed && state.turns.length > 0) return null;
      return {
        ...withPictures(state, message.pictures, blobs),
        turns: message.turns,
        total: message.total,
        cards: message.card ? { ...state.cards, [message.card.turn]: message.card } : state.cards,
        current: message.current,
        index: message.index,
        offer: message.total === 0 ? state.offer : null,
      };
    case "offer":
      return { offer: { card: message, picture: blobs[0] ?? null } };
    case "made":
      return {
        ...withPictures(state, message.pictures, blobs),
        turns: merge(state.turns, [message.twig]),
        cards: { ...state.cards, [message.card.turn]: message.card },
        total: message.total,
        offer: null,
      };
    case "page":
      return { turns: merge(state.turns, message.turns), total: message.total };
    case "changed": {
      const gone = new Set(message.gone);
      const { deleting, deleted } = state;
      const back = message.turns.some((twig) => twig.turn === deleted?.turn);
      return {
        turns: merge(state.turns, within(state, message.turns)).filter((twig) => !gone.has(twig.turn)),
        total: message.total,
        ...(deleting && gone.has(deleting.turn)
          ? { deleting: null, deleted: deleting }
          : back
            ? { deleted: null }
            : {}),
      };
    }
    case "pictures":
      return {
        ...withPictures(state, message.pictures, blobs),
        ...(message.card ? { cards: { ...state.cards, [message.card.turn]: message.card } } : {}),
      };
    case "moved":
      return {
        ...withPictures(state, message.pictures, blobs),
        ...(message.card ? { cards: { ...state.cards, [message.card.turn]: message.card } } : {}),
        current: message.current,
        index: message.index,
        turns: withPicked(state.turns, message.current, message.index),
      };
    default:
      return null;
  }
}

export function twigOf(state: State, turn: string | null): TwigCard | null {
  return state.turns.find((twig) => twig.turn === turn) ?? null;
}

/** Which picture of a turn the session goes on from, as far as is known. */
function picked(state: State, turn: string | null): number {
  return twigOf(state, turn)?.picked ?? 0;
}

/** The same list where nothing changes, so that nobody lays a thousand turns out again for nothing. */
function withPicked(turns: readonly TwigCard[], turn: string | null, index: number): readonly TwigCard[] {
  const known = turns.find((twig) => twig.turn === turn);
  if (!known || known.picked === index) return turns;
  return turns.map((twig) => (twig === known ? { ...twig, picked: index } : twig));
}

/** Turns older than those that are here would leave a gap between: they come with their page. */
function within(state: State, more: readonly TwigCard[]): readonly TwigCard[] {
  const oldest = state.turns[0]?.number;
  if (oldest === undefined || state.turns.length >= state.total) return more;
  return more.filter((twig) => twig.number >= oldest);
}

function merge(turns: readonly TwigCard[], more: readonly TwigCard[]): TwigCard[] {
  const known = new Map([...turns, ...more].map((twig) => [twig.turn, twig]));
  return [...known.values()].sort((a, b) => a.number - b.number);
}

function withPictures(
  state: State,
  pictures: readonly Picture[],
  blobs: readonly Blob[],
): Pick<TurnsState, "thumbs" | "pictures"> {
  const thumbs = { ...state.thumbs };
  const whole = { ...state.pictures };
  pictures.forEach((picture, at) => {
    const blob = blobs[at];
    if (!blob) return;
    const [kept, key] = picture.thumb ? [thumbs, picture.turn] : [whole, pictureKey(picture.turn, picture.index)];
    delete kept[key]; // put last, as the most recent
    kept[key] = blob;
  });
  forget(whole, KEPT_PICTURES, pictureKey(state.current ?? "", state.index));
  forget(thumbs, KEPT_THUMBS);
  return { thumbs, pictures: whole };
}

/** Lets go of the oldest ones, but never of the one that is on the canvas. */
function forget(kept: Record<string, Blob>, most: number, shown = ""): void {
  const keys = Object.keys(kept).filter((key) => key !== shown);
  for (const key of keys.slice(0, Math.max(0, keys.length - most))) delete kept[key];
}
