import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeGrey, encodeGrey } from "../../src/canvas/grey";
import { MaskDesk, SETTLE_MS } from "../../src/parts/maskdesk";
import { PROTOCOL } from "../../src/protocol";
import { FakeModel } from "./fake";

const PICTURE = new Uint8Array([1, 2, 3]);
const TIP = { diameter: 4, hardness: 1, opacity: 1, erase: false, pressureSize: false };

let model: FakeModel;
let desk: MaskDesk;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  model = new FakeModel();
  desk = new MaskDesk(model);
  desk.start();
});

afterEach(() => {
  desk.stop();
  vi.useRealTimers();
});

/** Lets one event of the real loop happen. */
function tick(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((next) => {
    port1.onmessage = () => {
      port1.close();
      next();
    };
    port2.postMessage(null);
  });
}

/** Waits for what is packed and unpacked by streams, which no fake clock moves on. */
async function settled(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !done(); turn++) await tick();
  expect(done()).toBe(true);
}

interface Told {
  version?: number;
  width?: number;
  height?: number;
  seq?: number | null;
  pictured?: boolean;
  data?: Uint8Array<ArrayBuffer>;
}

async function canvas({ version = 0, width = 12, height = 9, seq = null, pictured = true, data }: Told): Promise<void> {
  const mask = data ? [await encodeGrey(data, width, height)] : [];
  const label = `version ${version}, ${width}`;
  model.hear(
    { kind: "canvas", seq, protocol: PROTOCOL, width, height, label, pictured, painted: data !== undefined, version },
    [...(pictured ? [PICTURE] : []), ...mask],
  );
  await settled(() => desk.store.state.label === label);
}

function stroke(x: number, y: number): void {
  desk.press(1);
  desk.mask?.begin({ x, y, pressure: 1 }, TIP);
  desk.mask?.extend({ x: x + 2, y, pressure: 1 });
  desk.mask?.end();
  desk.lift(1);
}

async function sent(times: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(SETTLE_MS);
  await settled(() => model.all("paint").length === times);
}

/** The mask that the kernel has put together from the last upload. */
async function arrived(): Promise<Uint8Array> {
  const at = model.said.findIndex((one) => one.kind === "chunk" && one.upload === model.last("paint").upload);
  return (await decodeGrey(new Uint8Array(model.buffers[at]?.[0] ?? new ArrayBuffer(0)))).data;
}

function taken(version: number): void {
  model.hear({ kind: "painted", seq: model.last("paint").seq, version });
}

describe("the mask canvas", () => {
  test("shows the mask that the kernel has, to the bit", async () => {
    const data = Uint8Array.from({ length: 108 }, (_, at) => (at * 7) % 256);
    await canvas({ version: 3, data });
    expect(desk.mask?.data).toEqual(data);
    expect(desk.store.state.picture?.size).toBe(PICTURE.length);
    expect(model.all("paint")).toEqual([]);
  });

  test("sends a stroke once, when the pen is lifted, to the bit", async () => {
    await canvas({});
    stroke(3, 4);
    await sent(1);
    expect(await arrived()).toEqual(desk.mask?.data);
    await vi.advanceTimersByTimeAsync(10 * SETTLE_MS);
    expect(model.all("paint")).toHaveLength(1);
  });

  test("sends nothing while a pen rests on the picture", async () => {
    await canvas({});
    desk.press(1);
    desk.mask?.begin({ x: 3, y: 4, pressure: 1 }, TIP);
    await vi.advanceTimersByTimeAsync(10 * SETTLE_MS);
    expect(model.all("paint")).toEqual([]);
    desk.mask?.end();
    desk.lift(1);
    await sent(1);
  });

  test("is not hurried by a mouse that only passes over it", async () => {
    await canvas({});
    desk.mask?.selectAll();
    desk.lift(1);
    await vi.advanceTimersByTimeAsync(SETTLE_MS - 1);
    for (let turn = 0; turn < 50; turn++) await tick();
    expect(model.all("paint")).toEqual([]);
    await sent(1);
  });

  test("sends one mask for several steps that follow at once", async () => {
    await canvas({});
    desk.mask?.selectAll();
    await vi.advanceTimersByTimeAsync(SETTLE_MS - 1);
    desk.mask?.invert();
    desk.mask?.invert();
    await sent(1);
    expect(await arrived()).toEqual(new Uint8Array(108).fill(255));
  });

  test("says that nothing is painted without sending a picture of it", async () => {
    await canvas({ version: 1, data: new Uint8Array(108).fill(255) });
    desk.mask?.clear();
    await sent(1);
    expect(model.last("paint").upload).toBeNull();
    expect(model.all("chunk")).toEqual([]);
  });

  test("keeps what was painted when an older mask comes meanwhile", async () => {
    await canvas({});
    stroke(3, 4);
    const mine = desk.mask?.data.slice();
    await canvas({ version: 1, pictured: false, data: new Uint8Array(108).fill(9) });
    expect(desk.mask?.data).toEqual(mine);
    await sent(1);
    await canvas({ version: 2, width: 12, pictured: false, data: new Uint8Array(108).fill(9) });
    expect(desk.mask?.data).toEqual(mine);
    taken(3);
    await canvas({ version: 3, data: new Uint8Array(108).fill(9) });
    expect(desk.mask?.data).toEqual(mine);
  });

  test("takes over a mask that was set in code, and one can undo it", async () => {
    await canvas({});
    stroke(3, 4);
    await sent(1);
    taken(1);
    const mine = desk.mask?.data.slice();
    await canvas({ version: 2, pictured: false, data: new Uint8Array(108).fill(200) });
    expect(desk.mask?.data).toEqual(new Uint8Array(108).fill(200));
    expect(desk.store.state.picture?.size).toBe(PICTURE.length);
    await vi.advanceTimersByTimeAsync(10 * SETTLE_MS);
    expect(model.all("paint")).toHaveLength(1);
    desk.mask?.undo();
    expect(desk.mask?.data).toEqual(mine);
  });

  test("is up to date again where the answer to its mask was lost", async () => {
    await canvas({});
    stroke(3, 4);
    await sent(1);
    await canvas({ version: 1, data: desk.mask?.data.slice() as Uint8Array<ArrayBuffer> });
    await canvas({ version: 2, pictured: false, data: new Uint8Array(108).fill(200) });
    expect(desk.mask?.data).toEqual(new Uint8Array(108).fill(200));
  });

  test("begins anew on a picture of another size", async () => {
    await canvas({});
    stroke(3, 4);
    await canvas({ version: 1, width: 5, height: 6 });
    expect([desk.mask?.width, desk.mask?.height, desk.mask?.painted]).toEqual([5, 6, 0]);
    await vi.advanceTimersByTimeAsync(10 * SETTLE_MS);
    expect(model.all("paint")).toEqual([]);
  });

  test("asks for the mask that another page has painted", async () => {
    await canvas({});
    const hellos = model.all("hello").length;
    model.hear({ kind: "painted", seq: 1, version: 1 });
    expect(model.all("hello")).toHaveLength(hellos + 1);
  });

  test("says what the kernel refuses, until the next mask is taken", async () => {
    await canvas({});
    stroke(3, 4);
    await sent(1);
    model.hear({ kind: "trouble", seq: model.last("paint").seq, message: "Paint it again." });
    expect(desk.store.state.trouble).toBe("Paint it again.");
    stroke(6, 4);
    await sent(2);
    taken(1);
    expect(desk.store.state.trouble).toBeNull();
  });

  test("listens to nothing once it is stopped", () => {
    desk.stop();
    expect(model.listening).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
