// A PNG writer for tests: any kind of pixels, any filter for each row, and faults where they are asked for.

export interface Written {
  width: number;
  height: number;
  depth: number;
  colour: number;
  /** The rows as the format has them, without the bytes that name filters. */
  rows: Uint8Array[];
  /** The filter of each row; all are 0 without it. */
  filters?: number[];
  interlace?: number;
  /** Chunks between the header and the pixels. */
  more?: [string, Uint8Array][];
  /** The bytes to compress in place of the rows. */
  instead?: Uint8Array<ArrayBuffer>;
}

const CHANNELS = [1, 0, 3, 1, 2, 0, 4];

export async function writePng(what: Written): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, what.width);
  view.setUint32(4, what.height);
  header.set([what.depth, what.colour, 0, 0, what.interlace ?? 0], 8);
  const packed = await deflate(what.instead ?? filtered(what));
  const half = Math.floor(packed.length / 2);
  const parts: [string, Uint8Array][] = [
    ["IHDR", header],
    ...(what.more ?? []),
    ["IDAT", packed.subarray(0, half)],
    ["IDAT", packed.subarray(half)],
    ["IEND", new Uint8Array(0)],
  ];
  const chunks = parts.flatMap(([type, body]) => [...chunk(type, body)]);
  return Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10, ...chunks]);
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The checksum, bit by bit as the format describes it. */
function chunk(type: string, body: Uint8Array): Uint8Array {
  const named = Uint8Array.from([...type].map((letter) => letter.charCodeAt(0)).concat([...body]));
  let crc = 0xffffffff;
  for (const byte of named) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const out = new Uint8Array(named.length + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  out.set(named, 4);
  view.setUint32(named.length + 4, ~crc);
  return out;
}

function filtered({ rows, filters, depth, colour }: Written): Uint8Array<ArrayBuffer> {
  const back = Math.max(1, ((CHANNELS[colour] ?? 1) * depth) / 8);
  const out = rows.flatMap((row, y) => {
    const filter = filters?.[y] ?? 0;
    const above = rows[y - 1];
    const bytes = Array.from(row, (byte, at) => {
      const a = row[at - back] ?? 0;
      const b = above?.[at] ?? 0;
      const c = above?.[at - back] ?? 0;
      return (byte - ([0, a, b, Math.floor((a + b) / 2), paeth(a, b, c)][filter] ?? 0)) & 255;
    });
    return [filter, ...bytes];
  });
  return Uint8Array.from(out);
}

function paeth(a: number, b: number, c: number): number {
  const nearest = [a, b, c].map((value) => ({ value, apart: Math.abs(a + b - c - value) }));
  return nearest.sort((one, other) => one.apart - other.apart)[0]?.value ?? 0; // a stable sort keeps a before b before c
}
