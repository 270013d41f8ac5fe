// What the canvas asks of the kernel.

import type { Desk } from "../desk";
import type { Words } from "../words";
import type { MaskSource } from "./maskmenu";

/** The mask that a turn was edited with, or of what it changed; an error has the kernel's sentence. */
async function maskOf(words: Words, desk: Desk, turn: string): Promise<Blob> {
  const { blobs } = await desk.ask({ kind: "masks", turn }, "mask");
  const [png] = blobs;
  if (!png) throw new Error(words.maskFaults.damage);
  return png;
}

/** Where a mask can be taken from: the current turn, and the one that it was made from. */
export function maskSources(words: Words, desk: Desk): MaskSource[] {
  const { twig } = desk;
  if (twig?.task !== "edit") return [];
  const sources = [{ label: words.maskOfTurn, load: () => maskOf(words, desk, twig.turn) }];
  const { parent } = twig;
  if (parent) sources.push({ label: words.maskOfParent, load: () => maskOf(words, desk, parent) });
  return sources;
}
