import { expect, it } from "vitest";
import { encodeGrey } from "../src/png";

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

it("writes every grey value bit by bit into a one-channel PNG", async () => {
  const [width, height] = [37, 11];
  const data = Uint8Array.from({ length: width * height }, (_, at) => (at * 89) % 256);
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
