// The line to the kernel. It says hello until a snapshot answers, notices when nobody answers any more, and carries
// what is large in parts. What changes something is kept until the kernel has said that it has it, and sent once more
// under its own number when the line is back: the kernel takes a number only once, so nothing is done twice or lost.

import { CHUNK_BYTES, OTHER_VERSION, PROTOCOL, type ToBrowser, type ToKernel } from "./protocol";
import type { Connection } from "./state";
import { type Words, wordsFor } from "./words";

/** What a widget model offers, as far as it is needed here. */
export interface Channel {
  /** A trait, such as the language of the views. */
  get?(name: string): unknown;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** The words in the language that a model's views are shown in. */
export function wordsOf(channel: Channel): Words {
  const asked = channel.get?.("lang");
  return wordsFor(typeof asked === "string" && asked !== "" ? asked : (globalThis.navigator?.language ?? "en"));
}

/** A message as its sender writes it; the line numbers it. */
export type Draft = ToKernel extends infer M ? (M extends ToKernel ? Omit<M, "seq"> : never) : never;

interface Kept {
  content: Draft & { seq: number };
  buffers: ArrayBuffer[];
  /** When it is due to be sent once more, and how long it then waits: each time twice as long. */
  due: number;
  patience: number;
}

export const HELLO_MS = 500;
const HELLO_LATER_MS = 3_000;
export const HELLO_REFUSED_MS = 30_000;
export const SILENCE_MS = 3_000;
export const PING_MS = 4_000;
export const RECEIPT_MS = 8_000;
/** How many messages are kept at most until the kernel says that it has them. */
export const KEPT = 256;

/** What only asks: if it is lost, it is asked again by whoever still wants to know. */
const ASKING: ReadonlySet<Draft["kind"]> = new Set<Draft["kind"]>([
  "hello",
  "ping",
  "ack",
  "show",
  "thumbs",
  "earlier",
  "find",
  "models",
  "check",
  "masks",
  "credentials",
  "export",
]);

export class Link {
  // Drawn, so that two pages on one comm never use the same number: the kernel takes a number only once.
  private seq = Math.floor(Math.random() * 2 ** 32) * 2 ** 20;
  private serial: number | null = null;
  private hello: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private helloSince = 0;
  private hellos = new Set<number>();
  private lost = false;
  /** Whether the page refuses to send: then nothing that was sent can be answered any more. */
  private dead = false;
  /** Whether something may have gone astray since the last snapshot. */
  private broken = false;
  private answered = false;
  private stopped = false;
  private kept = new Map<number, Kept>();

  constructor(
    private channel: Channel,
    private hear: (message: ToBrowser, blobs: Blob[]) => void,
    private say: (connection: Connection) => void,
  ) {}

  start(): void {
    this.stopped = false;
    this.channel.on("msg:custom", this.onMessage);
    this.channel.on("comm_live_update", this.onLiveUpdate);
    globalThis.document?.addEventListener("visibilitychange", this.onVisible);
    this.ping = setInterval(() => this.check(), PING_MS);
    this.greet();
  }

  stop(): void {
    this.stopped = true;
    this.channel.off("msg:custom", this.onMessage);
    this.channel.off("comm_live_update", this.onLiveUpdate);
    globalThis.document?.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.hello);
    clearTimeout(this.silence);
    clearInterval(this.ping);
    this.hello = this.silence = this.ping = undefined;
    this.kept.clear();
  }

  /** Sends a message and expects to hear something within three seconds. */
  send(draft: Draft, buffers: ArrayBuffer[] = []): number {
    const content = { ...draft, seq: ++this.seq };
    if (this.stopped) return content.seq; // something was still being made ready when the last view went
    const one: Kept = { content, buffers, due: Date.now() + RECEIPT_MS, patience: RECEIPT_MS };
    if (!ASKING.has(draft.kind)) this.keep(one);
    this.pass(one);
    if (draft.kind !== "ack") this.expectAnswer();
    return content.seq;
  }

  /** Sends bytes in parts that a socket carries; returns the number that a later message names them by. */
  upload(bytes: Uint8Array<ArrayBuffer>): number {
    const upload = ++this.seq;
    const count = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    for (let index = 0; index < count; index++) {
      const part = bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      this.send({ kind: "chunk", upload, index, count }, [part.buffer]);
    }
    return upload;
  }

