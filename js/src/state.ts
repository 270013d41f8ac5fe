// What a Studio shows, as a function of what it has heard and done. Nothing here touches the page or the kernel, so
// every promise about the view's state can be tested without either.

import type { JobCard, Offer, Picture, SessionCard, ToBrowser, TurnCard } from "./protocol";

/** waking: not yet answered; live; silent: no answer for 3 s; gone: the page has lost the kernel it was made by. */
export type Connection = "waking" | "live" | "silent" | "gone";

export interface Sent {
  seq: number;
  prompt: string;
}

export interface State {
  connection: Connection;
  session: SessionCard | null;
  turns: readonly TurnCard[];
  total: number;
  current: string | null;
  /** Which of the current turn's pictures is shown. */
  index: number;
  job: JobCard | null;
  waiting: number;
  /** The message whose answer will say whether a prompt was taken. */
  asked: Sent | null;
  /** Prompts sent from here that have not come to an end: one that comes to nothing goes back to its box. */
  sent: readonly Sent[];
  stopping: string | null;
  preview: Blob | null;
  trouble: string | null;
  /** The notebook's session before this one, while this one is empty. */
  offer: { card: Offer; picture: Blob | null } | null;
  draft: string;
  thumbs: Readonly<Record<string, Blob>>;
  pictures: Readonly<Record<string, Blob>>;
}

export type Action =
  | { type: "heard"; message: ToBrowser; blobs: readonly Blob[] }
  | { type: "connection"; connection: Connection }
  | { type: "asked"; seq: number; prompt: string }
  | { type: "stopping"; job: string }
  | { type: "went"; turn: string | null }
  | { type: "index"; index: number }
  | { type: "draft"; draft: string }
  | { type: "trouble"; message: string | null };

export const initial: State = {
  connection: "waking",
  session: null,
  turns: [],
  total: 0,
  current: null,
  index: 0,
  job: null,
  waiting: 0,
  asked: null,
  sent: [],
  stopping: null,
  preview: null,
  trouble: null,
  offer: null,
  draft: "",
  thumbs: {},
  pictures: {},
};

/** How many whole pictures are kept; the kernel sends one again when it is asked for. */
const KEPT_PICTURES = 12;

export function pictureKey(turn: string, index: number): string {
  return `${turn}:${index}`;
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "heard":
      return hear(state, action.message, action.blobs);
    case "connection":
      return { ...state, connection: action.connection };
    case "asked":
      return {
        ...state,
        asked: { seq: action.seq, prompt: action.prompt },
        sent: [...state.sent, { seq: action.seq, prompt: action.prompt }],
        draft: "",
        trouble: null,
      };
    case "stopping":
      return { ...state, stopping: action.job };
    case "went":
      return { ...state, current: action.turn, index: picked(state, action.turn), trouble: null };
    case "index":
      return { ...state, index: action.index };
    case "draft":
      return { ...state, draft: action.draft };
    case "trouble":
      return { ...state, trouble: action.message };
  }
}

function hear(state: State, message: ToBrowser, blobs: readonly Blob[]): State {
  switch (message.kind) {
    case "snapshot":
      if (message.session.closed && state.turns.length > 0) {
        return { ...state, connection: "live", session: message.session, job: null, preview: null };
      }
      return {
        ...withPictures(state, message.pictures, blobs),
        connection: "live",
        session: message.session,
        turns: message.turns,
        total: message.total,
        offer: message.total === 0 ? state.offer : null,
        current: message.current,
        index: message.index,
        ...queue(state, message.job, message.waiting),
      };
    case "offer":
      return { ...state, offer: { card: message, picture: blobs[0] ?? null } };
    case "made":
      return {
        ...withPictures(state, message.pictures, blobs),
        turns: merge(state.turns, [message.card]),
        total: Math.max(state.total, message.total),
        offer: null,
      };
    case "page":
      return { ...withPictures(state, message.pictures, blobs), turns: merge(state.turns, message.turns) };
    case "pictures":
      return withPictures(state, message.pictures, blobs);
    case "moved":
      return {
        ...withPictures(state, message.pictures, blobs),
        current: message.current,
        index: message.index,
        turns: state.turns.map((card) => (card.turn === message.current ? { ...card, picked: message.index } : card)),
      };
    case "working":
      return { ...state, ...queue(state, message.job, message.waiting) };
    case "preview":
      return message.job === state.job?.job ? { ...state, preview: blobs[0] ?? null } : state;
    case "ended": {
      const ours = state.sent.find((sent) => sent.prompt === message.prompt);
      const lost = ours !== undefined && message.state !== "done" && state.draft === "";
      return {
        ...state,
        preview: null,
        stopping: state.stopping === message.job ? null : state.stopping,
        asked: null,
        sent: without(state.sent, ours),
        trouble: message.state === "failed" ? message.message : state.trouble,
        draft: lost ? message.prompt : state.draft,
      };
    }
    case "closed":
      return { ...state, session: state.session && { ...state.session, closed: true }, job: null, preview: null };
    case "trouble": {
      // another job's news may have come in between, so what was refused is known by its number alone
      const refused = state.sent.find((sent) => sent.seq === message.seq);
      return {
        ...state,
        trouble: message.message,
        asked: refused && refused.seq === state.asked?.seq ? null : state.asked,
        sent: without(state.sent, refused),
        draft: refused && state.draft === "" ? refused.prompt : state.draft,
      };
    }
    case "canvas":
    case "pong":
      return state;
  }
}

/** Which picture of a turn the session goes on from, as far as is known. */
function picked(state: State, turn: string | null): number {
  return state.turns.find((card) => card.turn === turn)?.picked ?? 0;
}

function queue(
  state: State,
  job: JobCard | null,
  waiting: number,
): Pick<State, "job" | "waiting" | "asked" | "preview"> {
  const same = job !== null && job.job === state.job?.job;
  return { job, waiting, asked: job ? null : state.asked, preview: same ? state.preview : null };
}

function without(sent: readonly Sent[], gone: Sent | undefined): readonly Sent[] {
  return gone ? sent.filter((one) => one !== gone) : sent;
}

function merge(turns: readonly TurnCard[], more: readonly TurnCard[]): TurnCard[] {
  const known = new Map([...turns, ...more].map((card) => [card.turn, card]));
  return [...known.values()].sort((a, b) => a.number - b.number);
}

function withPictures(state: State, pictures: readonly Picture[], blobs: readonly Blob[]): State {
  const thumbs = { ...state.thumbs };
  const whole = { ...state.pictures };
  pictures.forEach((picture, at) => {
    const blob = blobs[at];
    if (!blob) return;
    if (picture.thumb) {
      thumbs[picture.turn] = blob;
    } else {
      const key = pictureKey(picture.turn, picture.index);
      delete whole[key]; // put last, as the most recent
      whole[key] = blob;
    }
  });
  const keys = Object.keys(whole);
  for (const key of keys.slice(0, Math.max(0, keys.length - KEPT_PICTURES))) delete whole[key];
  return { ...state, thumbs, pictures: whole };
}

/** A picture's shape as the message carries it. */
export function mimeOf(message: ToBrowser, at: number): string {
  if ("mime" in message) return message.mime;
  if ("pictures" in message) return message.pictures[at]?.mime ?? "image/png";
  return "image/png";
}
