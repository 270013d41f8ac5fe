// What a click in the history does: each a plain function of the desk. Nothing is invented here: a turn is starred or
// gone when the kernel says so.

import type { Desk } from "../desk";
import type { TwigCard } from "../protocol";
import { pictureKey, twigOf } from "../state/turns";

/** Goes on from a turn, or with null makes the next picture afresh. The view moves at once; the kernel has the word. */
export async function go(desk: Desk, turn: string | null, index: number | null = null): Promise<void> {
  // a turn that a search found may be older than those that are here
  if (turn !== null && !twigOf(desk.state, turn) && !(await reach(desk, turn))) return;
  // the current turn too is gone to, where an attached photo has taken its place
  if (turn === desk.state.current && index === null && desk.state.source === null) return;
  desk.store.dispatch({ type: "went", turn });
  if (index !== null) desk.store.dispatch({ type: "index", index });
  if (!desk.state.session?.closed) desk.send({ kind: "go", turn, index });
  show(desk, turn, desk.state.index);
}

/** Shows another picture of the current turn, which cells then go on from too. */
export function turnTo(desk: Desk, index: number): void {
  const { twig } = desk;
  if (!twig || index < 0 || index >= twig.count) return;
  desk.store.dispatch({ type: "index", index });
  // who may only look picks nothing, but sees every picture
  if (desk.able) desk.send({ kind: "go", turn: twig.turn, index });
  show(desk, twig.turn, index);
}

/** The session tells of a move, but a view that may only look moves alone: it asks for the picture itself. A closed
 *  session could only refuse, and say that it is nowhere. */
function show(desk: Desk, turn: string | null, index: number): void {
  if (turn === null || desk.state.session?.closed || desk.state.pictures[pictureKey(turn, index)]) return;
  desk.send({ kind: "show", turn, index });
}

export function step(desk: Desk, direction: "back" | "forward"): void {
  desk.send({ kind: "step", direction });
}

export function star(desk: Desk, turn: string, starred: boolean): void {
  desk.send({ kind: "star", turn, starred });
}

export function remove(desk: Desk, twig: TwigCard): void {
  desk.store.dispatch({ type: "deleting", twig });
  desk.send({ kind: "delete", turn: twig.turn });
}

export function restore(desk: Desk, turn: string): void {
  desk.send({ kind: "restore", turn });
}

export function again(desk: Desk, turn: string, fresh: boolean): void {
  desk.send({ kind: "again", turn, fresh });
}

/** Asks for the page of turns before those that are here. */
export async function earlier(desk: Desk): Promise<void> {
  const before = desk.state.turns[0]?.number;
  if (before === undefined || desk.state.turns.length >= desk.state.total) return;
  await desk.ask({ kind: "earlier", before }, "page").catch((error: Error) => {
    desk.store.dispatch({ type: "trouble", message: error.message });
  });
}

/** Fetches pages until a turn is here; false where it is not among them. */
export async function reach(desk: Desk, turn: string): Promise<boolean> {
  for (;;) {
    const { turns, total } = desk.state;
    if (twigOf(desk.state, turn)) return true;
    if (turns.length >= total) return false;
    await earlier(desk);
    if (desk.state.turns.length === turns.length) return false;
  }
}

/** Asks for thumbnails; ends with the turns of those that came, none where the session is closed. */
export async function thumbs(desk: Desk, turns: string[]): Promise<readonly string[]> {
  if (desk.state.session?.closed) return [];
  const { message } = await desk.ask({ kind: "thumbs", turns }, "pictures");
  return message.pictures.map((picture) => picture.turn);
}
