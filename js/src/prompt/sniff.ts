// What a file is, by its own first bytes: names and types that come with a file are only what somebody called it. How
// large a picture is stands in its first bytes too, so that a huge one need not be decoded to be known as huge.

export type Kind = "png" | "jpeg" | "webp" | "gif" | "bmp" | "avif" | "heic" | "text" | "empty" | "other";

export type Size = readonly [number, number];

const HEIC = new Set(["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"]);

function ascii(bytes: Uint8Array, from: number, count: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + count));
}

export function kindOf(bytes: Uint8Array): Kind {
  if (bytes.length === 0) return "empty";
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WEBP") return "webp";
  if (/^GIF8[79]a$/.test(ascii(bytes, 0, 6))) return "gif";
  if (ascii(bytes, 0, 2) === "BM" && bytes.length > 26) return "bmp";
  if (ascii(bytes, 4, 4) === "ftyp") {
    const brands = brandsOf(bytes);
    if (brands.includes("avif") || brands.includes("avis")) return "avif";
    if (brands.some((brand) => HEIC.has(brand))) return "heic";
    return "other";
  }
  return isText(bytes) ? "text" : "other";
}

/** The main brand and the ones that it is compatible with. */
function brandsOf(bytes: Uint8Array): string[] {
  const end = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  const brands = [ascii(bytes, 8, 4)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, 4));
  return brands;
}

function isText(bytes: Uint8Array): boolean {
  const opening = bytes.subarray(0, 512);
  if (opening.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) return false;
  try {
    // the cut may go through a character, which takes up to four bytes
    new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.length > 512 ? opening.subarray(0, trimmed(opening)) : opening,
    );
    return true;
  } catch {
    return false;
  }
}

function trimmed(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  return (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : bytes.length;
}

/** Width and height as a file's first bytes have them, upright; null where they do not tell. */
export function sizeOf(bytes: Uint8Array, kind: Kind): Size | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (kind) {
      case "png":
        return [view.getUint32(16), view.getUint32(20)];
      case "gif":
        return [view.getUint16(6, true), view.getUint16(8, true)];
      case "bmp":
        return [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
      case "webp":
        return webpSize(view, ascii(bytes, 12, 4));
      case "jpeg":
        return jpegSize(view);
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof RangeError) return null; // cut short
    throw error;
  }
}

function webpSize(view: DataView, chunk: string): Size | null {
  const three = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (chunk === "VP8X") return [three(24) + 1, three(27) + 1];
  if (chunk === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (chunk !== "VP8L") return null;
  const bits = view.getUint32(21, true);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

function jpegSize(view: DataView): Size | null {
  let turned = false;
  for (let at = 2; view.getUint8(at) === 0xff; ) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // filled up
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return turned ? [height, width] : [width, height];
    }
    if (marker === 0xe1) turned = orientation(view, at + 4) >= 5;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The EXIF orientation, 1 to 8; from 5 on, width and height change places. */
function orientation(view: DataView, at: number): number {
  if (view.getUint32(at) !== 0x45786966) return 1; // "Exif"
  const start = at + 6;
  const little = view.getUint16(start) === 0x4949;
  const first = start + view.getUint32(start + 4, little);
  const count = view.getUint16(first, little);
  for (let entry = first + 2; entry < first + 2 + 12 * count; entry += 12) {
    if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
  }
  return 1;
}
