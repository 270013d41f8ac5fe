// Written by `python -m pochade.widgets.protocol` from the pydantic models; change those, never this file.

export const PROTOCOL = 2;
export const CHUNK_BYTES = 2000000;
export const MAX_CHUNKS = 32;
export const MAX_THUMBS = 64;
export const MAX_PROMPT = 32000;
export const MAX_PICTURES = 16;
export const MAX_REFERENCES = 10;
export const OTHER_VERSION = "This view was made by another version of pochade. Save the notebook, reload the page and run the cell.";

/** What the session's model can do, and the values that it has when nothing is set; sizes in pixels. */
export interface Abilities {
  paint: boolean;
  edit: boolean;
  references: number;
  steps: number;
  guidance: number;
  guided: boolean;
  strength: boolean;
  negative: boolean;
  transparent: boolean;
  shapes: Shape[];
  multiple: number;
  min_side: number;
  max_side: number;
  max_pixels: number;
  styles: string[];
  knows: WordList[];
}

/** A live preview is on the screen; the next one may come sooner. */
export interface Ack {
  seq: number;
  kind: "ack";
  preview: number;
}

/** Something that was done to a picture: ``kind`` as C2PA names it, ``words`` as a person says it, and by what. */
export interface ActionCard {
  kind: string;
  words: string;
  agent: string | null;
}

/** Take over the settings that a turn was made with. */
export interface Adopt {
  seq: number;
  kind: "adopt";
  turn: string;
}

/** Make a turn again as it was asked, with its own seed or a newly drawn one. */
export interface Again {
  seq: number;
  kind: "again";
  turn: string;
  fresh: boolean;
}

/** A prompt was sent. With a ``base`` or a ``source`` it changes that picture, without one it makes a new one. */
export interface Ask {
  seq: number;
  kind: "ask";
  prompt: string;
  base: string | null;
  index: number;
  source: number | null;
  mask: number | null;
  extend: number[] | null;
  references: Reference[];
}

/** An upload is complete and is a picture; keep it until it is detached. */
export interface Attach {
  seq: number;
  kind: "attach";
  upload: number;
  name: string;
}

