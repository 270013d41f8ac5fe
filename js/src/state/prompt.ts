// What is being written and what was sent: the draft, the pictures that go with it, and prompts that wait for an answer.

import type { Told } from "../prompt/judging";
import type { Action, State } from "./index";

/** A picture that goes with the next prompt: a file on its way to the kernel, or a picture of a turn. */
export interface Attachment {
  key: number;
  name: string;
  state: "sending" | "ready" | "failed";
  /** The share of it that the kernel has. */
  progress: number;
  /** Why it failed. */
  trouble: string | null;
  upload: number | null;
  turn: string | null;
  index: number;
  /** The file as it is sent; null for a turn's picture. */
  blob: Blob | null;
  thumb: Blob | null;
  width: number;
  height: number;
}

/** An attached picture that is to be changed; it takes the place of the current turn's. */
export interface Source {
  key: number;
  name: string;
  upload: number;
  blob: Blob;
  thumb: Blob | null;
  width: number;
  height: number;
}

interface Sent {
  seq: number;
  prompt: string;
  attachments: readonly Attachment[];
}

/** A picture that is larger than a model needs: the person says whether it may be made smaller. */
export interface Question {
  key: number;
  file: File;
  width: number;
  height: number;
  to: readonly [number, number];
}

export interface PromptState {
  draft: string;
  /** Prompts sent from here that have not come to an end: one that comes to nothing goes back to its box. */
  sent: readonly Sent[];
  /** Every prompt sent from here, and every draft that another text took the place of, oldest first. */
  said: readonly string[];
  /** Something is on its way out, such as a mask that is being encoded: a second press must not send twice. */
  sending: boolean;
  attachments: readonly Attachment[];
  source: Source | null;
  questions: readonly Question[];
  /** What has to be said of files that were not taken. */
  told: readonly Told[];
  /** Why the command in the box was not carried out. */
  refused: string | null;
  hints: {
    prompt: string;
    unknown: readonly string[];
    /** For each unknown word the known ones that come nearest. */
    nearest: readonly (readonly string[])[];
    cannot: readonly string[];
  } | null;
}

export type PromptAction =
  | { type: "asked"; seq: number; prompt: string; attachments?: readonly Attachment[] }
  | { type: "refused"; why: string | null }
  | { type: "set aside"; prompt: string }
  | { type: "draft"; draft: string }
  | { type: "sending"; sending: boolean }
  | { type: "attach"; attachment: Attachment }
  | { type: "attachment"; key: number; change: Partial<Attachment> }
  | { type: "shift"; key: number; by: number }
  | { type: "unattach"; key: number }
  | { type: "source"; source: Source | null }
  | { type: "question"; question: Question }
  | { type: "answered"; key: number }
  | { type: "told"; told: readonly Told[] };

export const initialPrompt: PromptState = {
  draft: "",
  sent: [],
  said: [],
  sending: false,
  attachments: [],
  source: null,
  questions: [],
  told: [],
  refused: null,
  hints: null,
};

const KEPT_SAID = 200;

export function reducePrompt(state: State, action: Action): Partial<PromptState> | null {
  switch (action.type) {
    case "asked": {
      const { seq, prompt, attachments = [] } = action;
      const gone = new Set(attachments.map(({ key }) => key));
      return {
        sent: [...state.sent, { seq, prompt, attachments }],
        said: withSaid(state.said, prompt),
        draft: state.draft.trim() === prompt ? "" : state.draft, // an example may be sent while something is written
        attachments: state.attachments.filter(({ key }) => !gone.has(key)), // one may have come since
        told: [],
        refused: null,
        hints: null,
      };
    }
    case "draft":
      return { draft: action.draft, refused: null, ...(action.draft.trim() === "" ? { hints: null } : {}) };
    case "refused":
      return { refused: action.why };
    case "set aside":
      return action.prompt.trim() === "" ? null : { said: withSaid(state.said, action.prompt) };
    case "sending":
      return { sending: action.sending };
    case "attach":
      return { attachments: [...state.attachments, action.attachment] };
    case "attachment":
      return {
        attachments: state.attachments.map((one) => (one.key === action.key ? { ...one, ...action.change } : one)),
      };
    case "shift":
      return { attachments: shifted(state.attachments, action.key, action.by) };
    case "unattach":
      return { attachments: state.attachments.filter(({ key }) => key !== action.key) };
    case "source":
      return { source: action.source };
    case "question":
      return { questions: [...state.questions, action.question] };
    case "answered":
      return { questions: state.questions.filter(({ key }) => key !== action.key) };
    case "told":
      return { told: action.told };
    case "went":
      return { source: null };
    case "heard":
      return hear(state, action);
    default:
      return null;
  }
}

