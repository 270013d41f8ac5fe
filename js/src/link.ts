// The line to the kernel. It says hello until a snapshot answers, notices when nobody answers any more, and carries
// what is large in parts. Nothing waits for it: what is sent either comes back as a message or as silence.

import { CHUNK_BYTES, type ToBrowser, type ToKernel } from "./protocol";
import { type Connection, mimeOf } from "./state";

/** What a widget model offers, as far as it is needed here. */
export interface Channel {
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** A message as its sender writes it; the line numbers it. */
export type Draft = ToKernel extends infer M ? (M extends ToKernel ? Omit<M, "seq"> : never) : never;

export const HELLO_MS = 500;
export const HELLO_LATER_MS = 3_000;
export const SILENCE_MS = 3_000;
export const PING_MS = 4_000;

export class Link {
  private seq = 0;
  private hello: ReturnType<typeof setTimeout> | undefined;
  private ping: ReturnType<typeof setInterval> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private helloSince = 0;
  private lost = false;
  private answered = false;

  constructor(
    private channel: Channel,
    private hear: (message: ToBrowser, blobs: Blob[]) => void,
    private say: (connection: Connection) => void,
  ) {}

  start(): void {
    this.channel.on("msg:custom", this.onMessage);
    this.channel.on("comm_live_update", this.onLiveUpdate);
    globalThis.document?.addEventListener("visibilitychange", this.onVisible);
    this.ping = setInterval(() => this.check(), PING_MS);
    this.greet();
  }

  stop(): void {
    this.channel.off("msg:custom", this.onMessage);
    this.channel.off("comm_live_update", this.onLiveUpdate);
    globalThis.document?.removeEventListener("visibilitychange", this.onVisible);
    clearTimeout(this.hello);
    clearTimeout(this.silence);
    clearInterval(this.ping);
    this.hello = this.silence = this.ping = undefined;
  }

  /** Sends a message and expects to hear something within three seconds. */
  send(draft: Draft, buffers: ArrayBuffer[] = []): number {
    const seq = ++this.seq;
    try {
      this.channel.send({ ...draft, seq }, undefined, buffers);
    } catch {
      this.lost = true; // the page says itself that the kernel's end is gone
    }
    if (draft.kind !== "ack") this.expectAnswer();
    return seq;
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

  /** Says hello, now and again, until a snapshot comes. */
  private greet(): void {
    clearTimeout(this.hello);
    this.helloSince = Date.now();
    const once = () => {
      this.send({ kind: "hello" });
      const fresh = Date.now() - this.helloSince < 10_000;
      this.hello = setTimeout(once, fresh ? HELLO_MS : HELLO_LATER_MS);
    };
    once();
  }

  private check(): void {
    if (this.hello === undefined && globalThis.document?.visibilityState !== "hidden") this.send({ kind: "ping" });
  }

  private expectAnswer(): void {
    this.silence ??= setTimeout(() => {
      this.silence = undefined;
      this.say(this.lost ? "gone" : "silent");
      if (this.hello === undefined) this.greet();
    }, SILENCE_MS);
  }

  private onMessage = (message: ToBrowser, buffers?: readonly DataView[]): void => {
    clearTimeout(this.silence);
    this.silence = undefined;
    this.lost = false;
    const welcome = message.kind === "snapshot" || message.kind === "canvas";
    if (welcome) {
      this.answered = true;
      clearTimeout(this.hello);
      this.hello = undefined;
    }
    const blobs = (buffers ?? []).map((view, at) => new Blob([bytesOf(view)], { type: mimeOf(message, at) }));
    this.hear(message, blobs);
    if (welcome) this.say("live");
  };

  private onLiveUpdate = (): void => {
    // Told when the page loses or regains the kernel's end of the line, for instance at a restart.
    if (!this.answered) return;
    this.lost = true;
    this.greet();
  };

  private onVisible = (): void => this.check();
}

function bytesOf(view: DataView | ArrayBuffer): Uint8Array<ArrayBuffer> {
  const bytes =
    view instanceof ArrayBuffer ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Uint8Array(bytes); // a copy: the socket's buffer holds the other pictures too
}