  private keep(one: Kept): void {
    this.kept.set(one.content.seq, one);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  private pass({ content, buffers }: Kept): void {
    try {
      this.channel.send(content, undefined, buffers);
      this.dead = false;
    } catch {
      this.lost = this.dead = this.broken = true; // the page says itself that the kernel's end is gone
    }
  }

  /** Says hello, now and again, until a snapshot comes. */
  private greet(): void {
    if (this.stopped) return;
    clearTimeout(this.hello);
    this.helloSince = Date.now();
    const once = () => {
      this.hellos.add(this.send({ kind: "hello", protocol: PROTOCOL }));
      const fresh = Date.now() - this.helloSince < 10_000;
      this.hello = setTimeout(once, fresh ? HELLO_MS : HELLO_LATER_MS);
    };
    once();
  }

  private check(): void {
    if (this.hello !== undefined || globalThis.document?.visibilityState === "hidden") return;
    this.send({ kind: "ping" });
    const now = Date.now();
    for (const one of [...this.kept.values()]) {
      // Uploads take their time on a slow line; those are sent again only after it broke.
      if (one.buffers.length > 0 || one.due > now) continue;
      one.patience *= 2;
      one.due = now + one.patience;
      this.pass(one);
    }
  }

  private expectAnswer(): void {
    this.silence ??= setTimeout(() => {
      this.silence = undefined;
      this.broken = true;
      this.say(this.lost ? "gone" : "silent");
      if (this.dead) this.giveBack();
      if (this.hello === undefined) this.greet();
    }, SILENCE_MS);
  }

  /** Tells of what can never arrive any more, so that it goes back to where it was written, and is not sent later. */
  private giveBack(): void {
    const lost = [...this.kept.keys()];
    this.kept.clear();
    const message = wordsOf(this.channel).notSent;
    for (const seq of lost) this.hear({ kind: "trouble", serial: this.serial ?? 0, seq, message }, []);
  }

  private onMessage = (message: ToBrowser, buffers?: readonly DataView[]): void => {
    clearTimeout(this.silence);
    this.silence = undefined;
    this.lost = false;
    const welcome = "protocol" in message;
    // A kernel's end that was made anew counts from the beginning: then its welcome answers a hello that still waits.
    const anew = welcome && message.seq !== null && this.hellos.has(message.seq);
    if (this.serial !== null && message.serial <= this.serial && !anew) return; // heard before, or too late
    const missed = this.serial !== null && message.serial > this.serial + 1 && !welcome;
    this.serial = message.serial;
    if ("seq" in message && message.seq !== null) this.settle(message.kind, message.seq);
    if (welcome && message.protocol !== PROTOCOL) {
      this.hear({ kind: "trouble", serial: message.serial, seq: null, message: OTHER_VERSION }, []);
      return;
    }
    if (missed) this.broken = true;
    if (missed && this.hello === undefined) this.greet();
    if (welcome) {
      this.answered = true;
      clearTimeout(this.hello);
      this.hello = undefined;
      this.hellos.clear();
    }
    const blobs = (buffers ?? []).map((view, at) => new Blob([bytesOf(view)], { type: mimeOf(message, at) }));
    this.hear(message, blobs);
    if (!welcome) return;
    this.say("live");
    if (this.broken) for (const one of [...this.kept.values()]) this.pass(one);
    this.broken = false;
  };

  /** What the kernel has answered, it has; a hello that it refuses is not to be said over and over. */
  private settle(kind: ToBrowser["kind"], seq: number): void {
    this.kept.delete(seq);
    if (kind !== "trouble" || !this.hellos.has(seq)) return;
    clearTimeout(this.hello);
    this.hello = setTimeout(() => this.greet(), HELLO_REFUSED_MS);
  }

  private onLiveUpdate = (): void => {
    // Told when the page loses or regains the kernel's end of the line, for instance at a restart.
    if (!this.answered) return;
    this.lost = this.broken = true;
    this.greet();
  };

  private onVisible = (): void => this.check();
}

/** A picture's format as the message carries it. */
function mimeOf(message: ToBrowser, at: number): string {
  if ("mime" in message) return message.mime;
  if ("pictures" in message) return message.pictures[at]?.mime ?? "image/png";
  return "image/png";
}

function bytesOf(view: DataView | ArrayBuffer): Uint8Array<ArrayBuffer> {
  const bytes =
    view instanceof ArrayBuffer ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Uint8Array(bytes); // a copy: the socket's buffer holds the other pictures too
}
