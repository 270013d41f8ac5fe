import { describe, expect, it } from "vitest";
import { fitted, judge } from "../../src/prompt/judging";
import { type Kind, kindOf, sizeOf } from "../../src/prompt/sniff";

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)));

const u32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const le = (value: number, count: number) => Array.from({ length: count }, (_, at) => (value >>> (8 * at)) & 255);

const png = (width: number, height: number) =>
  bytes("\x89PNG\r\n\x1a\n", u32(13), "IHDR", u32(width), u32(height), [8, 2, 0, 0, 0]);

function jpeg(width: number, height: number, orientation?: number): Uint8Array {
  const exif = orientation
    ? bytes(
        [0xff, 0xe1, 0, 34],
        "Exif",
        [0, 0],
        "MM",
        [0, 42],
        u32(8),
        [0, 1],
        [1, 0x12, 0, 3],
        u32(1),
        [0, orientation, 0, 0],
        u32(0),
      )
    : bytes();
  const frame = [0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  return bytes([0xff, 0xd8], [...exif], [0xff, 0xdb, 0, 4, 0, 0], frame);
}

const webp = (chunk: string, body: number[]) => bytes("RIFF", le(30, 4), "WEBP", chunk, le(10, 4), body);

describe("what a file is", () => {
  it.each<[string, Uint8Array, Kind]>([
    ["PNG", png(1, 1), "png"],
    ["JPEG", jpeg(1, 1), "jpeg"],
    ["WebP", webp("VP8X", []), "webp"],
    ["GIF", bytes("GIF89a", le(3, 2), le(2, 2)), "gif"],
    ["AVIF", bytes(u32(28), "ftyp", "avif", u32(0), "avif", "mif1", "miaf"), "avif"],
    ["AVIF by its second brand", bytes(u32(24), "ftyp", "mif1", u32(0), "mif1", "avif"), "avif"],
    ["HEIC", bytes(u32(24), "ftyp", "heic", u32(0), "mif1", "heic"), "heic"],
    ["HEIF", bytes(u32(24), "ftyp", "mif1", u32(0), "mif1", "heix"), "heic"],
    ["a film", bytes(u32(24), "ftyp", "isom", u32(0), "isom", "mp42"), "other"],
    ["a page that calls itself a picture", bytes("<html><script>alert(1)</script>"), "text"],
    ["Chinese text", new TextEncoder().encode("小狐狸在森林里冒险。".repeat(40)), "text"],
    ["nothing", bytes(), "empty"],
    ["bytes of no kind", bytes([0, 1, 2, 3]), "other"],
  ])("is told by its first bytes: %s", (_, opening, kind) => {
    expect(kindOf(opening)).toBe(kind);
  });

  it("has its size there too", () => {
    expect(sizeOf(png(9000, 6750), "png")).toEqual([9000, 6750]);
    expect(sizeOf(jpeg(4000, 3000), "jpeg")).toEqual([4000, 3000]);
    expect(sizeOf(bytes("GIF89a", le(300, 2), le(200, 2)), "gif")).toEqual([300, 200]);
    expect(sizeOf(webp("VP8X", [0, 0, 0, 0, ...le(799, 3), ...le(599, 3)]), "webp")).toEqual([800, 600]);
    expect(sizeOf(webp("VP8L", [0x2f, ...le(99 | (49 << 14), 4)]), "webp")).toEqual([100, 50]);
    const bmp = bytes("BM", le(0, 12), le(40, 4), le(32, 4), le(-16, 4), [0, 0, 0, 0]);
    expect(sizeOf(bmp, kindOf(bmp))).toEqual([32, 16]);
  });

  it("is upright: a camera that was held sideways wrote its sides the other way round", () => {
    expect(sizeOf(jpeg(4000, 3000, 1), "jpeg")).toEqual([4000, 3000]);
    expect(sizeOf(jpeg(4000, 3000, 6), "jpeg")).toEqual([3000, 4000]);
  });

  it("has no size when it is cut short", () => {
    for (let length = 0; length < 24; length++) expect(sizeOf(png(9, 9).slice(0, length), "png")).toBeNull();
    for (let length = 4; length < 60; length++)
      expect(() => sizeOf(jpeg(9, 9, 6).slice(0, length), "jpeg")).not.toThrow();
  });
});

describe("what becomes of a file", () => {
  const photo = (width: number, height: number, size = 1e6) =>
    judge({ name: "photo.jpg", kind: "jpeg", bytes: size, size: [width, height] });

  it("is that it is taken as it is, up to what models work on", () => {
    expect(photo(4096, 4096)).toEqual({ kind: "take" });
    expect(photo(1, 1)).toEqual({ kind: "take" });
  });

  it("is a question where it is larger, with a size of the same shape", () => {
    expect(photo(9000, 6750)).toEqual({ kind: "ask", to: [4096, 3072] });
    expect(photo(3000, 9000)).toEqual({ kind: "ask", to: [1365, 4096] });
    expect(photo(4000, 3000, 30e6)).toEqual({ kind: "ask", to: [2048, 1536] });
    expect(fitted([100_000, 1], 4096)).toEqual([4096, 1]);
  });

  it.each<Kind>(["text", "heic", "empty", "other"])("is that it is refused by name: %s", (kind) => {
    const told = { kind: "refuse", told: { what: kind, name: "a.b" } };
    expect(judge({ name: "a.b", kind, bytes: 9, size: null })).toEqual(told);
  });

  it("is that it is refused where nothing can read it", () => {
    expect(judge({ name: "a.png", kind: "png", bytes: 9, size: null })).toMatchObject({ told: { what: "broken" } });
    expect(judge({ name: "a.png", kind: "png", bytes: 9, size: [0, 5] })).toMatchObject({ told: { what: "broken" } });
  });
});
