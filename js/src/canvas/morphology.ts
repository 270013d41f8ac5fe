// Growing, shrinking and softening a whole mask, at the exact distance and at any size of picture. It stands alone
// because these are functions from pixels to pixels, which know neither tiles nor history.

/** One value a pixel, row by row. */
export interface Plane {
  width: number;
  height: number;
  data: Uint8Array;
}

/**
 * Every pixel becomes the largest value within `radius` pixels of it, centre to centre. What is fully painted grows in
 * time that does not depend on the radius; only where soft edges meet are values compared.
 */
export function dilate(plane: Plane, radius: number): Uint8Array {
  const { width, height, data } = plane;
  const out = within(plane, 255, radius);
  const open = within(plane, 1, radius);
  for (let at = 0; at < open.length; at++) open[at] = (open[at] ?? 0) & ~(out[at] ?? 0);
  const { places, starts } = placesIn(open, width, height);
  const reach = reaches(radius);
  const windows = new Windows(width);
  for (let source = 0; source < height; source++) {
    const row = data.subarray(source * width, (source + 1) * width);
    if (!row.some((value) => value > 0 && value < 255)) continue;
    windows.read(row, 2 * (reach[0] ?? 0) + 1);
    const last = Math.min(height - 1, source + reach.length - 1);
    for (let y = Math.max(0, source - reach.length + 1); y <= last; y++) {
      const half = reach[Math.abs(y - source)] ?? 0;
      const end = starts[y + 1] ?? 0;
      for (let place = starts[y] ?? 0; place < end; place++) {
        const at = places[place] ?? 0;
        const x = at - y * width;
        const value = windows.largest(Math.max(0, x - half), Math.min(width, x + half + 1));
        if (value > (out[at] ?? 0)) out[at] = value;
      }
    }
  }
  return out;
}

/** Every pixel becomes the smallest value within `radius` pixels of it; what lies beyond the plane does not count. */
export function erode(plane: Plane, radius: number): Uint8Array {
  const out = dilate({ ...plane, data: plane.data.map((value) => 255 - value) }, radius);
  for (let at = 0; at < out.length; at++) out[at] = 255 - (out[at] ?? 0);
  return out;
}

/** How far a disc reaches to either side, for each row from its middle on. */
function reaches(radius: number): number[] {
  const rows = Math.floor(radius) + 1;
  return Array.from({ length: rows }, (_, row) => Math.floor(Math.sqrt(radius * radius - row * row)));
}

/** 255 where a value of at least `threshold` lies within `radius`, 0 elsewhere. */
function within({ width, height, data }: Plane, threshold: number, radius: number): Uint8Array<ArrayBuffer> {
  const reach = reaches(radius);
  const far = reach.length;
  const apart = new Uint16Array(data.length); // rows to the nearest such value straight above or below
  for (let x = 0; x < width; x++) apart[x] = (data[x] ?? 0) >= threshold ? 0 : far;
  for (let at = width; at < data.length; at++) {
    apart[at] = (data[at] ?? 0) >= threshold ? 0 : Math.min(far, (apart[at - width] ?? 0) + 1);
  }
  for (let at = data.length - width - 1; at >= 0; at--) {
    apart[at] = Math.min(apart[at] ?? 0, (apart[at + width] ?? 0) + 1);
  }
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let covered = -1; // the rightmost column that anything so far reaches
    for (let x = 0; x < width; x++) {
      const rows = apart[start + x] ?? far;
      if (rows < far) covered = Math.max(covered, x + (reach[rows] ?? 0));
      if (x <= covered) out[start + x] = 255;
    }
    covered = width;
    for (let x = width - 1; x >= 0; x--) {
      const rows = apart[start + x] ?? far;
      if (rows < far) covered = Math.min(covered, x - (reach[rows] ?? 0));
      if (x >= covered) out[start + x] = 255;
    }
  }
  return out;
}

/** Where the marked pixels are, and where in that list each row begins. */
function placesIn(marks: Uint8Array, width: number, height: number): { places: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(height + 1);
  for (let y = 0; y < height; y++) {
    let count = starts[y] ?? 0;
    for (let at = y * width; at < (y + 1) * width; at++) if (marks[at] !== 0) count++;
    starts[y + 1] = count;
  }
  const places = new Uint32Array(starts[height] ?? 0);
  let place = 0;
  for (let at = 0; at < marks.length; at++) if (marks[at] !== 0) places[place++] = at;
  return { places, starts };
}

