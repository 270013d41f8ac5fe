// Masks as one-channel PNGs, written and read here and not by the browser's canvas: a canvas has four channels,
// premultiplied and colour-managed, but every level that was painted must be the level that arrives.

import { pngRows, type RowForm } from "./rows";

interface Grey {
  width: number;
  height: number;
  /** One value a pixel, row by row from the top left. */
  data: Uint8Array<ArrayBuffer>;
}

/** What keeps a file from being read: it is no PNG, too large, damaged, or a PNG of a kind that is not read here. */
export type Fault = "kind" | "size" | "damage" | "form";

const SENTENCES: Record<Fault, string> = {
  kind: "This file is not a PNG.",
  size: "This picture has more than 50 megapixels.",
  damage: "This PNG is damaged.",
  form: "This PNG is interlaced or of an unknown kind. Save it as a plain PNG.",
};

export class GreyError extends Error {
  constructor(readonly fault: Fault) {
    super(SENTENCES[fault]);
    this.name = "GreyError";
  }
}

/** The most pixels that are read. */
const MOST_PIXELS = 50_000_000;
/** The most bytes of a file that are read: what that many pixels of the widest kind take without compression. */
const MOST_BYTES = 8 * MOST_PIXELS;

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** What a chunk has around its body: its length, its name and its checksum, four bytes each. */
const AROUND = 12;
const HEADER_LENGTH = 13;

/** How many channels each colour type has: grey, colour, palette, grey and alpha, colour and alpha. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const PALETTE = 3;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) crc = (CRC_TABLE[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Writes a PNG with one channel of eight bits. */
export async function encodeGrey(data: Uint8Array, width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(HEADER_LENGTH);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits a channel; colour type 0 (grey) and the remaining fields are zero
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1); // each row opens with filter 0
  }
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", new Uint8Array(await new Response(packed).arrayBuffer())),
    chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function chunk(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(body.length + AROUND);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  for (let at = 0; at < 4; at++) out[4 + at] = type.charCodeAt(at);
  out.set(body, 8);
  view.setUint32(body.length + 8, crc32(out.subarray(4, body.length + 8)));
  return out;
}

/**
 * Reads any PNG that is not interlaced. Grey levels arrive as they are. Where there is an alpha channel that is not the
 * same everywhere, it is the mask; otherwise the brightness of the colours is. Throws a GreyError where that fails.
 */
export async function decodeGrey(png: Uint8Array | Blob): Promise<Grey> {
  const file = png instanceof Blob ? png : new Blob([new Uint8Array(png)]);
  const lead = SIGNATURE.length + AROUND + HEADER_LENGTH;
  const { width, height, form } = readHeader(new Uint8Array(await file.slice(0, lead).arrayBuffer()));
  if (file.size > MOST_BYTES) throw new GreyError("size");
  const parts = readChunks(new Uint8Array(await file.arrayBuffer()));
  if (form.colour === PALETTE) {
    if (!parts.palette) throw new GreyError("damage");
    form.palette = parts.palette;
    form.opacities = parts.opacities;
  }
  const data = await pngRows(parts.packed, width, height, form).catch(() => {
    throw new GreyError("damage");
  });
  return { width, height, data };
}

/** Reads how large the picture is and of what kind, before anything is done that takes memory. */
function readHeader(lead: Uint8Array<ArrayBuffer>): { width: number; height: number; form: RowForm } {
  if (SIGNATURE.some((byte, at) => lead[at] !== byte)) throw new GreyError("kind");
  const [header] = chunksOf(lead);
  if (header?.type !== "IHDR" || header.body.length !== HEADER_LENGTH) throw new GreyError("damage");
  const view = new DataView(header.body.buffer, header.body.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width === 0 || height === 0) throw new GreyError("damage");
  if (width * height > MOST_PIXELS) throw new GreyError("size");
  const [depth = 0, colour = 0, compression, filter, interlace] = header.body.subarray(8);
  const known = DEPTHS[colour]?.includes(depth) && compression === 0 && filter === 0 && interlace === 0;
  if (!known) throw new GreyError("form");
  return { width, height, form: { colour, depth, channels: CHANNELS[colour] ?? 1, palette: null, opacities: null } };
}

interface Parts {
  packed: Uint8Array<ArrayBuffer>[];
  palette: Uint8Array | null;
  opacities: Uint8Array | null;
}

function readChunks(bytes: Uint8Array<ArrayBuffer>): Parts {
  const parts: Parts = { packed: [], palette: null, opacities: null };
  for (const { type, body } of chunksOf(bytes)) {
    if (type === "PLTE") parts.palette = body;
    else if (type === "tRNS") parts.opacities = body;
    else if (type === "IDAT") parts.packed.push(body);
    else if (type === "IEND") return parts;
  }
  throw new GreyError("damage");
}

interface Chunk {
  type: string;
  body: Uint8Array<ArrayBuffer>;
}

function* chunksOf(whole: Uint8Array<ArrayBuffer>): Generator<Chunk> {
  const view = new DataView(whole.buffer, whole.byteOffset);
  let at = SIGNATURE.length;
  while (at < whole.length) {
    if (at + AROUND > whole.length) throw new GreyError("damage");
    const length = view.getUint32(at);
    if (at + AROUND + length > whole.length) throw new GreyError("damage");
    const named = whole.subarray(at + 4, at + 8 + length);
    if (crc32(named) !== view.getUint32(at + 8 + length)) throw new GreyError("damage");
    yield { type: String.fromCharCode(...named.subarray(0, 4)), body: named.subarray(4) };
    at += AROUND + length;
  }
}
