// What becomes of files that somebody dropped, pasted or chose: which are taken, about which one is asked, and what is
// said of the others. A plain function of what is known about each file, before anything is decoded or sent.

import type { Kind, Size } from "./sniff";

/** Larger ones are made smaller, if the person agrees: no model here works on more. */
const MAX_SIDE = 4096;
const MAX_BYTES = 20_000_000;
const SMALLER_SIDE = 2048;

/** Why something was not taken, for the room's words. */
export type Told =
  | { what: "text" | "heic" | "empty" | "other" | "broken" | "unscaled"; name: string }
  | { what: "left"; count: number; most: number }
  | { what: "none" };

type Verdict = { kind: "take" } | { kind: "ask"; to: Size } | { kind: "refuse"; told: Told };

interface Known {
  name: string;
  kind: Kind;
  bytes: number;
  /** Null where it cannot be found out, not by decoding either. */
  size: Size | null;
}

export function judge({ name, kind, bytes, size }: Known): Verdict {
  if (kind === "text" || kind === "heic" || kind === "empty" || kind === "other") {
    return { kind: "refuse", told: { what: kind, name } };
  }
  if (size === null || size[0] < 1 || size[1] < 1) return { kind: "refuse", told: { what: "broken", name } };
  if (size[0] * size[1] <= MAX_SIDE * MAX_SIDE && bytes <= MAX_BYTES) return { kind: "take" };
  const longest = Math.max(...size) > MAX_SIDE ? MAX_SIDE : SMALLER_SIDE;
  return { kind: "ask", to: fitted(size, longest) };
}

/** The size of the same shape whose longer side is this. */
export function fitted([width, height]: Size, longest: number): Size {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}
