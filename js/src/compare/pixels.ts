// How two pictures differ, pixel by pixel: pure sums over bytes, in bands, so that a large picture never holds up the
// page. Straight alpha: two pixels that are both clear are the same, whatever colour they hide.

export interface Difference {
  /** Mean absolute difference of the channels, 0 to 255. */
  mean: number;
  /** Share of the pixels that differ at all, 0 to 1. */
  changed: number;
}

export class Differ {
  private sum = 0;
  private changed = 0;
  private count = 0;

  /** Takes a band of both pictures, RGBA; writes their difference times `gain` into `out`, opaque. */
  add(a: Uint8ClampedArray, b: Uint8ClampedArray, gain: number, out: Uint8ClampedArray): void {
    for (let at = 0; at < a.length; at += 4) {
      const [alphaA, alphaB] = [a[at + 3] as number, b[at + 3] as number];
      const clear = Math.abs(alphaA - alphaB);
      let all = clear;
      for (let channel = 0; channel < 3; channel++) {
        const apart = Math.abs((a[at + channel] as number) * alphaA - (b[at + channel] as number) * alphaB) / 255;
        all += apart;
        out[at + channel] = Math.max(apart, clear) * gain;
      }
      out[at + 3] = 255;
      // opaque pictures, nearly all of them, have three channels that can differ
      this.sum += all / (alphaA === 255 && alphaB === 255 ? 3 : 4);
      if (all > 0) this.changed += 1;
    }
    this.count += a.length / 4;
  }

  get result(): Difference {
    return { mean: this.count ? this.sum / this.count : 0, changed: this.count ? this.changed / this.count : 0 };
  }
}

export interface Size {
  width: number;
  height: number;
}

/** The size that both are compared in: the larger one's. */
export function common(a: Size, b: Size): Size {
  const [{ width, height }] = a.width * a.height >= b.width * b.height ? [a] : [b];
  return { width, height };
}

/** Where a picture lies in a frame: as large as fits, in the middle. */
export function fitted(picture: Size, frame: Size): { x: number; y: number; width: number; height: number } {
  const scale = Math.min(frame.width / picture.width, frame.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  return { x: (frame.width - width) / 2, y: (frame.height - height) / 2, width, height };
}
