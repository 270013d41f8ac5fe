// Everything that the views of one Studio share: its state, the line to the kernel, the mask and the brush.
// A click in any view ends in one of these methods.

import { type Channel, Link } from "./link";
import { Mask } from "./mask";
import { encodeGrey } from "./png";
import type { TurnCard } from "./protocol";
import { type Action, initial, pictureKey, reduce, type State } from "./state";
import { Store } from "./store";

export interface Brush {
  tool: "brush" | "eraser";
  /** Diameter as a share of the picture's shorter side, so that it fits any picture. */
  share: number;
}

export const initialBrush: Brush = { tool: "brush", share: 0.16 };

export class Desk {
  readonly store = new Store<State, Action>(initial, reduce);
  readonly brush = new Store<Brush, Partial<Brush>>(initialBrush, (brush, change) => ({ ...brush, ...change }));
  mask: Mask | null = null;
  private link: Link;
  private shown: string | null = null;
  private asking = false;

  constructor(channel: Channel) {
    this.link = new Link(
      channel,
      (message, blobs) => {
        if (message.kind === "preview") this.link.send({ kind: "ack", preview: message.preview });
        this.store.dispatch({ type: "heard", message, blobs });
      },
      (connection) => this.store.dispatch({ type: "connection", connection }),
    );
    this.store.subscribe(() => this.followPicture());
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    this.link.stop();
  }

  get turn(): TurnCard | null {
    const { turns, current } = this.store.state;
    return turns.find((card) => card.turn === current) ?? null;
  }

  /** Sends a prompt; with a picture on the canvas it asks for a change of that, within the mask if one is painted. */
  async ask(text: string): Promise<void> {
    const prompt = text.trim();
    const { current, index, session } = this.store.state;
    if (!prompt || this.asking || session === null || !session.writable || session.closed) return;
    const mask = current !== null && this.mask !== null && this.mask.painted > 0 ? this.mask : null;
    this.asking = true; // encoding a mask takes a moment, in which a second Enter must not ask twice
    try {
      const png = mask ? await encodeGrey(mask.data, mask.width, mask.height) : null;
      const upload = png ? this.link.upload(png) : null;
      const seq = this.link.send({ kind: "ask", prompt, base: current, index, upload });
      this.store.dispatch({ type: "asked", seq, prompt });
    } finally {
      this.asking = false;
    }
  }

  halt(): void {
    const { job } = this.store.state;
    if (!job) return;
    this.link.send({ kind: "stop", job: job.job });
    this.store.dispatch({ type: "stopping", job: job.job });
  }

  go(turn: string | null): void {
    if (turn === this.store.state.current) return;
    this.store.dispatch({ type: "went", turn });
    this.link.send({ kind: "go", turn, index: null });
  }

  /** Goes on from another picture of the turn; where the session can only be looked at, it is only shown. */
  turnTo(index: number): void {
    const { current, pictures, session } = this.store.state;
    if (current === null) return;
    this.store.dispatch({ type: "index", index });
    if (session?.writable && !session.closed) this.link.send({ kind: "go", turn: current, index });
    else if (!pictures[pictureKey(current, index)]) this.link.send({ kind: "show", turn: current, index });
  }

  showEarlier(): void {
    const first = this.store.state.turns[0];
    if (first) this.link.send({ kind: "earlier", before: first.number - 1 });
  }

  /** Keeps a mask of the shown picture's size; one painted for another picture is wiped, which undo brings back. */
  private followPicture(): void {
    const turn = this.turn;
    const shown = turn ? pictureKey(turn.turn, this.store.state.index) : null;
    if (shown === this.shown) return;
    this.shown = shown;
    if (turn && (this.mask?.width !== turn.width || this.mask.height !== turn.height)) {
      this.mask = new Mask(turn.width, turn.height);
    } else {
      this.mask?.clear();
    }
  }
}
