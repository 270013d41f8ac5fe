// Everything that the views of one widget share: its state, the line to the kernel and the mask. What a click does is
// written in the room that it belongs to, as a plain function of a desk.

import { Mask } from "./canvas/mask";
import { type Channel, type Draft, Link, wordsOf } from "./link";
import type { ToBrowser, TurnCard, TwigCard } from "./protocol";
import { type Action, initial, reduce, type State } from "./state";
import { twigOf } from "./state/turns";
import { Store } from "./store";
import type { Words } from "./words";

const ANSWER_MS = 20_000;

type Kind = ToBrowser["kind"];
type Answer<K extends Kind> = Extract<ToBrowser, { kind: K }>;

interface Waiting {
  take(message: ToBrowser, blobs: readonly Blob[]): void;
  refuse(why: Error): void;
}

export class Desk {
  readonly store = new Store<State, Action>(initial, reduce);
  /** The mask of the picture that is shown: kept from turn to turn while the size stays. */
  mask: Mask | null = null;
  private link: Link;
  private waiting = new Map<number, Waiting>();

  constructor(private channel: Channel) {
    this.link = new Link(
      channel,
      (message, blobs) => this.hear(message, blobs),
      (connection) => this.store.dispatch({ type: "connection", connection }),
    );
    this.store.subscribe(() => this.followSize());
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    this.link.stop();
    for (const waiting of this.waiting.values()) waiting.refuse(new Error(this.words.viewClosed));
    this.waiting.clear();
  }

  get state(): State {
    return this.store.state;
  }

  /** The words of its views, for what is said elsewhere than in one of them. */
  get words(): Words {
    return wordsOf(this.channel);
  }

  /** The current turn as the tree has it. */
  get twig(): TwigCard | null {
    return twigOf(this.state, this.state.current);
  }

  /** The current turn with everything that is known of it; null until it was sent. */
  get turn(): TurnCard | null {
    return this.state.cards[this.state.current ?? ""] ?? null;
  }

  /** Whether anything can be asked of the session. */
  get able(): boolean {
    return this.state.session?.writable === true && !this.state.session.closed;
  }

  /** Sends what needs no answer of its own; returns the number that an error would name. */
  send(draft: Draft, buffers: ArrayBuffer[] = []): number {
    return this.link.send(draft, buffers);
  }

  /** Sends bytes in parts; returns the number that a later message names them by. */
  upload(bytes: Uint8Array<ArrayBuffer>): number {
    return this.link.upload(bytes);
  }

  /** Sends what is answered by a message of this kind; an error has the kernel's sentence. */
  ask<K extends Kind>(draft: Draft, kind: K): Promise<{ message: Answer<K>; blobs: readonly Blob[] }> {
    const seq = this.link.send(draft);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.waiting.get(seq)?.refuse(new Error(this.words.noAnswer)), ANSWER_MS);
      const over = () => {
        clearTimeout(timer);
        this.waiting.delete(seq);
      };
      this.waiting.set(seq, {
        take: (message, blobs) => {
          if (message.kind === "pong" && kind !== "pong") return; // a receipt; the answer is still to come
          over();
          if (message.kind === kind) resolve({ message: message as Answer<K>, blobs });
          else reject(new Error(message.kind === "trouble" ? message.message : this.words.otherAnswer));
        },
        refuse: (why) => {
          over();
          reject(why);
        },
      });
    });
  }

  private hear(message: ToBrowser, blobs: readonly Blob[]): void {
    if (message.kind === "preview") this.link.send({ kind: "ack", preview: message.preview });
    const waiting = "seq" in message && message.seq !== null ? this.waiting.get(message.seq) : undefined;
    // Trouble that somebody waits for is told where it was caused, not in a banner.
    if (!(waiting && message.kind === "trouble")) this.store.dispatch({ type: "heard", message, blobs });
    waiting?.take(message, blobs);
  }

  /** A mask fits one size; with the size it goes, and with a turn of the same size it stays. */
  private followSize(): void {
    const shown = this.state.source ?? this.twig;
    if (!shown || (this.mask?.width === shown.width && this.mask.height === shown.height)) return;
    this.mask = new Mask(shown.width, shown.height);
  }
}