function hear(state: State, { message }: Action & { type: "heard" }): Partial<PromptState> | null {
  switch (message.kind) {
    case "moved": // the conversation is at a turn now: what comes next changes that
      return state.source && message.current !== state.current ? { source: null } : null;
    case "checked":
      return message.prompt === state.draft.trim() ? { hints: message } : null;
    case "ended": {
      const ours = state.sent.find((sent) => sent.prompt === message.prompt);
      return ours ? over(state, ours, message.state !== "done") : null;
    }
    case "trouble": {
      // another job's news may have come in between, so what was refused is known by its number alone
      const refused = state.sent.find((sent) => sent.seq === message.seq);
      return refused ? over(state, refused, true) : null;
    }
    default:
      return null;
  }
}

function withSaid(said: readonly string[], prompt: string): readonly string[] {
  return [...said.filter((one) => one !== prompt), prompt].slice(-KEPT_SAID);
}

/** What came to nothing goes back to its box, unless something new was begun there. */
function over(state: State, sent: Sent, lost: boolean): Partial<PromptState> {
  const rest = { sent: state.sent.filter((one) => one !== sent) };
  if (!lost || state.draft !== "") return rest;
  return { ...rest, draft: sent.prompt, attachments: state.attachments.length ? state.attachments : sent.attachments };
}

function shifted(all: readonly Attachment[], key: number, by: number): readonly Attachment[] {
  const from = all.findIndex((one) => one.key === key);
  const moving = all[from];
  if (!moving) return all;
  const rest = all.filter((one) => one !== moving);
  const to = Math.max(0, Math.min(rest.length, from + by));
  return [...rest.slice(0, to), moving, ...rest.slice(to)];
}

/** Whether the next prompt changes a picture. The changed one is image 1, and references follow it. */
export function changes(state: Pick<State, "source" | "current">): boolean {
  return state.source !== null || state.current !== null;
}

/** The uploads that something here still stands for. */
export function heldUploads(state: Pick<State, "attachments" | "source" | "sent">): Set<number> {
  const all = [...state.attachments, ...state.sent.flatMap((sent) => sent.attachments)];
  const held = new Set(all.flatMap(({ upload }) => (upload === null ? [] : [upload])));
  if (state.source) held.add(state.source.upload);
  return held;
}

/** How much of a prompt the tree of turns knows. */
export const CUT = 200;

export interface Spoken {
  prompt: string;
  /** The turn that it made, where its card may have more of it. */
  turn: string | null;
}

/** Whether the tree of turns has this prompt, or the beginning of it that it knows. */
function isOf(known: string, prompt: string): boolean {
  return known === prompt || (known.length >= CUT && prompt.startsWith(known));
}

/** The prompts of the session, newest first, each once: those said here and those of its turns. */
export function spoken(state: Pick<State, "said" | "turns" | "cards">): Spoken[] {
  const turns = state.turns.map(({ turn, prompt }) => ({ prompt: state.cards[turn]?.prompt ?? prompt, turn }));
  const unknown = state.said.filter((prompt) => !turns.some((one) => isOf(one.prompt, prompt)));
  const all: Spoken[] = [...turns, ...unknown.map((prompt) => ({ prompt, turn: null }))].reverse();
  const whole = all.map((one) => {
    const said = one.prompt.length < CUT ? undefined : state.said.find((prompt) => prompt.startsWith(one.prompt));
    return said === undefined ? one : { ...one, prompt: said };
  });
  return [...new Map(whole.map((one) => [one.prompt, one])).values()];
}
