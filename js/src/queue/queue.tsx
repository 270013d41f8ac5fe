// The work under way: the bar of the job that runs, with Stop beside it, the list of those that wait, and what failed.

import "./queue.css";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { JobCard } from "../protocol";
import type { State } from "../state";
import type { Failure } from "../state/queue";
import type { Words } from "../words";
import { forgive, mend, stop } from "./actions";
import { progressText, share } from "./progress";
import { Waiting } from "./waiting";

export function Queue({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const [running, ...waiting] = state.jobs;
  const failure = state.failures.at(-1);
  return (
    <div class="pochade-queue">
      <p class="pochade-unseen" role="status">
        {announcement(words, state)}
      </p>
      {failure ? <Failed key={failure.job} words={words} desk={desk} failure={failure} /> : null}
      {running ? (
        <Progress words={words} desk={desk} job={running} stopping={state.stopping.includes(running.job)} />
      ) : null}
      {waiting.length > 0 ? (
        <Waiting words={words} desk={desk} jobs={waiting} unlisted={state.unlisted} stopping={state.stopping} />
      ) : null}
    </div>
  );
}

/** Said when a stage begins or a job ends, never at every step; what failed is said by its own alert. */
export function announcement(words: Words, state: State): string {
  const running = state.jobs[0];
  if (running) return words.nowDoing(words.stages[running.stage] ?? running.stage, running.prompt);
  return state.ended ? words.outcome(state.ended.state, state.ended.prompt) : "";
}

function Progress({ words, desk, job, stopping }: { words: Words; desk: Desk; job: JobCard; stopping: boolean }) {
  const done = share(job);
  const text = stopping ? words.stopping : progressText(words, job);
  return (
    <div class="pochade-progress">
      <div class="pochade-progress-main">
        <div class="pochade-progress-text">
          <span>{text}</span>
          {job.n > 1 ? <span>{words.pictures(job.n)}</span> : null}
        </div>
        <div
          class="pochade-bar"
          role="progressbar"
          aria-label={words.progress}
          aria-valuemin={0}
          aria-valuemax={Math.max(1, job.steps)}
          aria-valuenow={job.step}
          aria-valuetext={text}
          data-moving={done === null ? "true" : undefined}
        >
          <div style={{ width: done === null ? undefined : `${100 * done}%` }} />
        </div>
      </div>
      <button
        type="button"
        class="pochade-stop"
        title={words.withKey(words.stop, "Esc")}
        aria-disabled={stopping}
        onClick={() => stop(desk, job.job)}
      >
        <span class="pochade-square" aria-hidden="true" />
        {words.stop}
      </button>
    </div>
  );
}

function Failed({ words, desk, failure }: { words: Words; desk: Desk; failure: Failure }) {
  const { job, prompt, message, remedies } = failure;
  return (
    <div class="pochade-failure" role="alert">
      <div class="pochade-failure-words">
        <p>
          <strong>{words.failed(prompt.length > 60 ? `${prompt.slice(0, 59)}…` : prompt)}</strong> {message}
        </p>
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.dismiss}
          title={words.dismiss}
          onClick={() => forgive(desk, job)}
        >
          <Icon name="close" />
        </button>
      </div>
      {remedies.length > 0 ? (
        <div class="pochade-remedies">
          {remedies.map((remedy, at) => (
            <button
              key={`${remedy.kind} ${remedy.label}`}
              type="button"
              class="pochade-remedy"
              disabled={!desk.able}
              onClick={() => mend(desk, job, at)}
            >
              {words.remedy(remedy)}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
