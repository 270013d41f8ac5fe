// Pictures on their way into a prompt: looked at, asked about where they are huge, sent in parts that the kernel
// acknowledges one by one, and kept in order.

import type { Desk } from "../desk";
import { CHUNK_BYTES, MAX_REFERENCES } from "../protocol";
import { type Attachment, heldUploads, type Question } from "../state/prompt";
import { pictureKey, twigOf } from "../state/turns";
import { straight } from "../words/straight";
import { judge, type Told } from "./judging";
import { decodedSize, scaled } from "./scaling";
import { kindOf, sizeOf } from "./sniff";

const OPENING_BYTES = 1_000_000; // a camera puts a preview and colour tables before the picture's size
const MAX_NAME = 200;

let made = 0;
const queues = new WeakMap<Desk, Promise<void>>();

/** How many pictures can go with a prompt. */
export function most(desk: Desk): number {
  return Math.min(MAX_REFERENCES, desk.state.abilities?.references ?? MAX_REFERENCES);
}

function room(desk: Desk): number {
  const { attachments, questions } = desk.state;
  return most(desk) - attachments.length - questions.length;
}

/** Takes files in their order, as many as there is room for, and says what becomes of the others. */
export async function attachFiles(desk: Desk, files: readonly File[]): Promise<void> {
  if (!desk.able || files.length === 0) return;
  const told: Told[] = [];
  const say = (one: Told) => {
    told.push(one);
    desk.store.dispatch({ type: "told", told: [...told] });
  };
  desk.store.dispatch({ type: "told", told: [] });
  const toEdit = most(desk) === 0 && desk.state.abilities?.edit === true;
  if (most(desk) === 0 && !toEdit) return say({ what: "none" });
  let left = 0;
  for (const file of files) {
    if (left > 0 || (toEdit ? desk.state.attachments.length > 0 : room(desk) <= 0)) {
      left += 1; // those beyond the limit are not even looked at
      continue;
    }
    const told = await take(desk, file, toEdit);
    if (told) say(told);
  }
  if (left > 0) say({ what: "left", count: left, most: toEdit ? 1 : most(desk) });
}

async function take(desk: Desk, file: File, toEdit: boolean): Promise<Told | null> {
  const name = nameOf(file);
  const opening = await bytesOf(file.slice(0, OPENING_BYTES));
  if (opening === null) return { what: "broken", name };
  const kind = kindOf(opening);
  const picture = kind !== "text" && kind !== "heic" && kind !== "empty" && kind !== "other";
  const size = picture ? (sizeOf(opening, kind) ?? (await decodedSize(file))) : null;
  const verdict = judge({ name, kind, bytes: file.size, size });
  if (verdict.kind === "refuse") return verdict.told;
  const [width, height] = size ?? [0, 0];
  if (verdict.kind === "ask") {
    desk.store.dispatch({ type: "question", question: { key: ++made, file, width, height, to: verdict.to } });
  } else {
    add(desk, file, name, width, height, toEdit);
  }
  return null;
}

function nameOf(file: File): string {
  return straight(file.name).slice(-MAX_NAME);
}

/** A folder, or a file that was removed meanwhile, has no bytes. */
async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    return null;
  }
}

/** The answer to a question about a large picture. */
export async function answer(desk: Desk, question: Question, scale: boolean): Promise<void> {
  const { key, file, to } = question;
  desk.store.dispatch({ type: "answered", key });
  if (!scale) return;
  const name = nameOf(file);
  desk.store.dispatch({ type: "attach", attachment: { ...blank(name, to[0], to[1]), key } }); // it takes a moment
  try {
    desk.store.dispatch({ type: "attachment", key, change: { blob: await scaled(file, to) } });
    await sent(desk, key, most(desk) === 0);
  } catch {
    desk.store.dispatch({ type: "unattach", key });
    desk.store.dispatch({ type: "told", told: [{ what: "unscaled", name }] });
  }
}

function blank(name: string, width: number, height: number): Attachment {
  const nothing = { trouble: null, upload: null, turn: null, blob: null, thumb: null };
  return { key: ++made, name, state: "sending", progress: 0, index: 0, width, height, ...nothing };
}

function add(desk: Desk, blob: Blob, name: string, width: number, height: number, toEdit: boolean): void {
  const attachment = { ...blank(name, width, height), blob };
  desk.store.dispatch({ type: "attach", attachment });
  void sent(desk, attachment.key, toEdit);
}

async function sent(desk: Desk, key: number, toEdit: boolean): Promise<void> {
  await upload(desk, key);
  if (toEdit) editAttachment(desk, key);
}

