// How a picture, or the code that makes it, leaves the Studio. Each way either says what became of it or throws a
// sentence that says why it did not.

import type { Desk } from "../desk";
import type { TurnCard } from "../protocol";
import { pictureKey, twigOf } from "../state/turns";
import type { Words } from "../words";
import { fileName } from "./filename";

export type Format = "png" | "jpeg" | "webp";

const ENDINGS = { png: "png", jpeg: "jpg", webp: "webp" } as const;
/** How long an address lives on after a click, since the browser fetches from it a moment later. */
const FETCHED_MS = 20_000;

/** The stored bytes of a picture, as they are. */
async function pngOf(desk: Desk, words: Words, turn: string, index: number): Promise<Blob> {
  const kept = desk.state.pictures[pictureKey(turn, index)];
  if (kept) return kept;
  const { message, blobs } = await desk.ask({ kind: "show", turn, index }, "pictures");
  const at = message.pictures.findIndex((one) => one.turn === turn && one.index === index && !one.thumb);
  const blob = blobs[at];
  if (!blob) throw new Error(words.notArrived);
  return blob;
}

export async function save(desk: Desk, words: Words, turn: TurnCard, index: number, format: Format): Promise<string> {
  const blob =
    format === "png"
      ? await pngOf(desk, words, turn.turn, index)
      : (await desk.ask({ kind: "export", turn: turn.turn, index, format }, "exported")).blobs[0];
  if (!blob) throw new Error(words.notArrived);
  const name = fileName(turn.prompt, index, twigOf(desk.state, turn.turn)?.count ?? 1, ENDINGS[format]);
  download(blob, name);
  return words.saved(name);
}

export async function copyPicture(desk: Desk, words: Words, turn: TurnCard, index: number): Promise<string> {
  if (!navigator.clipboard || typeof ClipboardItem === "undefined") throw new Error(words.notSecure);
  // Given as a promise, so that the click still counts when the picture comes later.
  const item = new ClipboardItem({ "image/png": pngOf(desk, words, turn.turn, index) });
  try {
    await navigator.clipboard.write([item]);
  } catch (error) {
    throw error instanceof DOMException ? new Error(words.mayNotCopy) : error;
  }
  return words.pictureCopied;
}

/** A page that is not served securely has no clipboard of its own; the old way still works there. */
export async function copyText(words: Words, text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text).catch(() => {
      throw new Error(words.mayNotCopy);
    });
    return;
  }
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!copied) throw new Error(words.mayNotCopy);
}

/** Gives a turn a name in the notebook. */
export async function nameIt(desk: Desk, words: Words, turn: string, index: number, name: string): Promise<string> {
  const { message } = await desk.ask({ kind: "name", turn, index, name }, "named");
  return words.named(message.name);
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), FETCHED_MS);
}
