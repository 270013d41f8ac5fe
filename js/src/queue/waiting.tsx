// The list of the jobs that wait, in their order: each can be moved by its buttons or by dragging, or taken out.

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { JobCard } from "../protocol";
import type { Words } from "../words";
import { move, stop } from "./actions";

/** How many are listed before a person asks for more. */
const FEW = 5;
const DRAGGED = "application/x-pochade-job";

interface WaitingProps {
  words: Words;
  desk: Desk;
  jobs: readonly JobCard[];
  unlisted: number;
  stopping: readonly string[];
}

export function Waiting({ words, desk, jobs, unlisted, stopping }: WaitingProps) {
  const [all, showAll] = useState(false);
  const [over, dragOver] = useState<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const follow = useFollowedFocus(list, jobs);
  const listed = all ? jobs : jobs.slice(0, FEW);
  const more = jobs.length - listed.length + unlisted;
  const drop = (event: DragEvent, place: number) => {
    const job = event.dataTransfer?.getData(DRAGGED);
    dragOver(null);
    if (!job) return;
    event.preventDefault();
    event.stopPropagation();
    move(desk, job, place);
  };
  return (
    <div class="pochade-waiting">
      <ol ref={list} aria-label={words.queue} class={all ? "pochade-waiting-all" : undefined}>
        {listed.map((job, place) => (
          <li
            key={job.job}
            data-job={job.job}
            data-over={over === place ? "true" : undefined}
            draggable={job.movable}
            onDragStart={(event) => event.dataTransfer?.setData(DRAGGED, job.job)}
            onDragOver={(event) => {
              if (!event.dataTransfer?.types.includes(DRAGGED)) return;
              event.preventDefault();
              dragOver(place);
            }}
            onDragLeave={() => dragOver(null)}
            onDragEnd={() => dragOver(null)}
            onDrop={(event) => drop(event, place)}
          >
            <span class="pochade-waiting-prompt" title={job.prompt}>
              {job.prompt}
            </span>
            {job.n > 1 ? <span class="pochade-times">×{job.n}</span> : null}
            <span class="pochade-row-tools">
              <Small
                name="up"
                label={words.moveUp(job.prompt)}
                disabled={place === 0 || !job.movable}
                onClick={() => {
                  follow(job.job, "up");
                  move(desk, job.job, place - 1);
                }}
              />
              <Small
                name="down"
                label={words.moveDown(job.prompt)}
                disabled={place === jobs.length - 1 + unlisted || !job.movable}
                onClick={() => {
                  follow(job.job, "down");
                  move(desk, job.job, place + 1);
                }}
              />
              <Small
                name="close"
                label={words.cancel(job.prompt)}
                disabled={stopping.includes(job.job)}
                onClick={() => {
                  follow(neighbourOf(jobs, place), "close");
                  stop(desk, job.job);
                }}
              />
            </span>
          </li>
        ))}
      </ol>
      {more > 0 || all ? (
        <p class="pochade-more">
          {more > 0 ? <span>{words.andMore(more)}</span> : null}
          {jobs.length > FEW ? (
            <button type="button" class="pochade-link" aria-expanded={all} onClick={() => showAll(!all)}>
              {all ? words.showFewer : words.showMore}
            </button>
          ) : null}
        </p>
      ) : null}
    </div>
  );
}

interface SmallProps {
  name: "up" | "down" | "close";
  label: string;
  disabled: boolean;
  onClick: () => void;
}

/** It keeps the focus when nothing is left to do, so that the keys do not suddenly act on the notebook. */
function Small({ name, label, disabled, onClick }: SmallProps) {
  return (
    <button
      type="button"
      class="pochade-small"
      data-tool={name}
      aria-label={label}
      title={label}
      aria-disabled={disabled}
      onClick={() => disabled || onClick()}
    >
      <Icon name={name} />
    </button>
  );
}

function neighbourOf(jobs: readonly JobCard[], place: number): string | undefined {
  return (jobs[place + 1] ?? jobs[place - 1])?.job;
}

/** Where the list has changed its order, the focus goes with the row that a person is busy with. */
function useFollowedFocus(list: RefObject<HTMLOListElement | null>, jobs: readonly JobCard[]) {
  const followed = useRef<{ job: string; tool: string } | null>(null);
  const order = jobs.map(({ job }) => job).join(" ");
  useEffect(() => {
    const goal = followed.current;
    followed.current = null;
    const row = [...(list.current?.children ?? [])].find((one) => one.getAttribute("data-job") === goal?.job);
    if (goal) row?.querySelector<HTMLElement>(`[data-tool="${goal.tool}"]`)?.focus();
  }, [order]);
  return (job: string | undefined, tool: string) => {
    followed.current = job === undefined ? null : { job, tool };
  };
}
