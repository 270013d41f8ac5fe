// What the views of one mask canvas share: its picture, its mask and the line to the kernel. What is painted is sent
// once for each thing that was done, when it is done; what the kernel has is taken over unless something newer is here.

import { decodeGrey, encodeGrey } from "../canvas/grey";
import { Mask } from "../canvas/mask";
import { newTools } from "../canvas/toolstate";
import { Link } from "../link";
import { type Canvas, PROTOCOL, type ToBrowser } from "../protocol";
import type { Connection } from "../state";
import { Store } from "../store";
import type { Model } from "./model";

/** How long painting by keys or from a menu rests before it is sent; a stroke is sent when the pen is lifted. */
export const SETTLE_MS = 200;

interface Sheet {
  connection: Connection;
  picture: Blob | null;
  label: string;
  trouble: string | null;
}

export class MaskDesk {
  readonly store = new Store<Sheet, Partial<Sheet>>(
    { connection: "waking", picture: null, label: "", trouble: null },
    (sheet, change) => ({ ...sheet, ...change }),
  );
  readonly tools = newTools();
  mask: Mask | null = null;
  private link: Link;
  /** Which of the kernel's masks this one is; null while there is none. */
  private version: number | null = null;
  private unsent = false;
  private encoding = false;
  /** The number of the message whose answer says that the kernel has what was painted. */
  private sent: number | null = null;
  private pens = new Set<number>();
  private loading = false;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private arriving: Promise<void> = Promise.resolve();

  constructor(model: Model) {
    this.link = new Link(
      model,
      (message, blobs) => this.hear(message, blobs),
      (connection) => this.store.dispatch({ connection }),
    );
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    clearTimeout(this.settle);
    this.link.stop();
  }

  /** A pen, or a finger, is put down: what it paints is not sent before it is lifted. */
  press(pointer: number): void {
    this.pens.add(pointer);
  }

  /** It is lifted; without a number all of them are. */
  lift(pointer?: number): void {
    if (pointer === undefined) this.pens.clear();
    else if (!this.pens.delete(pointer)) return;
    if (this.pens.size === 0 && this.unsent) this.soon(0);
  }

  dismiss(): void {
    this.store.dispatch({ trouble: null });
  }

  private hear(message: ToBrowser, blobs: readonly Blob[]): void {
    switch (message.kind) {
      case "canvas":
        // One after the other, also where a small mask is decoded before a large one that came first.
        this.arriving = this.arriving.then(() => this.receive(message, blobs)).catch((error) => this.fail(error));
        break;
      case "painted":
        if (message.seq === this.sent) {
          this.sent = null;
          this.version = message.version;
          this.store.dispatch({ trouble: null });
        } else if (!this.busy && message.version !== this.version) {
          this.link.send({ kind: "hello", protocol: PROTOCOL }); // another page painted
        }
        break;
      case "trouble":
        if (message.seq === this.sent) this.sent = null;
        this.store.dispatch({ trouble: message.message });
        break;
      default:
    }
  }

  /** Whether something is painted here that the kernel does not have yet. */
  private get busy(): boolean {
    return this.unsent || this.encoding || this.sent !== null;
  }

  private async receive(message: Canvas, blobs: readonly Blob[]): Promise<void> {
    const { width, height, version } = message;
    const painted = message.painted ? blobs[message.pictured ? 1 : 0] : undefined;
    const fits = this.mask?.width === width && this.mask.height === height;
    const data =
      version === this.version ? null : painted ? (await decodeGrey(painted)).data : new Uint8Array(width * height);
    if (!fits) this.begin(width, height);
    if (data && this.mask) {
      // The answer to what was sent may be lost with the network: the mask itself says as much.
      const same = fits && !this.unsent && data.every((level, at) => level === this.mask?.data[at]);
      if (same) this.sent = null;
      else if (!fits || !this.busy) this.show(this.mask, data, fits);
      if (same || !this.busy) this.version = version;
    }
    const picture = message.pictured ? (blobs[0] ?? null) : this.store.state.picture;
    this.store.dispatch({ picture, label: message.label });
  }

  /** Shows what the kernel has, which is not to be sent back to it. */
  private show(mask: Mask, data: Uint8Array<ArrayBuffer>, undoable: boolean): void {
    this.loading = true;
    if (undoable) mask.put(data);
    else mask.load(data);
    this.loading = false;
  }

  private begin(width: number, height: number): void {
    clearTimeout(this.settle);
    this.unsent = false;
    this.sent = null;
    const mask = new Mask(width, height);
    mask.subscribe(() => {
      if (this.loading || mask !== this.mask) return;
      this.unsent = true;
      this.soon(SETTLE_MS);
    });
    this.mask = mask;
  }

  private soon(milliseconds: number): void {
    clearTimeout(this.settle);
    this.settle = setTimeout(() => {
      this.send().catch((error) => this.fail(error));
    }, milliseconds);
  }

  private async send(): Promise<void> {
    const { mask } = this;
    if (!mask || !this.unsent || this.pens.size > 0) return;
    if (this.encoding) return this.soon(SETTLE_MS);
    this.unsent = false;
    this.encoding = true;
    try {
      const png = mask.painted > 0 ? await encodeGrey(mask.data, mask.width, mask.height) : null;
      if (mask === this.mask) this.sent = this.link.send({ kind: "paint", upload: png ? this.link.upload(png) : null });
    } finally {
      this.encoding = false;
    }
  }

  private fail(error: unknown): void {
    this.store.dispatch({ trouble: error instanceof Error ? error.message : String(error) });
  }
}
