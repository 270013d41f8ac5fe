import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Channel, HELLO_MS, HELLO_REFUSED_MS, KEPT, Link, PING_MS, RECEIPT_MS, SILENCE_MS } from "../src/link";
import { CHUNK_BYTES, OTHER_VERSION, PROTOCOL, type ToBrowser, type ToKernel } from "../src/protocol";
import type { Connection } from "../src/state";

/** The page's end of a comm, as a widget model gives it. */
class Comm implements Channel {
  disposed = false;
  lang = "en";
  sent: { message: ToKernel; bytes: number }[] = [];
  listeners = new Map<string, (...args: never[]) => void>();

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    if (this.disposed) throw new Error("Cannot send");
    this.sent.push({ message: content as ToKernel, bytes: buffers.reduce((sum, part) => sum + part.byteLength, 0) });
  }

  get(name: string): unknown {
    return name === "lang" ? this.lang : undefined;
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

  /** Answers the last hello as the kernel does. */
  welcome(serial: number, more: object = {}): void {
    const hello = this.sent.findLast(({ message }) => message.kind === "hello");
    const seq = hello?.message.seq ?? 0;
    this.deliver({ kind: "snapshot", serial, seq, protocol: PROTOCOL, pictures: [], ...more } as Partial<ToBrowser>);
  }

  working(serial: number): void {
    this.deliver({ kind: "working", serial, jobs: [], unlisted: 0 });
  }
}

const ASK = { kind: "go", turn: "k3f9", index: null } as const;

let comm: Comm;
let link: Link;
let said: Connection[];
let heard: ToBrowser[];