/** An upload was taken as a picture; the buffer is its thumbnail. */
export interface Attached {
  serial: number;
  kind: "attached";
  seq: number;
  upload: number;
  width: number;
  height: number;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** What the mask canvas holds: in the buffers its picture where ``pictured``, then its mask (PNG) where ``painted``. */
export interface Canvas {
  serial: number;
  kind: "canvas";
  seq: number | null;
  protocol: number;
  width: number;
  height: number;
  label: string;
  pictured: boolean;
  painted: boolean;
  version: number;
}

/** These turns are otherwise now (starred, brought back, on another parent), and those are gone. */
export interface Changed {
  serial: number;
  kind: "changed";
  turns: TwigCard[];
  gone: string[];
  total: number;
}

/** Say what the model does not know of a prompt, and what it cannot do with so many references. */
export interface Check {
  seq: number;
  kind: "check";
  prompt: string;
  task: "generate" | "edit";
  references: number;
}

/** Words of the prompt that the model does not know, beside each the nearest known ones; what it cannot do. */
export interface Checked {
  serial: number;
  kind: "checked";
  seq: number;
  prompt: string;
  unknown: string[];
  nearest: string[][];
  cannot: string[];
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
  serial: number;
  kind: "closed";
}

/** Say where a picture of a turn comes from, by its Content Credentials. */
export interface Credentials {
  seq: number;
  kind: "credentials";
  turn: string;
  index: number;
}

/** What the Content Credentials of one picture say, and of those it was made from; ``when`` counts from 1970 (UTC). */
export interface CredentialsCard {
  state: "trusted" | "valid" | "invalid" | "none";
  relationship: string | null;
  title: string | null;
  matched: boolean;
  signer: string | null;
  certificate: "local" | "own" | null;
  when: number | null;
  timestamp: "trusted" | "unknown" | null;
  software: string | null;
  model: string | null;
  made: "ai" | "composite" | "untouched" | "other" | "unknown";
  actions: ActionCard[];
  prompt: string | null;
  problems: string[];
  ingredients: CredentialsCard[];
  repeated: boolean;
  unlisted: number;
}

/** A picture's Content Credentials; ``sound`` where they hold, and those of all that it was made from. */
export interface CredentialsOf {
  serial: number;
  kind: "credentials";
  seq: number;
  turn: string;
  index: number;
  sound: boolean;
  card: CredentialsCard;
}

/** Take a turn out of the session; it can be restored until the session is closed. */
export interface Delete {
  seq: number;
  kind: "delete";
  turn: string;
}

/** An attached picture is not needed any more. */
export interface Detach {
  seq: number;
  kind: "detach";
  upload: number;
}

/** Send the page of turns that ends before this number. */
export interface Earlier {
  seq: number;
  kind: "earlier";
  before: number;
}

/** A job is over. ``message`` says in a sentence why it failed, ``remedies`` what might help. */
export interface Ended {
  serial: number;
  kind: "ended";
  job: string;
  state: "done" | "failed" | "cancelled";
  prompt: string;
  message: string | null;
  remedies: RemedyCard[];
}

/** Send a picture of a turn in this format. */
export interface Export {
  seq: number;
  kind: "export";
  turn: string;
  index: number;
  format: "jpeg" | "webp";
}

/** A picture in the format that was asked for. */
export interface Exported {
  serial: number;
  kind: "exported";
  seq: number;
  turn: string;
  index: number;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** Send the turns whose prompts have every word of the query; an empty query finds all. */
export interface Find {
  seq: number;
  kind: "find";
  query: string;
  starred: boolean;
}

/** The turns that a search found, newest first. */
export interface Found {
  serial: number;
  kind: "found";
  seq: number;
  query: string;
  turns: TwigCard[];
  total: number;
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
  protocol: number;
}

/** A job that runs or waits. ``left`` is the time left in seconds, None while nobody knows; the first one runs. */
export interface JobCard {
  job: string;
  prompt: string;
  stage: string;
  step: number;
  steps: number;
  seconds: number;
  left: number | null;
  n: number;
  movable: boolean;
}

/** A turn was made, by whomever. */
export interface Made {
  serial: number;
  kind: "made";
  twig: TwigCard;
  card: TurnCard;
  total: number;
  pictures: Picture[];
}

/** A turn's mask (buffer 0, a one-channel PNG). */
export interface MaskOf {
  serial: number;
  kind: "mask";
  seq: number;
  turn: string;
}

/** Send the mask that a turn was edited with, or the one of what it changed. */
export interface Masks {
  seq: number;
  kind: "masks";
  turn: string;
}

/** Ask once more for what failed, changed as the remedy of this position says. */
export interface Mend {
  seq: number;
  kind: "mend";
  job: string;
  remedy: number;
}

/** A model to choose. ``gigabytes`` is the memory that it needs as a whole. */
export interface ModelCard {
  name: string;
  title: string;
  family: string;
  licence: string;
  commercial: "yes" | "limited" | "no";
  gigabytes: number;
  here: boolean;
  current: boolean;
}

/** The models that can be chosen. */
export interface ModelList {
  serial: number;
  kind: "models";
  seq: number;
  models: ModelCard[];
}

/** Send the models that can be chosen. */
export interface Models {
  seq: number;
  kind: "models";
}

/** Give a job that waits another place in the queue; 0 is begun next. */
export interface Move {
  seq: number;
  kind: "move";
  job: string;
  place: number;
}

/** Another turn, or another picture of it, is current now; None: the next prompt makes a new picture. */
export interface Moved {
  serial: number;
  kind: "moved";
  current: string | null;
  index: number;
  card: TurnCard | null;
  pictures: Picture[];
}

/** Call a turn by a name in the notebook, so that the next cell can use it. */
export interface Name {
  seq: number;
  kind: "name";
  turn: string;
  index: number;
  name: string;
}

/** The turn has this name in the notebook now. */
export interface Named {
  serial: number;
  kind: "named";
  seq: number;
  name: string;
}

/** An earlier session of this notebook that an empty one could give way to; the buffer is its last picture. */
export interface Offer {
  serial: number;
  kind: "offer";
  count: number;
  prompt: string;
  code: string;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** Earlier turns. */
export interface Page {
  serial: number;
  kind: "page";
  seq: number;
  turns: TwigCard[];
  total: number;
}

/** The mask canvas was painted: the upload is the mask as a one-channel PNG, None when nothing is painted. */
export interface Paint {
  seq: number;
  kind: "paint";
  upload: number | null;
}

/** What a view painted is the mask canvas's mask now, as this version of it. */
export interface Painted {
  serial: number;
  kind: "painted";
  seq: number;
  version: number;
}

/** Two pictures to compare. ``sides`` says which ones the buffers hold, in order; one not named stays as it is. */
export interface Pair {
  serial: number;
  kind: "pair";
  seq: number | null;
  protocol: number;
  left: SideCard | null;
  right: SideCard | null;
  sides: ("left" | "right")[];
}

/** What one buffer of the same position holds: a whole picture or a thumbnail. */
export interface Picture {
  turn: string;
  index: number;
  thumb: boolean;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** Pictures that a view asked for, and the card of the turn where one was asked for whole. */
export interface Pictures {
  serial: number;
  kind: "pictures";
  seq: number;
  card: TurnCard | null;
  pictures: Picture[];
}

/** A view asks whether the kernel still knows it. */
export interface Ping {
  seq: number;
  kind: "ping";
}

/** The kernel is there, and has taken the message of this number. */
export interface Pong {
  serial: number;
  kind: "pong";
  seq: number;
}

/** The picture as it is at this step, in the size that it will have; the buffer is the picture, small. */
export interface Preview {
  serial: number;
  kind: "preview";
  job: string;
  preview: number;
  index: number;
  width: number;
  height: number;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** A picture to go by: an attached upload, or a picture of a turn. */
export interface Reference {
  upload: number | null;
  turn: string | null;
  index: number;
}

/** A way on after a failure, as a button says it. */
export interface RemedyCard {
  kind: "again" | "smaller" | "fewer" | "memory";
  label: string;
}

/** Bring a deleted turn back. */
export interface Restore {
  seq: number;
  kind: "restore";
  turn: string;
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

/** The session's settings; None is the model's own choice. */
export interface SettingsCard {
  n: number;
  size: string | null;
  seed: number | null;
  steps: number | null;
  guidance: number | null;
  strength: number | null;
  negative: string | null;
  background: "auto" | "opaque" | "transparent";
  keep: "auto" | "none";
}

/** A size to choose, in pixels, and what people call it. */
export interface Shape {
  label: string;
  width: number;
  height: number;
}

/** Send one picture of a turn at full size, and the turn's card. */
export interface Show {
  seq: number;
  kind: "show";
  turn: string;
  index: number;
}

/** One side of a comparison; ``number`` is the turn's, None for a picture that is none. */
export interface SideCard {
  number: number | null;
  label: string;
}

/** Everything a view needs; sending it again is how a view is brought up to date. */
export interface Snapshot {
  serial: number;
  kind: "snapshot";
  seq: number;
  protocol: number;
  session: SessionCard;
  settings: SettingsCard;
  abilities: Abilities | null;
  turns: TwigCard[];
  total: number;
  current: string | null;
  index: number;
  card: TurnCard | null;
  jobs: JobCard[];
  unlisted: number;
  pictures: Picture[];
}

/** Mark a turn as one to find again, or take the mark off. */
export interface Star {
  seq: number;
  kind: "star";
  turn: string;
  starred: boolean;
}

/** Go back to what the current turn was made from, or forward again. */
export interface Step {
  seq: number;
  kind: "step";
  direction: "back" | "forward";
}

/** Stop this job: within the step that it is in, or before it begins. */
export interface Stop {
  seq: number;
  kind: "stop";
  job: string;
}

/** Send the thumbnails of these turns. */
export interface Thumbs {
  seq: number;
  kind: "thumbs";
  turns: string[];
}

/** Something a view asked for cannot be done; ``message`` says why and what to do. */
export interface Trouble {
  serial: number;
  kind: "trouble";
  seq: number | null;
  message: string;
}

/** Change one of the session's settings; None is the model's own choice. A size is written as people write it. */
export interface Tune {
  seq: number;
  kind: "tune";
  name: "n" | "size" | "seed" | "steps" | "guidance" | "strength" | "negative" | "background" | "keep";
  value: string | number | null;
}

/** The settings, or the model and what it can do, are these now; ``notes`` say what had to give way. */
export interface Tuned {
  serial: number;
  kind: "tuned";
  session: SessionCard;
  settings: SettingsCard;
  abilities: Abilities | null;
  notes: string[];
}

/** Everything that a view can show of a turn. ``seconds`` is what it took, ``created`` counts from 1970 (UTC). */
export interface TurnCard {
  turn: string;
  prompt: string;
  rewritten: string | null;
  model: string;
  created: number;
  seed: number;
  width: number;
  height: number;
  steps: number;
  guidance: number;
  strength: number | null;
  negative: string | null;
  background: string | null;
  seconds: number;
  notes: string[];
  references: number;
  masked: boolean;
  changed: boolean;
  code: string;
  cell: string;
}

/** The little that the tree of turns shows of each; ``number`` counts up with time, ``parent`` is one that lives. */
export interface TwigCard {
  turn: string;
  number: number;
  parent: string | null;
  task: "generate" | "edit";
  prompt: string;
  width: number;
  height: number;
  count: number;
  picked: number;
  stopped: boolean;
  starred: boolean;
}

/** Go on with another model, by the name that the list of models gives it. */
export interface Use {
  seq: number;
  kind: "use";
  model: string;
}

/** One of a job's several pictures is finished; the buffer is it, small. */
export interface Variant {
  serial: number;
  kind: "variant";
  job: string;
  index: number;
  count: number;
  mime: "image/png" | "image/jpeg" | "image/webp";
}

/** Words that a model was taught, and what its card calls them. */
export interface WordList {
  name: string;
  words: string[];
}

/** The first jobs of this session, the one that runs before the others; ``unlisted`` more wait behind them. */
export interface Working {
  serial: number;
  kind: "working";
  jobs: JobCard[];
  unlisted: number;
}

export type ToKernel =
  | Hello
  | Ping
  | Ask
  | Again
  | Mend
  | Stop
  | Move
  | Go
  | Step
  | Show
  | Thumbs
  | Earlier
  | Find
  | Star
  | Delete
  | Restore
  | Tune
  | Adopt
  | Models
  | Use
  | Check
  | Chunk
  | Attach
  | Detach
  | Masks
  | Credentials
  | Export
  | Name
  | Ack
  | Paint;

export type ToBrowser =
  | Snapshot
  | Offer
  | Page
  | Found
  | Made
  | Moved
  | Changed
  | Working
  | Ended
  | Closed
  | Preview
  | Variant
  | Tuned
  | ModelList
  | Checked
  | Attached
  | MaskOf
  | CredentialsOf
  | Exported
  | Named
  | Pictures
  | Pong
  | Trouble
  | Canvas
  | Painted
  | Pair;
