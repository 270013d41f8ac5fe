// Decoding and scaling pictures in the browser, upright as the camera meant them.

import { kindOf, type Size } from "./sniff";

const QUALITY = 0.95;

/** Width and height by decoding; null where the browser cannot. */
export async function decodedSize(file: Blob): Promise<Size | null> {
  try {
    const bitmap = await createImageBitmap(file);
    const size: Size = [bitmap.width, bitmap.height];
    bitmap.close();
    return size;
  } catch {
    return null;
  }
}

/** The picture in another size; a JPEG stays one, others keep their transparency. */
export async function scaled(file: Blob, [width, height]: Size): Promise<Blob> {
  const opening = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("The browser has no memory for a picture of this size.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const type = kindOf(opening) === "jpeg" ? "image/jpeg" : "image/webp";
  return canvas.convertToBlob({ type, quality: QUALITY });
}