beforeEach(() => {
  vi.useFakeTimers();
  comm = new Comm();
  said = [];
  heard = [];
  link = new Link(
    comm,
    (message) => heard.push(message),
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
  comm.welcome(1);
  vi.advanceTimersByTime(4 * HELLO_MS);
  expect(comm.kinds("hello")).toBe(5);
  expect(said).toEqual(["live"]);
});

it("says after three seconds that nobody answers, and is live again when somebody does", () => {
  vi.advanceTimersByTime(SILENCE_MS);
  expect(said).toEqual(["silent"]);
  comm.welcome(1);
  expect(said).toEqual(["silent", "live"]);
});

it("notices a kernel that went away without a word", () => {
  comm.welcome(1);
  vi.advanceTimersByTime(PING_MS + SILENCE_MS);
  expect(comm.kinds("ping")).toBe(1);
  expect(said).toEqual(["live", "silent"]);
  expect(comm.kinds("hello")).toBeGreaterThan(1);
});

it("says that the kernel was restarted when the page has lost it", () => {
  comm.welcome(1);
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

it("numbers its messages from a place of its own, so that two pages never use the same number", () => {
  const other = new Link(
    comm,
    () => {},
    () => {},
  );
  const [mine, others] = [link.send(ASK), other.send(ASK)];
  expect(Math.abs(mine - others)).toBeGreaterThan(2 ** 20);
  expect(Number.isSafeInteger(mine)).toBe(true);
  other.stop();
});

it("hears a message once, also when it comes twice or after a later one", () => {
  comm.welcome(1);
  comm.working(2);
  comm.working(2);
  comm.working(3);
  comm.working(2);
  expect(heard.map(({ serial }) => serial)).toEqual([1, 2, 3]);
});

it("leaves out a snapshot that is played again", () => {
  comm.welcome(1);
  comm.working(2);
  comm.welcome(1);
  expect(heard.map(({ kind }) => kind)).toEqual(["snapshot", "working"]);
});

it("takes a snapshot of a kernel's end that counts anew, when it answers a hello", () => {
  comm.welcome(40);
  (comm.listeners.get("comm_live_update") as () => void)();
  comm.welcome(1);
  comm.working(2);
  expect(heard.map(({ serial }) => serial)).toEqual([40, 1, 2]);
});

it("asks for a snapshot when something is missing, and for one only", () => {
  comm.welcome(1);
  const before = comm.kinds("hello");
  comm.working(4);
  comm.working(8);
  expect(comm.kinds("hello")).toBe(before + 1);
  comm.welcome(9);
  expect(heard.map(({ serial }) => serial)).toEqual([1, 4, 8, 9]);
});

it("sends what changes something again, under the same number, when the line is back", () => {
  comm.welcome(1);
  const seq = link.send(ASK);
  vi.advanceTimersByTime(SILENCE_MS);
  comm.sent = comm.sent.filter(({ message }) => message.kind !== "go");
  comm.welcome(2);
  expect(comm.sent.filter(({ message }) => message.kind === "go").map(({ message }) => message.seq)).toEqual([seq]);
});

it("does not send again what the kernel has said that it has, nor what only asked", () => {
  comm.welcome(1);
  const seq = link.send(ASK);
  link.send({ kind: "show", turn: "k3f9", index: 0 });
  comm.deliver({ kind: "pong", serial: 2, seq });
  vi.advanceTimersByTime(PING_MS + SILENCE_MS);
  comm.welcome(3);
  expect([comm.kinds("go"), comm.kinds("show")]).toEqual([1, 1]);
});

it("sends again what got lost on a line that never seemed to break, ever more seldom", () => {
  comm.welcome(1);
  link.send(ASK);
  let serial = 2;
  comm.working(serial); // the line lives, whatever became of the message
  for (let ticks = 0; ticks < 10; ticks++) {
    vi.advanceTimersByTime(PING_MS);
    comm.deliver({ kind: "pong", serial: ++serial, seq: 1 });
  }
  expect(RECEIPT_MS).toBe(2 * PING_MS);
  expect(comm.kinds("go")).toBe(3);
});

it("gives back what can never arrive, once, and does not send it later", () => {
  comm.welcome(1);
  comm.disposed = true;
  const seq = link.send(ASK);
  vi.advanceTimersByTime(SILENCE_MS);
  const troubles = heard.filter(({ kind }) => kind === "trouble");
  expect(troubles).toMatchObject([{ seq }]);
  comm.disposed = false;
  comm.welcome(2);
  expect(comm.kinds("go")).toBe(0);
});

it("says so in the language of the view", () => {
  comm.welcome(1);
  comm.disposed = true;
  comm.lang = "zh";
  link.send(ASK);
  vi.advanceTimersByTime(SILENCE_MS);
  expect(heard.at(-1)).toMatchObject({ kind: "trouble", message: expect.stringMatching(/^内核/) });
});

it("keeps no more than a bounded number of messages for later", () => {
  comm.welcome(1);
  for (let count = 0; count < KEPT + 20; count++) link.send(ASK);
  vi.advanceTimersByTime(SILENCE_MS);
  comm.sent = comm.sent.filter(({ message }) => message.kind !== "go");
  comm.welcome(2);
  expect(comm.kinds("go")).toBe(KEPT);
});

it("shows nothing of a kernel that speaks another version, and says so", () => {
  comm.welcome(1, { protocol: PROTOCOL + 1 });
  expect(heard).toMatchObject([{ kind: "trouble", message: OTHER_VERSION }]);
  expect(said).toEqual([]);
});

it("does not say hello over and over to a kernel that refuses it", () => {
  const seq = comm.sent[0]?.message.seq ?? 0;
  comm.deliver({ kind: "trouble", serial: 1, seq, message: OTHER_VERSION });
  vi.advanceTimersByTime(HELLO_REFUSED_MS - 1);
  expect(comm.kinds("hello")).toBe(1);
  vi.advanceTimersByTime(1);
  expect(comm.kinds("hello")).toBe(2);
});

it("leaves nothing behind when it stops", () => {
  link.stop();
  comm.sent = [];
  vi.advanceTimersByTime(20_000);
  expect(comm.sent).toEqual([]);
  expect(comm.listeners.size).toBe(0);
});

it("says nothing any more once it has stopped, whatever is still handed to it", () => {
  link.stop();
  comm.sent = [];
  expect(link.send(ASK)).toBeGreaterThan(0);
  vi.advanceTimersByTime(60_000);
  expect(comm.sent).toEqual([]);
  expect(said).toEqual([]);
});
