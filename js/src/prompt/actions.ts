// What sending a prompt means, when it can be sent, and what the commands do.

import { encodeGrey } from "../canvas/grey";
import type { Desk } from "../desk";
import type { Reference } from "../protocol";
import { tune } from "../settings/actions";
import type { State } from "../state";
import { type Attachment, CUT, changes } from "../state/prompt";
import type { Words } from "../words";
import { type Command, commandsFor, interpret, isCommand } from "./commands";

export { attachTurn } from "./attaching";

/** Why a prompt cannot be sent now; null where it can. */
type Blocked = "words" | "session" | "pictures" | "failed" | "sending";

export function blocked(state: State): Blocked | null {
  const { session, connection, attachments, questions, draft } = state;
  if (connection !== "live" || session === null || session.closed || !session.writable) return "session";
  if (state.sending) return "sending";
  if (questions.length > 0 || attachments.some((one) => one.state === "sending")) return "pictures";
  if (attachments.some((one) => one.state === "failed")) return "failed";
  return draft.trim() === "" ? "words" : null;
}

/** What the next prompt will do. */
type Effect = "new" | "changes" | "masked" | "extends";

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

/** Takes an earlier prompt up; what stood in the box is then found among the earlier ones itself. */
export async function takeUp(desk: Desk, prompt: string, turn: string | null): Promise<void> {
  const { draft } = desk.state;
  const text = await whole(desk, prompt, turn);
  if (desk.state.draft !== draft) return; // somebody went on writing meanwhile
  setAside(desk, draft);
  setDraft(desk, text);
}

/** Keeps a text that is not sent where earlier prompts are found. */
export function setAside(desk: Desk, prompt: string): void {
  desk.store.dispatch({ type: "set aside", prompt });
}

/** The tree of turns has only the beginning of a long prompt; the rest comes with the turn's card. */
async function whole(desk: Desk, prompt: string, turn: string | null): Promise<string> {
  if (turn === null || prompt.length < CUT || desk.state.cards[turn]) return prompt;
  const answer = await desk.ask({ kind: "show", turn, index: 0 }, "pictures").catch(() => null);
  return answer?.message.card?.prompt ?? prompt;
}

/** The commands that there are; without a session "/" is a character like others. */
export function commandsOf({ session, settings, abilities }: State): Command[] {
  return settings !== null && session?.model ? commandsFor(abilities) : [];
}

/** Does what is written: a command is carried out, anything else is sent. */
export function submit(desk: Desk, words: Words = desk.words): void {
  const { state } = desk;
  if (!desk.able) return;
  if (isCommand(state.draft) && commandsOf(state).length > 0) command(desk, state.draft, words);
  else void send(desk);
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
    const png = mask && (await encodeGrey(mask.data, mask.width, mask.height).catch(() => null));
    if (mask && !png) {
      desk.store.dispatch({ type: "trouble", message: desk.words.maskNotSent });
      return;
    }
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
    desk.store.dispatch({ type: "asked", seq, prompt, attachments: state.attachments });
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

/** Carries out what begins with "/", or has it said why not. */
export function command(desk: Desk, text: string, words: Words): void {
  const { abilities, settings } = desk.state;
  const outcome = interpret(text, { commands: commandsFor(abilities), abilities, settings, words });
  if (outcome.wrong !== null) {
    desk.store.dispatch({ type: "refused", why: outcome.wrong });
    return;
  }
  for (const [name, value] of outcome.changes) tune(desk, name, value);
  if (outcome.deed === "new") startNew(desk);
  if (outcome.deed === "undo") desk.send({ kind: "step", direction: "back" });
  if (outcome.deed === "redo") desk.send({ kind: "step", direction: "forward" });
  setDraft(desk, outcome.draft);
}
