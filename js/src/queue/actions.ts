// What a person does with work under way: stop it, give it another place, ask once more, pick from what came of it.

import type { Desk } from "../desk";
import { twigOf } from "../state/turns";

/** Stops a job that runs, or takes one that waits out of the queue. */
export function stop(desk: Desk, job: string): void {
  if (desk.state.stopping.includes(job)) return;
  desk.store.dispatch({ type: "stopping", job });
  desk.send({ kind: "stop", job });
}

/** Stops what is being made now; whether there was anything. */
export function stopRunning(desk: Desk): boolean {
  const running = desk.state.jobs[0];
  if (!running) return false;
  stop(desk, running.job);
  return true;
}

/** Gives a job that waits another place; 0 is begun next. */
export function move(desk: Desk, job: string, place: number): void {
  desk.send({ kind: "move", job, place });
}

/** Asks once more for what failed, changed as one of its remedies says. */
export function mend(desk: Desk, job: string, remedy: number): void {
  desk.send({ kind: "mend", job, remedy });
  forgive(desk, job);
}

export function forgive(desk: Desk, job: string): void {
  desk.store.dispatch({ type: "forgive", job });
}

/** Lays the pictures of a turn out side by side; of a turn with one picture there is nothing to lay out. */
export function openGrid(desk: Desk, turn: string): void {
  const count = twigOf(desk.state, turn)?.count ?? 1;
  if (count < 2) return;
  desk.store.dispatch({ type: "sheet", turn, count });
}

export function closeGrid(desk: Desk): void {
  desk.store.dispatch({ type: "unsheet" });
}

/** Asks for those pictures of a turn that are not here yet. */
export function want(desk: Desk, turn: string, indices: readonly number[]): void {
  for (const index of indices) desk.send({ kind: "show", turn, index });
}

/** Where the arrow keys lead in a grid; the same place where there is nothing in that direction. */
export function neighbour(key: string, at: number, count: number, columns: number): number | null {
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns }[key];
  if (to !== undefined) return to >= 0 && to < count ? to : at;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}

/** As near to a square as it goes. */
export function columnsFor(count: number): number {
  return Math.ceil(Math.sqrt(count));
}
