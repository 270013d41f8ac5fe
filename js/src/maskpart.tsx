// The mask canvas without a Studio around it: a picture, the mask on it, and the tools.

import { Canvas } from "./canvas";
import { type Brush, initialBrush } from "./desk";
import { ownKeys } from "./keys";
import { type Channel, Link } from "./link";
import { Mask } from "./mask";
import { encodeGrey } from "./png";
import type { Connection } from "./state";
import { Store, useChanges } from "./store";
import { Tools } from "./tools";
import type { Words } from "./words";

const SETTLE_MS = 200;

interface Sheet {
  connection: Connection;
  picture: Blob | null;
  trouble: string | null;
}

/** What the views of one mask canvas share. */
export class MaskDesk {
  readonly store = new Store<Sheet, Partial<Sheet>>(
    { connection: "waking", picture: null, trouble: null },
    (sheet, change) => ({ ...sheet, ...change }),
  );
  readonly brush = new Store<Brush, Partial<Brush>>(initialBrush, (brush, change) => ({ ...brush, ...change }));
  mask: Mask | null = null;
  private link: Link;
  private settle: ReturnType<typeof setTimeout> | undefined;

  constructor(channel: Channel) {
    this.link = new Link(
      channel,
      (message, blobs) => {
        if (message.kind === "trouble") this.store.dispatch({ trouble: message.message });
        if (message.kind === "canvas") void this.receive(message.width, message.height, blobs);
      },
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

  private async receive(width: number, height: number, blobs: readonly Blob[]): Promise<void> {
    const [picture, painted] = blobs;
    if (!picture || this.mask) return; // what is painted here is newer than what the kernel has
    const mask = new Mask(width, height);
    if (painted) mask.load(await decodeGrey(painted, width, height));
    mask.subscribe(() => {
      clearTimeout(this.settle);
      this.settle = setTimeout(() => void this.tell(mask), SETTLE_MS);
    });
    this.mask = mask;
    this.store.dispatch({ picture });
  }

  private async tell(mask: Mask): Promise<void> {
    const png = mask.painted > 0 ? await encodeGrey(mask.data, mask.width, mask.height) : null;
    this.link.send({ kind: "paint", upload: png ? this.link.upload(png) : null });
  }
}

export function MaskPart({ words, desk }: { words: Words; desk: MaskDesk }) {
  useChanges(desk.store);
  const { connection, picture, trouble } = desk.store.state;
  const { mask, brush } = desk;
  const alert = connection === "silent" ? words.silent : connection === "gone" ? words.gone : trouble;
  return (
    <section class="pochade pochade-mask-part" aria-label={words.maskCanvas} {...ownKeys}>
      {alert ? (
        <div role="alert" class="pochade-banner pochade-alert">
          <span>{alert}</span>
        </div>
      ) : null}
      {mask ? (
        <div class="pochade-easel">
          <div class="pochade-mount">
            <Canvas
              words={words}
              label={words.picture}
              picture={picture}
              width={mask.width}
              height={mask.height}
              mask={mask}
              brush={brush}
            />
          </div>
          <Tools words={words} mask={mask} brush={brush} disabled={false} />
        </div>
      ) : null}
    </section>
  );
}

/** The grey values of a PNG; grey, so that any one of the three channels is the value. */
async function decodeGrey(png: Blob, width: number, height: number): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(png, { colorSpaceConversion: "none" });
  const context = new OffscreenCanvas(width, height).getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  return Uint8Array.from({ length: width * height }, (_, at) => pixels[4 * at] ?? 0);
}
