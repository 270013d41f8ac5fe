// A decoded picture and smaller copies of it. It stands alone because a picture of 4096 × 4096 pixels shown small must
// neither be scaled down anew with every frame nor shimmer.

/** No smaller copy than this, in pixels along the longer side: from here on scaling is quick. */
const SMALLEST = 512;

export class Picture {
  /** From the picture itself to ever smaller halves. */
  private levels: ImageBitmap[];
  private closed = false;

  private constructor(
    readonly blob: Blob,
    whole: ImageBitmap,
  ) {
    this.levels = [whole];
  }

  /** Rejects where the browser cannot read it. */
  static async decode(blob: Blob): Promise<Picture> {
    return new Picture(blob, await createImageBitmap(blob));
  }

  /** The smallest copy that still has a pixel for every pixel of the screen, shown this wide. */
  level(width: number): ImageBitmap {
    return this.levels.findLast((level) => level.width >= width) ?? (this.levels[0] as ImageBitmap);
  }

  /** Makes the smaller copies; calls back after each. */
  async refine(made: () => void): Promise<void> {
    let last = this.levels[0] as ImageBitmap;
    while (!this.closed && Math.max(last.width, last.height) >= 2 * SMALLEST) {
      const [resizeWidth, resizeHeight] = [Math.ceil(last.width / 2), Math.ceil(last.height / 2)];
      // it may be closed meanwhile; without a smaller copy the picture itself is scaled
      const half = await createImageBitmap(last, { resizeWidth, resizeHeight, resizeQuality: "high" }).catch(
        () => null,
      );
      if (!half || this.closed) {
        half?.close();
        return;
      }
      this.levels.push(half);
      last = half;
      made();
    }
  }

  close(): void {
    this.closed = true;
    for (const level of this.levels) level.close();
  }
}
