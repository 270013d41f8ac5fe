// Written by `python -m pochade.widgets.protocol` from the pydantic models; change those, never this file.

export const CHUNK_BYTES = 2000000;
export const MAX_PROMPT = 32000;

/** A live preview is on the screen; the next one may come sooner. */
export interface Ack {
  seq: number;
  kind: "ack";
  preview: number;
}

/** A prompt was sent. With a ``base`` it changes that picture, without one it makes a new one. */
export interface Ask {
  seq: number;
  kind: "ask";
  prompt: string;
  base: string | null;
  index: number;
  upload: number | null;
}

/** The mask canvas's picture (buffer 0, PNG) and, when something is painted, its mask (buffer 1, PNG). */
export interface Canvas {
  kind: "canvas";
  seq: number;
  width: number;
  height: number;
  painted: boolean;
}

/** One part of an upload; its bytes are the message's only buffer. */
export interface Chunk {
  seq: number;
  kind: "chunk";
  upload: number;
  index: number;
  count: number;
}

/** The session was closed; nothing more can be made in it. */
export interface Closed {
  kind: "closed";
}

/** Send the page of turns that ends before this position. */
export interface Earlier {
  seq: number;
  kind: "earlier";
  before: number;
}

/** A job is over. ``message`` says in a sentence why it failed. */
export interface Ended {
  kind: "ended";
  job: string;
  state: "done" | "failed" | "cancelled";
  prompt: string;
  message: string | null;
}

/** Make this turn the current one; None starts afresh, so that the next prompt makes a new picture. */
export interface Go {
  seq: number;
  kind: "go";
  turn: string | null;
  index: number | null;
}

/** A view asks for everything; it repeats this until a snapshot answers. */
export interface Hello {
  seq: number;
  kind: "hello";
}

/** The job at the head of the queue. ``left`` is the time left in seconds, None while nobody knows. */
export interface JobCard {
  job: string;
  prompt: string;
  stage: string;
  step: number;
  steps: number;
  seconds: number;
  left: number | null;
}

/** A turn was made, by whomever. */
export interface Made {
  kind: "made";
  card: TurnCard;
  total: number;
  pictures: Picture[];
}

/** Another turn, or another picture of it, is current now; None: the next prompt makes a new picture. */
export interface Moved {
  kind: "moved";
  current: string | null;
  index: number;
  pictures: Picture[];
}

/** An earlier session of this notebook that an empty one could give way to; the buffer is its last picture. */
export interface Offer {
  kind: "offer";
  count: number;
  prompt: string;
  code: string;
  mime: "image/png" | "image/jpeg";
}

/** Earlier turns with their thumbnails. */
export interface Page {
  kind: "page";
  seq: number;
  turns: TurnCard[];
  pictures: Picture[];
}

/** The mask canvas was painted: the upload is the mask as a one-channel PNG, None when nothing is painted. */
export interface Paint {
  seq: number;
  kind: "paint";
  upload: number | null;
}

/** What one buffer of the same position holds: a whole picture or a thumbnail. */
export interface Picture {
  turn: string;
  index: number;
  thumb: boolean;
  mime: "image/png" | "image/jpeg";
}

/** Pictures that a view asked for. */
export interface Pictures {
  kind: "pictures";
  seq: number;
  pictures: Picture[];
}

/** A view asks whether the kernel still knows it. */
export interface Ping {
  seq: number;
  kind: "ping";
}

/** The kernel is there. */
export interface Pong {
  kind: "pong";
  seq: number;
}

/** The picture as it is at this step; the buffer is a JPEG or a PNG. */
export interface Preview {
  kind: "preview";
  job: string;
  preview: number;
  mime: "image/png" | "image/jpeg";
}

/** What a view says about the session as a whole. */
export interface SessionCard {
  name: string;
  model: string;
  writable: boolean;
  holder: string | null;
  closed: boolean;
  subshells: boolean;
}

/** Send one picture of a turn at full size. */
export interface Show {
  seq: number;
  kind: "show";
  turn: string;
  index: number;
}

/** Everything a view needs; sending it again is how a view is brought up to date. */
export interface Snapshot {
  kind: "snapshot";
  seq: number;
  session: SessionCard;
  turns: TurnCard[];
  total: number;
  current: string | null;
  index: number;
  job: JobCard | null;
  waiting: number;
  pictures: Picture[];
}

/** Stop this job within the step that it is in. */
export interface Stop {
  seq: number;
  kind: "stop";
  job: string;
}

/** Something a view asked for cannot be done; ``message`` says why and what to do. */
export interface Trouble {
  kind: "trouble";
  seq: number | null;
  message: string;
}

/** What a view shows of a turn. Times are in seconds; ``number`` counts from 1. */
export interface TurnCard {
  turn: string;
  number: number;
  prompt: string;
  task: "generate" | "edit";
  parent: string | null;
  seed: number;
  width: number;
  height: number;
  steps: number;
  guidance: number;
  seconds: number;
  notes: string[];
  count: number;
  picked: number;
  stopped: boolean;
  masked: boolean;
  code: string;
}

/** How far the job at the head of the queue is; ``waiting`` counts those behind it. */
export interface Working {
  kind: "working";
  job: JobCard | null;
  waiting: number;
}

export type ToKernel =
  | Hello
  | Ping
  | Ask
  | Stop
  | Go
  | Show
  | Earlier
  | Chunk
  | Ack
  | Paint;

export type ToBrowser =
  | Snapshot
  | Offer
  | Page
  | Made
  | Moved
  | Working
  | Ended
  | Closed
  | Preview
  | Pictures
  | Pong
  | Trouble
  | Canvas;
