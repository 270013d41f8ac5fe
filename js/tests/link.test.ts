import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Channel, HELLO_MS, Link, PING_MS, SILENCE_MS } from "../src/link";
import { CHUNK_BYTES, type ToBrowser, type ToKernel } from "../src/protocol";
import type { Connection } from "../src/state";

/** The page's end of a comm, as a widget model gives it. */
class Comm implements Channel {
  sent: { message: ToKernel; bytes: number }[] = [];
  listeners = new Map<string, (...args: never[]) => void>();

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    this.sent.push({ message: content as ToKernel, bytes: buffers.reduce((sum, part) => sum + part.byteLength, 0) });
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener);
  }

  off(event: string): void {
    this.listeners.delete(event);
  }

  deliver(message: Partial<ToBrowser>): void {
    (this.listeners.get("msg:custom") as ((message: unknown, buffers: DataView[]) => void) | undefined)?.(message, []);
  }

  kinds(kind: string): number {
    return this.sent.filter(({ message }) => message.kind === kind).length;
  }
}

let comm: Comm;
let link: Link;
let said: Connection[];

beforeEach(() => {
  vi.useFakeTimers();
  comm = new Comm();
  said = [];
  link = new Link(
    comm,
    () => {},
    (connection) => said.push(connection),
  );
  link.start();
});

afterEach(() => {
  link.stop();
  vi.useRealTimers();
});

it("says hello every half second until a snapshot answers", () => {
  vi.advanceTimersByTime(4 * HELLO_MS);
  expect(comm.kinds("hello")).toBe(5);
  comm.deliver({ kind: "snapshot", pictures: [] });
  vi.advanceTimersByTime(4 * HELLO_MS);
  expect(comm.kinds("hello")).toBe(5);
  expect(said).toEqual(["live"]);
});

it("says after three seconds that nobody answers, and is live again when somebody does", () => {
  vi.advanceTimersByTime(SILENCE_MS);
  expect(said).toEqual(["silent"]);
  comm.deliver({ kind: "snapshot", pictures: [] });
  expect(said).toEqual(["silent", "live"]);
});

it("notices a kernel that went away without a word", () => {
  comm.deliver({ kind: "snapshot", pictures: [] });
  vi.advanceTimersByTime(PING_MS + SILENCE_MS);
  expect(comm.kinds("ping")).toBe(1);
  expect(said).toEqual(["live", "silent"]);
  expect(comm.kinds("hello")).toBeGreaterThan(1);
});

it("says that the kernel was restarted when the page has lost it", () => {
  comm.deliver({ kind: "snapshot", pictures: [] });
  (comm.listeners.get("comm_live_update") as () => void)();
  vi.advanceTimersByTime(SILENCE_MS);
  expect(said).toEqual(["live", "gone"]);
});

it("sends what is large in parts that a socket carries, in order, and all of it", () => {
  comm.sent = [];
  const upload = link.upload(new Uint8Array(2 * CHUNK_BYTES + 5));
  expect(comm.sent.map(({ bytes }) => bytes)).toEqual([CHUNK_BYTES, CHUNK_BYTES, 5]);
  expect(comm.sent.map(({ message }) => message)).toMatchObject(
    [0, 1, 2].map((index) => ({ kind: "chunk", upload, index, count: 3 })),
  );
});

it("numbers its messages, and names no field id", () => {
  link.send({ kind: "go", turn: null, index: null });
  link.send({ kind: "ack", preview: 1 });
  const seqs = comm.sent.map(({ message }) => message.seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(comm.sent.some(({ message }) => "id" in message)).toBe(false);
});

it("leaves nothing behind when it stops", () => {
  link.stop();
  comm.sent = [];
  vi.advanceTimersByTime(20_000);
  expect(comm.sent).toEqual([]);
  expect(comm.listeners.size).toBe(0);
});
