import { describe, expect, it } from "vitest";
import { decodeGrey, encodeGrey, type Fault, GreyError } from "../../src/canvas/grey";
import { writePng } from "./png";
import { same, seeded } from "./support";

function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const chance = seeded(seed);
  return Uint8Array.from({ length }, () => Math.floor(256 * chance()));
}

function rowsOf(data: Uint8Array, count: number): Uint8Array[] {
  const length = data.length / count;
  return Array.from({ length: count }, (_, y) => data.subarray(y * length, (y + 1) * length));
}

async function faultOf(png: Uint8Array | Blob): Promise<Fault | null> {
  try {
    await decodeGrey(png);
    return null;
  } catch (error) {
    if (!(error instanceof GreyError)) throw error;
    expect(error.message).toMatch(/^[A-Z][^.]{10,80}\.( [A-Z][^.]{5,60}\.)?$/);
    return error.fault;
  }
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** 13 × 7 pixels in all kinds of PNG, written by another program; their level at (x, y) is (37 x + 59 y) mod 256. */
const PICTURES = {
  grey: "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHCAAAAAD2G5jGAAAAH0lEQVR4nGNkUEUCjNbIPBYIDyrGuBFF5RsUnjpufQDL0Q7T4BX5OAAAAABJRU5ErkJggg==",
  deep: "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHEAAAAACmi0SFAAAAJklEQVR4nGNkYFDFARitrXFJsSBLoSpj3LgRp4Fv3uCUUlcnwy4AxModmCA6D8IAAAAASUVORK5CYII=",
  bits: "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHAQAAAAD7C/q3AAAAHUlEQVR4nGPk42LRs2EoeMD4+C5DvwSjjAxDxQcANQcF4dPGIqYAAAAASUVORK5CYII=",
  palette:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHBAMAAAAhXtopAAAAMFBMVEUAAAAREREiIiIzMzNERERVVVVmZmZ3d3eIiIiZmZmqqqq7u7vMzMzd3d3u7u7///97EBgKAAAANklEQVR4nAXB0QmAMBQEQbxaLCCQFX8f3JZg+m/FmSue5ztvkMqkbtkTb6krdy1MKtCJbOv6AUNXC4Prm/1tAAAAAElFTkSuQmCC",
  fading:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHBAMAAAAhXtopAAAAMFBMVEUAAAAREREiIiIzMzNERERVVVVmZmZ3d3eIiIiZmZmqqqq7u7vMzMzd3d3u7u7///97EBgKAAAAEHRSTlMAESIzRFVmd4iZqrvM3e7/dpUBFQAAADZJREFUeJwFwdEJgDAUBEG8WiwgkBV/H9yWYPpvxZkrnuc7b5DKpG7ZE2+pK3ctTCrQiWzr+gFDVwuD65v9bQAAAABJRU5ErkJggg==",
  colour:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHCAIAAABcElBNAAAAUUlEQVR4nGNk+M+geltI9bYwKjkJTYTR+ogsQUWqt4VYrI/KIQlNVr0thCoC1ca40S8CWREusxnfCJdhtQhNG6P6DWEy3CesensShoiQ6u3JAIP1Z+tK4W9eAAAAAElFTkSuQmCC",
  opaque:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHCAYAAADTcMcaAAAAV0lEQVR4nGNk+M/wX/W2EIPqbWEGTHoSVnFG6yOy/0nRoHpbiIHF+qgcmsRkBtXbQgyY4giDGDf6RfxH10DIZsY3wmX/8TkFm0GM6jeEqeEniAbs4hCbAYsvbOZJpSByAAAAAElFTkSuQmCC",
  alpha:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHCAYAAADTcMcaAAAAWUlEQVR4nGNk+M/AoHpbSFX1trAqJj0Jqzij9RFZa1I0qN4WUmWxPipnjSoxWVX1tpAqpjjCIMaNfhEb0TUQspnxjXDZG3xOwWYQo/oNYXUq+AmiAbs4xGYAjC12sHQPypIAAAAASUVORK5CYII=",
  greyAlpha:
    "iVBORw0KGgoAAAANSUhEUgAAAA0AAAAHCAQAAAB5eQ+RAAAAKklEQVR4nGP8z3BbFTtkPGKNS4rlKJLUURRljH4bcRoo/Aan1A11MuwCALt0Wwktz9xGAAAAAElFTkSuQmCC",
};

const LEVELS = Uint8Array.from({ length: 13 * 7 }, (_, at) => ((at % 13) * 37 + Math.floor(at / 13) * 59) % 256);

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

describe("writing a mask", () => {
  it("puts every level bit by bit into a one-channel PNG", async () => {
    const [width, height] = [37, 11];
    const data = noise(width * height, 1);
    const png = await encodeGrey(data, width, height);
    const view = new DataView(png.buffer);
    const text = (at: number) => String.fromCharCode(...png.subarray(at, at + 4));
    expect(text(12)).toBe("IHDR");
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([width, height]);
    expect([png[24], png[25]]).toEqual([8, 0]);
    expect(text(37)).toBe("IDAT");
    const rows = await inflate(png.slice(41, 41 + view.getUint32(33)));
    for (let y = 0; y < height; y++) {
      const row = rows.subarray(y * (width + 1), (y + 1) * (width + 1));
      expect([...row]).toEqual([0, ...data.subarray(y * width, (y + 1) * width)]);
    }
  });

  it("ends every part with the checksum that the format asks for", async () => {
    const png = await encodeGrey(new Uint8Array(1), 1, 1);
    const end = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]; // IEND and its checksum, the same in every PNG
    expect([...png.subarray(-8)]).toEqual(end);
  });
});

