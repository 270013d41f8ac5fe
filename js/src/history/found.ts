// What a search shows: asked a moment after the last key, and again when turns come, change or go. An answer to an
// older question is left alone.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import type { TwigCard } from "../protocol";

const TYPING_MS = 150;
const MAX_QUERY = 200;

interface Findings {
  query: string;
  /** Newest first; the newest of them where there are very many. */
  turns: readonly TwigCard[];
  total: number;
  trouble: string | null;
}

export function useFound(desk: Desk, query: string, starred: boolean, turns: readonly TwigCard[]): Findings | null {
  const [found, setFound] = useState<Findings | null>(null);
  useEffect(() => {
    let stale = false;
    const asked = query.trim().slice(0, MAX_QUERY);
    const timer = setTimeout(() => {
      desk.ask({ kind: "find", query: asked, starred }, "found").then(
        ({ message }) => {
          if (!stale) setFound({ query: asked, turns: message.turns, total: message.total, trouble: null });
        },
        (error: Error) => {
          if (!stale) setFound({ query: asked, turns: [], total: 0, trouble: error.message });
        },
      );
    }, TYPING_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [desk, query, starred, turns]);
  return found;
}
