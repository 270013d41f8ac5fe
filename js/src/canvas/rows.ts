// The pixel rows of a PNG: inflated piece by piece, unfiltered, and reduced to one level a pixel. They stand alone because
// this is the part that meets every byte of a file, and it holds two rows at a time, however large the picture is.

export interface RowForm {
  /** The format's colour type: 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
  colour: number;
  /** Bits a channel. */
  depth: number;
  channels: number;
  /** Red, green and blue of every entry, in bytes. */
  palette: Uint8Array | null;
  /** The opacity of the palette's first entries; the others are opaque. */
  opacities: Uint8Array | null;
}

/** The levels of a picture from its compressed rows. Throws where they are damaged, or too few or too many. */
export async function pngRows(
  packed: Uint8Array<ArrayBuffer>[],
  width: number,
  height: number,
  form: RowForm,
): Promise<Uint8Array<ArrayBuffer>> {
  const rows = new Rows(width, height, form);
  const reader = new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) rows.take(piece.value);
  } catch (error) {
    await reader.cancel().catch(() => undefined); // the first fault is the one to tell
    throw error;
  }
  return rows.levels();
}

class Rows {
  private readonly grey: Uint8Array<ArrayBuffer>;
  private readonly alpha: Uint8Array<ArrayBuffer> | null;
  /** The row at hand and the one above it, each led by the byte that names its filter. */
  private row: Uint8Array<ArrayBuffer>;
  private above: Uint8Array<ArrayBuffer>;
  private filled = 0;
  private y = 0;
  /** How many bytes back a filter finds the same channel of the pixel before. */
  private readonly back: number;
  private readonly entries: { grey: number; alpha: number }[] = [];

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly form: RowForm,
  ) {
    const bits = form.depth * form.channels;
    const { palette, opacities } = form;
    this.back = Math.max(1, bits / 8);
    this.row = new Uint8Array(1 + Math.ceil((width * bits) / 8));
    this.above = new Uint8Array(this.row.length);
    this.grey = new Uint8Array(width * height);
    const transparent = form.colour === 4 || form.colour === 6 || (palette !== null && opacities !== null);
    this.alpha = transparent ? new Uint8Array(width * height) : null;
    for (let entry = 0; palette && 3 * entry + 2 < palette.length; entry++) {
      const [red = 0, green = 0, blue = 0] = palette.subarray(3 * entry);
      this.entries.push({ grey: brightness(red, green, blue), alpha: opacities?.[entry] ?? 255 });
    }
  }

  take(piece: Uint8Array): void {
    let from = 0;
    while (from < piece.length) {
      if (this.y === this.height) throw new Error("there are more rows than the picture has");
      const part = piece.subarray(from, from + this.row.length - this.filled);
      this.row.set(part, this.filled);
      this.filled += part.length;
      from += part.length;
      if (this.filled === this.row.length) this.finishRow();
    }
  }

  levels(): Uint8Array<ArrayBuffer> {
    if (this.y < this.height) throw new Error("rows are missing");
    const { alpha, grey } = this;
    return alpha?.some((value) => value !== alpha[0]) ? alpha : grey;
  }

  private finishRow(): void {
    unfilter(this.row, this.above, this.back);
    if (this.form.colour === 0 && this.form.depth === 8) this.grey.set(this.row.subarray(1), this.y * this.width);
    else this.reduce();
    [this.row, this.above] = [this.above, this.row];
    this.filled = 0;
    this.y += 1;
  }

  private reduce(): void {
    const { form, entries, alpha } = this;
    const { channels, colour } = form;
    const scale = form.depth < 8 ? 255 / ((1 << form.depth) - 1) : 1;
    for (let x = 0; x < this.width; x++) {
      const at = this.y * this.width + x;
      const first = this.sample(x * channels);
      if (form.palette) {
        const entry = entries[first];
        if (!entry) throw new Error("a pixel has a colour that the palette lacks");
        this.grey[at] = entry.grey;
        if (alpha) alpha[at] = entry.alpha;
        continue;
      }
      const coloured = colour === 2 || colour === 6;
      const [green, blue] = coloured ? [this.sample(x * channels + 1), this.sample(x * channels + 2)] : [first, first];
      this.grey[at] = coloured ? brightness(first, green, blue) : first * scale;
      if (alpha) alpha[at] = this.sample(x * channels + channels - 1);
    }
  }

  /** A value of the row, the upper eight bits where it has sixteen. */
  private sample(index: number): number {
    const { depth } = this.form;
    if (depth >= 8) return this.row[1 + index * (depth >> 3)] ?? 0;
    const bit = index * depth;
    return ((this.row[1 + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  }
}

/** How bright a colour is, with the weights of ITU-R BT.601 in 65536ths; a grey is exactly itself. */
function brightness(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/** Undoes the filter of a row, in place. */
function unfilter(row: Uint8Array, above: Uint8Array, back: number): void {
  const filter = row[0] ?? 0;
  if (filter > 4) throw new Error("a row has an unknown filter");
  if (filter === 0) return;
  for (let at = 1; at < row.length; at++) {
    const left = at > back ? (row[at - back] ?? 0) : 0;
    const up = above[at] ?? 0;
    const corner = at > back ? (above[at - back] ?? 0) : 0;
    row[at] = (row[at] ?? 0) + foretold(filter, left, up, corner);
  }
}

/** What the filter expects of a byte, from those to its left, above it, and above to its left. */
function foretold(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const slope = left + up - corner;
  const toLeft = Math.abs(slope - left);
  const toUp = Math.abs(slope - up);
  const toCorner = Math.abs(slope - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
