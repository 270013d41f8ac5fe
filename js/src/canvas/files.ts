// Masks from files and into files. It stands alone because it is what a button does, not what it looks like.

import type { Words } from "../words";
import { decodeGrey, encodeGrey, GreyError } from "./grey";
import type { Mask } from "./mask";

/** How long a browser may take to begin with a download. */
const KEEP_MS = 60_000;

/** Puts a mask in the place of what is painted, as one step that can be undone; an error says what is wrong with it. */
export async function loadMask(words: Words, mask: Mask, png: Blob): Promise<void> {
  const { width, height, data } = await decodeGrey(png).catch((error: unknown) => {
    throw error instanceof GreyError ? new Error(words.maskFaults[error.fault]) : error;
  });
  if (width !== mask.width || height !== mask.height) {
    throw new Error(words.otherSize(`${width} × ${height}`, `${mask.width} × ${mask.height}`));
  }
  mask.put(data);
}

/** Offers the mask as a file, one channel at the picture's own size. */
export async function saveMask(mask: Mask): Promise<void> {
  const png = await encodeGrey(mask.data, mask.width, mask.height);
  const url = URL.createObjectURL(new Blob([png], { type: "image/png" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "mask.png";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
