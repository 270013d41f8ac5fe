// Where a prompt is written and sent, and where the picture being made shows how far it is.

import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import type { JobCard } from "./protocol";
import type { State } from "./state";
import { useChanges } from "./store";
import type { Words } from "./words";

const MAX_ROWS_PX = 168;

export function Composer({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  useChanges(desk.mask);
  const box = useRef<HTMLTextAreaElement>(null);
  const busy = state.job !== null || state.asked !== null;
  const able = state.session?.writable === true && !state.session.closed;
  const painted = desk.turn !== null && desk.mask !== null && desk.mask.painted > 0;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(MAX_ROWS_PX, element.scrollHeight)}px`;
  }, [state.draft]);

  const key = (event: KeyboardEvent) => {
    // Enter that ends the writing of a Chinese word must not send the prompt.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.shiftKey) breakLine(event.currentTarget as HTMLTextAreaElement);
    else if (state.asked === null) void desk.ask(state.draft);
  };

  return (
    <div class="pochade-composer">
      <textarea
        ref={box}
        rows={1}
        aria-label={words.prompt}
        placeholder={state.current === null ? words.describePicture : words.describeChange}
        value={state.draft}
        disabled={!able}
        spellcheck={false}
        onInput={(event) => desk.store.dispatch({ type: "draft", draft: event.currentTarget.value })}
        onKeyDown={key}
      />
      <div class="pochade-send">
        <span class="pochade-hint">
          {painted ? words.changesPainted : state.current === null ? words.makesNew : words.changesThis}
        </span>
        {busy ? (
          <button
            type="button"
            class="pochade-primary pochade-stop"
            disabled={state.job === null || state.stopping === state.job.job}
            onClick={() => desk.halt()}
          >
            <span class="pochade-square" aria-hidden="true" />
            {words.stop}
          </button>
        ) : (
          <button
            type="button"
            class="pochade-primary"
            disabled={!able || state.draft.trim() === ""}
            onClick={() => void desk.ask(state.draft)}
          >
            {words.generate}
          </button>
        )}
      </div>
    </div>
  );
}

/** Breaks the line by hand: JupyterLab refuses the line breaks of Shift+Enter everywhere in a cell. */
function breakLine(box: HTMLTextAreaElement): void {
  if (document.execCommand("insertText", false, "\n")) return; // unlike setRangeText it can be undone
  box.setRangeText("\n", box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export function Progress({ words, state }: { words: Words; state: State }) {
  const { job, waiting } = state;
  if (!job) return null;
  const text = state.stopping === job.job ? words.stopping : progressText(words, job);
  const counted = job.stage === "painting" || job.stage === "downloading";
  const determinate = counted && job.steps > 0 && job.step > 0;
  return (
    <div class="pochade-progress">
      <div class="pochade-progress-text">
        <span>{text}</span>
        {waiting > 0 ? <span>{words.waiting(waiting)}</span> : null}
      </div>
      <div
        class="pochade-bar"
        role="progressbar"
        aria-label={words.progress}
        aria-valuemin={0}
        aria-valuemax={Math.max(1, job.steps)}
        aria-valuenow={job.step}
        aria-valuetext={text}
        data-moving={determinate ? undefined : "true"}
      >
        <div style={{ width: determinate ? `${(100 * job.step) / job.steps}%` : undefined }} />
      </div>
    </div>
  );
}

export function progressText(words: Words, job: JobCard): string {
  const parts = [words.stages[job.stage] ?? job.stage];
  if (job.stage === "painting" && job.steps > 0) parts.push(words.step(job.step, job.steps));
  if (job.stage === "downloading" && job.steps > 0) parts.push(words.megabytes(job.step, job.steps));
  if (job.left !== null && job.left > 0.5) parts.push(words.left(job.left));
  return parts.join(" · ");
}