/** The largest value in any window of a row, from the largest ones in windows of 1, 2, 4, 8 … pixels. */
class Windows {
  private levels: Uint8Array[] = [];

  constructor(private readonly width: number) {}

  read(row: Uint8Array, widest: number): void {
    this.levels[0] = row;
    let below = row;
    for (let level = 1; 1 << level <= Math.min(widest, this.width); level++) {
      this.levels[level] ??= new Uint8Array(this.width);
      const here = this.levels[level] ?? row;
      const step = 1 << (level - 1);
      for (let x = 0; x + 2 * step <= this.width; x++) here[x] = Math.max(below[x] ?? 0, below[x + step] ?? 0);
      below = here;
    }
  }

  largest(from: number, to: number): number {
    const level = 31 - Math.clz32(to - from);
    const values = this.levels[level];
    return values ? Math.max(values[from] ?? 0, values[to - (1 << level)] ?? 0) : 0;
  }
}

/** How many box blurs stand in for one Gaussian. */
const BLURS = 3;

/** Softens with a Gaussian of this standard deviation; the border repeats outward, so what fills the plane stays. */
export function blur({ width, height, data }: Plane, deviation: number): Uint8Array {
  const box = new BlurBox(deviation);
  let values = new Uint16Array(data.length);
  let spare = new Uint16Array(data.length);
  for (let at = 0; at < data.length; at++) values[at] = (data[at] ?? 0) * 257; // 255 becomes 65535
  for (let pass = 0; pass < BLURS; pass++) {
    box.across(values, spare, width, height);
    [values, spare] = [spare, values];
    box.down(values, spare, width, height);
    [values, spare] = [spare, values];
  }
  const out = new Uint8Array(data.length);
  for (let at = 0; at < out.length; at++) out[at] = (values[at] ?? 0) / 257 + 0.5;
  return out;
}

/** How many pixels around it a blurred value depends on. */
export function blurReach(deviation: number): number {
  return BLURS * (new BlurBox(deviation).radius + 1);
}

/** A mean over `radius` pixels to either side, and over a share of one more, which makes any deviation possible. */
class BlurBox {
  readonly radius: number;
  private readonly share: number;
  private readonly total: number;

  constructor(deviation: number) {
    const variance = (deviation * deviation) / BLURS;
    const radius = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2);
    const next = (radius + 1) ** 2;
    this.radius = radius;
    this.share = ((2 * radius + 1) * (3 * variance - radius * (radius + 1))) / (6 * (next - variance));
    this.total = 2 * (radius + this.share) + 1;
  }

  across(from: Uint16Array, to: Uint16Array, width: number, height: number): void {
    const { radius, share, total } = this;
    const padded = new Uint16Array(width + 2 * radius + 2); // the row, its ends repeated
    for (let y = 0; y < height; y++) {
      const start = y * width;
      padded.fill(from[start] ?? 0, 0, radius + 1);
      padded.set(from.subarray(start, start + width), radius + 1);
      padded.fill(from[start + width - 1] ?? 0, width + radius + 1);
      let sum = 0;
      for (let x = 1; x <= 2 * radius + 1; x++) sum += padded[x] ?? 0;
      for (let x = 0; x < width; x++) {
        const entering = padded[x + 2 * radius + 2] ?? 0;
        to[start + x] = (sum + share * ((padded[x] ?? 0) + entering)) / total + 0.5;
        sum += entering - (padded[x + 1] ?? 0);
      }
    }
  }

  down(from: Uint16Array, to: Uint16Array, width: number, height: number): void {
    const { radius, share, total } = this;
    const rowAt = (y: number) => width * Math.min(height - 1, Math.max(0, y));
    const sums = new Float64Array(width);
    for (let y = -radius; y <= radius; y++) {
      const row = rowAt(y);
      for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) + (from[row + x] ?? 0);
    }
    for (let y = 0; y < height; y++) {
      const [above, leaving, entering] = [rowAt(y - radius - 1), rowAt(y - radius), rowAt(y + radius + 1)];
      for (let x = 0; x < width; x++) {
        const sum = sums[x] ?? 0;
        const next = from[entering + x] ?? 0;
        to[y * width + x] = (sum + share * ((from[above + x] ?? 0) + next)) / total + 0.5;
        sums[x] = sum + next - (from[leaving + x] ?? 0);
      }
    }
  }
}
