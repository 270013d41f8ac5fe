// What was just deleted, and the way back: there for ten seconds, until the next thing is done, or until it is back.

import { useEffect } from "preact/hooks";
import type { Desk } from "../desk";
import type { TwigCard } from "../protocol";
import type { Words } from "../words";
import { restore } from "./actions";

const UNDO_MS = 10_000;

export function Deleted({ words, desk, twig }: { words: Words; desk: Desk; twig: TwigCard | null }) {
  useEffect(() => {
    if (!twig) return;
    const timer = setTimeout(() => desk.store.dispatch({ type: "settled" }), UNDO_MS);
    return () => clearTimeout(timer);
  }, [desk, twig]);
  return (
    <div class="pochade-deleted" role="status">
      {twig ? (
        <>
          <span>{words.turnDeleted(twig.number)}</span>
          <button type="button" class="pochade-quiet" onClick={() => restore(desk, twig.turn)}>
            {words.undoDelete}
          </button>
        </>
      ) : null}
    </div>
  );
}
