// What the row and the tree of turns take, and what a key does in either.

import type { TwigCard } from "../protocol";
import type { MenuItem } from "../ui/popover";
import type { Words } from "../words";

export interface TurnsProps {
  words: Words;
  /** Oldest first. */
  turns: readonly TwigCard[];
  current: string | null;
  thumbs: Readonly<Record<string, Blob>>;
  onPick(turn: string): void;
  /** Those in sight that have no thumbnail. */
  onWant(turns: readonly string[]): void;
  /** The second one of a comparison. */
  onMark?(turn: string): void;
  onDelete?(turn: string): void;
  menu?(twig: TwigCard): readonly MenuItem[];
  /** How many older ones are not here. */
  left?: number;
  onEarlier?(): void;
}

/** Carries out a key that does something with the turn that has the focus; false where it is another key. */
export function act(props: TurnsProps, turn: string, { key, shiftKey }: { key: string; shiftKey: boolean }): boolean {
  if (key === "Enter" && shiftKey && props.onMark) props.onMark(turn);
  else if (key === "Enter" || key === " ") props.onPick(turn);
  else if (key === "Delete" && props.onDelete) props.onDelete(turn);
  else return false;
  return true;
}
