// What the model has to say to a prompt while it is written: asked once the writing pauses, never twice for the same.

import { useEffect } from "preact/hooks";
import type { Desk } from "../desk";
import type { State } from "../state";
import { changes } from "../state/prompt";
import type { Words } from "../words";
import { isCommand } from "./commands";

const PAUSE_MS = 400;

export function useHints(desk: Desk, state: State): void {
  const prompt = state.draft.trim();
  const task = changes(state) ? "edit" : "generate";
  const references = state.attachments.length;
  const wanted = state.connection === "live" && desk.able && prompt !== "" && !isCommand(prompt);
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => {
      // A model that cannot be asked is told of elsewhere: a hint that is missing is no trouble of its own.
      desk.ask({ kind: "check", prompt, task, references }, "checked").catch(() => undefined);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [desk, prompt, task, references, wanted, state.session?.model]);
}

/** The sentences under the box; none once the text has become another. */
export function hintsOf(state: State, words: Words): string[] {
  const { hints, session } = state;
  if (hints === null || isCommand(state.draft)) return [];
  const { unknown, nearest, cannot } = hints;
  return [...(unknown.length > 0 ? [words.unknownWords(session?.model ?? "", unknown, nearest)] : []), ...cannot];
}