/** Adds a picture of a turn, by its name alone: the kernel has it. */
export function attachTurn(desk: Desk, turn: string, index: number): void {
  const twig = twigOf(desk.state, turn);
  if (!twig || desk.state.attachments.some((one) => one.turn === turn && one.index === index)) return;
  if (room(desk) <= 0) {
    const told: Told = most(desk) === 0 ? { what: "none" } : { what: "left", count: 1, most: most(desk) };
    desk.store.dispatch({ type: "told", told: [told] });
    return;
  }
  const { thumbs, pictures } = desk.state;
  const thumb = pictures[pictureKey(turn, index)] ?? thumbs[turn] ?? null;
  const known = { ...blank(twig.prompt, twig.width, twig.height), turn, index, thumb };
  desk.store.dispatch({ type: "attach", attachment: { ...known, state: "ready", progress: 1 } });
}

/** Sends a picture to the kernel, after those before it; also again, where it failed. */
export function upload(desk: Desk, key: number): Promise<void> {
  const before = queues.get(desk) ?? Promise.resolve();
  const task = before.then(() => sendParts(desk, key));
  queues.set(desk, task);
  return task;
}

async function sendParts(desk: Desk, key: number): Promise<void> {
  const change = (change: Partial<Attachment>) => desk.store.dispatch({ type: "attachment", key, change });
  const blob = find(desk, key)?.blob;
  if (!blob) return;
  change({ state: "sending", progress: 0, trouble: null });
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const number = Math.floor(Math.random() * 2 ** 52); // drawn, as two pages may send at once
    const count = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    for (let index = 0; index < count; index++) {
      const part = bytes.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      desk.send({ kind: "chunk", upload: number, index, count }, [part.buffer]);
      await desk.ask({ kind: "ping" }, "pong"); // answered in order: the kernel has what was sent before
      if (!find(desk, key)) return;
      change({ progress: (index + 1) / (count + 1) });
    }
    const name = find(desk, key)?.name ?? "";
    const { message, blobs } = await desk.ask({ kind: "attach", upload: number, name }, "attached");
    if (!find(desk, key)) desk.send({ kind: "detach", upload: number });
    const { width, height } = message;
    change({ state: "ready", progress: 1, upload: number, thumb: blobs[0] ?? null, width, height });
  } catch (error) {
    change({ state: "failed", trouble: error instanceof Error ? error.message : String(error) });
  }
}

export function find(desk: Desk, key: number): Attachment | null {
  return desk.state.attachments.find((one) => one.key === key) ?? null;
}

export function remove(desk: Desk, key: number): void {
  desk.store.dispatch({ type: "told", told: [] });
  if (desk.state.source?.key === key) desk.store.dispatch({ type: "source", source: null });
  else desk.store.dispatch({ type: "unattach", key });
}

/** Makes an attached picture the one that is changed; another that was takes its place among the references. */
export function editAttachment(desk: Desk, key: number): void {
  const one = find(desk, key);
  if (one?.state !== "ready") return;
  if (one.turn !== null) {
    putBack(desk);
    desk.send({ kind: "go", turn: one.turn, index: one.index });
    desk.store.dispatch({ type: "went", turn: one.turn });
    desk.store.dispatch({ type: "index", index: one.index });
    desk.store.dispatch({ type: "unattach", key });
  } else if (one.upload !== null && one.blob !== null) {
    putBack(desk);
    const { name, upload, blob, thumb, width, height } = one;
    // First to its new place: an upload that stands nowhere for a moment would be forgotten by the kernel.
    desk.store.dispatch({ type: "source", source: { key, name, upload, blob, thumb, width, height } });
    desk.store.dispatch({ type: "unattach", key });
  }
}

/** Whether the picture that is being changed can go back among the references. */
export function canRefer(desk: Desk): boolean {
  return room(desk) > 0;
}

/** Takes the picture that is being changed back among the references, where there is room. */
export function referTo(desk: Desk): void {
  if (canRefer(desk)) putBack(desk);
}

/** The picture that is being changed makes way: among the references, or for good with a model that takes none. */
function putBack(desk: Desk): void {
  const { source } = desk.state;
  if (!source || most(desk) === 0) return;
  const { name, width, height, ...known } = source;
  const attachment: Attachment = { ...blank(name, width, height), ...known, state: "ready", progress: 1 };
  desk.store.dispatch({ type: "attach", attachment });
  desk.store.dispatch({ type: "source", source: null });
}

/** Lets the kernel forget uploads that nothing here stands for any more; returns what ends that. */
export function watchUploads(desk: Desk): () => void {
  let held = heldUploads(desk.state);
  return desk.store.subscribe(() => {
    const now = heldUploads(desk.state);
    for (const upload of held) if (!now.has(upload)) desk.send({ kind: "detach", upload });
    held = now;
  });
}