describe("reading a mask", () => {
  it("gives back what was written, from bytes and from a file", async () => {
    for (const [width, height] of [
      [1, 1],
      [37, 11],
      [1, 300],
      [700, 400],
    ] as const) {
      const data = noise(width * height, width);
      const png = await encodeGrey(data, width, height);
      for (const source of [png, new Blob([png])]) {
        const read = await decodeGrey(source);
        expect([read.width, read.height]).toEqual([width, height]);
        expect(same(read.data, data)).toBe(true);
      }
    }
  });

  it("understands every filter, whatever comes before it", async () => {
    const chance = seeded(2);
    for (const [colour, depth, bytes] of [
      [0, 8, 19],
      [0, 16, 38],
      [2, 8, 57],
      [6, 16, 152],
      [0, 1, 3],
    ] as const) {
      const rows = rowsOf(noise(bytes * 40, bytes), 40);
      const filters = rows.map(() => Math.floor(5 * chance()));
      const what = { width: 19, height: 40, depth, colour, rows };
      const plain = await decodeGrey(await writePng(what));
      const read = await decodeGrey(await writePng({ ...what, filters }));
      expect(same(read.data, plain.data)).toBe(true);
      if (colour === 0 && depth === 8) expect(rowsOf(read.data, 40)).toEqual(rows);
    }
  });

  it("reads the grey levels that other programs write, of any depth", async () => {
    expect((await decodeGrey(fromBase64(PICTURES.grey))).data).toEqual(LEVELS);
    expect((await decodeGrey(fromBase64(PICTURES.deep))).data).toEqual(LEVELS);
    const bits = await decodeGrey(fromBase64(PICTURES.bits));
    expect(bits.data).toEqual(LEVELS.map((level) => (level > 127 ? 255 : 0)));
    const rows = [Uint8Array.of(0b00011011), Uint8Array.of(0b11100100)];
    const two = await decodeGrey(await writePng({ width: 4, height: 2, depth: 2, colour: 0, rows }));
    expect([...two.data]).toEqual([0, 85, 170, 255, 255, 170, 85, 0]);
  });

  it("takes the brightness of colours, and the opacity where it is not the same everywhere", async () => {
    const brightness = LEVELS.map((level) => Math.round(0.299 * level + 0.587 * (255 - level) + 0.114 * (level >> 1)));
    for (const kind of ["colour", "opaque"] as const) {
      const { data } = await decodeGrey(fromBase64(PICTURES[kind]));
      data.forEach((value, at) => {
        expect(Math.abs(value - (brightness[at] ?? 0))).toBeLessThanOrEqual(1);
      });
    }
    for (const kind of ["alpha", "greyAlpha"] as const) {
      expect((await decodeGrey(fromBase64(PICTURES[kind]))).data).toEqual(LEVELS);
    }
    const coarse = LEVELS.map((level) => (level >> 4) * 17);
    for (const kind of ["palette", "fading"] as const) {
      expect((await decodeGrey(fromBase64(PICTURES[kind]))).data).toEqual(coarse);
    }
    const grey = noise(3 * 16, 3).map((_, at, all) => all[at - (at % 3)] ?? 0);
    const read = await decodeGrey(await writePng({ width: 4, height: 4, depth: 8, colour: 2, rows: rowsOf(grey, 4) }));
    expect(read.data).toEqual(grey.filter((_, at) => at % 3 === 0));
  });

  it("refuses what is no PNG", async () => {
    expect(await faultOf(new Uint8Array(0))).toBe("kind");
    expect(await faultOf(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("kind");
    expect(await faultOf(new Blob(["a letter to a friend, longer than the header of a picture is"]))).toBe("kind");
  });

  it("refuses more than 50 megapixels before it unpacks any", async () => {
    const what = { width: 10_001, height: 5_000, depth: 8, colour: 0, rows: [] };
    expect(await faultOf(await writePng(what))).toBe("size");
    expect(await faultOf(await writePng({ ...what, width: 0xffffffff, height: 0xffffffff }))).toBe("size");
    expect(await faultOf(await writePng({ ...what, width: 10_000 }))).toBe("damage"); // not too large, but empty
  });

  it("refuses kinds of PNG that it does not read", async () => {
    const what = { width: 2, height: 1, depth: 8, colour: 0, rows: [Uint8Array.of(1, 2)] };
    expect(await faultOf(await writePng({ ...what, interlace: 1 }))).toBe("form");
    expect(await faultOf(await writePng({ ...what, depth: 3 }))).toBe("form");
    expect(await faultOf(await writePng({ ...what, colour: 5 }))).toBe("form");
  });

  it("notices every damaged byte, and a file that stops early", async () => {
    const png = await encodeGrey(noise(20 * 15, 4), 20, 15);
    const chance = seeded(5);
    for (let at = 0; at < png.length; at++) {
      const damaged = png.map((byte, index) => (index === at ? byte ^ (1 + Math.floor(255 * chance())) : byte));
      expect(await faultOf(damaged)).not.toBeNull();
    }
    for (let length = 8; length < png.length; length += 7) expect(await faultOf(png.slice(0, length))).toBe("damage");
  });

  it("refuses rows that are missing, too many, or beyond the palette", async () => {
    const what = { width: 2, height: 2, depth: 8, colour: 0, rows: [] };
    expect(await faultOf(await writePng({ ...what, instead: new Uint8Array(3) }))).toBe("damage");
    expect(await faultOf(await writePng({ ...what, instead: new Uint8Array(7) }))).toBe("damage");
    expect(await faultOf(await writePng({ ...what, instead: new Uint8Array(30_000_000) }))).toBe("damage");
    expect(await faultOf(await writePng({ ...what, instead: Uint8Array.of(5, 0, 0, 0, 0, 0) }))).toBe("damage");
    expect(await faultOf(await writePng({ ...what, width: 0 }))).toBe("damage");
    const indexed = { ...what, colour: 3, rows: [Uint8Array.of(0, 1), Uint8Array.of(1, 2)] };
    expect(await faultOf(await writePng(indexed))).toBe("damage");
    const palette = Uint8Array.of(0, 0, 0, 255, 255, 255);
    expect(await faultOf(await writePng({ ...indexed, more: [["PLTE", palette]] }))).toBe("damage");
  });
});
