// What sending a prompt means, when it can be sent, and what the commands do.

import { encodeGrey } from "../canvas/grey";
import type { Desk } from "../desk";
import type { Reference } from "../protocol";
import { tune } from "../settings/actions";
import type { State } from "../state";
import { type Attachment, changes } from "../state/prompt";
import type { Words } from "../words";
import { commandsFor, interpret } from "./commands";

export { attachFiles, attachTurn } from "./attaching";

/** Why a prompt cannot be sent now; null where it can. */
export type Blocked = "words" | "session" | "pictures" | "failed" | "sending";

export function blocked(state: State): Blocked | null {
  const { session, connection, attachments, questions, draft } = state;
  if (connection !== "live" || session === null || session.closed || !session.writable) return "session";
  if (state.sending) return "sending";
  if (questions.length > 0 || attachments.some((one) => one.state === "sending")) return "pictures";
  if (attachments.some((one) => one.state === "failed")) return "failed";
  return draft.trim() === "" ? "words" : null;
}

/** What the next prompt will do. */
export type Effect = "new" | "changes" | "masked" | "extends";

export function effectOf(state: State, painted: number): Effect {
  if (!changes(state)) return "new";
  if (state.extend?.some((margin) => margin > 0)) return "extends";
  return painted > 0 ? "masked" : "changes";
}

/** The number by which a prompt means the first of the references. */
export function firstNumber(state: Pick<State, "source" | "current">): number {
  return changes(state) ? 2 : 1;
}

export function setDraft(desk: Desk, draft: string): void {
  desk.store.dispatch({ type: "draft", draft });
}

/** Sends what is written, or these words, with the mask and the pictures that go with it. */
export async function send(desk: Desk, words: string = desk.state.draft): Promise<void> {
  const prompt = words.trim();
  const { state } = desk;
  if (blocked({ ...state, draft: prompt }) !== null) return;
  const changing = changes(state);
  const extend = changing && effectOf(state, 0) === "extends" ? state.extend : null;
  const mask = changing && !extend && desk.mask !== null && desk.mask.painted > 0 ? desk.mask : null;
  desk.store.dispatch({ type: "sending", sending: true });
  try {
    const png = mask && (await encodeGrey(mask.data, mask.width, mask.height));
    const seq = desk.send({
      kind: "ask",
      prompt,
      base: state.source ? null : state.current,
      index: state.index,
      source: state.source?.upload ?? null,
      mask: png && desk.upload(png),
      extend: extend && [...extend],
      references: state.attachments.map(referenceOf),
    });
    desk.store.dispatch({ type: "asked", seq, prompt });
  } finally {
    desk.store.dispatch({ type: "sending", sending: false });
  }
}

function referenceOf({ upload, turn, index }: Attachment): Reference {
  return turn === null ? { upload, turn: null, index: 0 } : { upload: null, turn, index };
}

/** The next prompt makes a new picture. */
export function startNew(desk: Desk): void {
  desk.store.dispatch({ type: "source", source: null });
  if (desk.state.current === null) return;
  desk.send({ kind: "go", turn: null, index: null });
  desk.store.dispatch({ type: "went", turn: null });
}

/** Carries out what begins with "/"; returns why not, or null. */
export function command(desk: Desk, text: string, words: Words): string | null {
  const { abilities, settings } = desk.state;
  const outcome = interpret(text, { commands: commandsFor(abilities), abilities, settings, words });
  if (outcome.wrong !== null) return outcome.wrong;
  for (const [name, value] of outcome.changes) tune(desk, name, value);
  if (outcome.deed === "new") startNew(desk);
  if (outcome.deed === "undo") desk.send({ kind: "step", direction: "back" });
  if (outcome.deed === "redo") desk.send({ kind: "step", direction: "forward" });
  setDraft(desk, outcome.draft);
  return null;
}
