// The jobs as a view knows them: those that run or wait, what the running one looks like so far, what came of them, and
// the sheet on which a turn's several pictures lie side by side until one of them is picked.

import type { JobCard, RemedyCard } from "../protocol";
import type { Action, State } from "./index";

interface Preview {
  job: string;
  picture: Blob | null;
  index: number;
  width: number;
  height: number;
}

export interface Failure {
  job: string;
  prompt: string;
  message: string;
  remedies: readonly RemedyCard[];
}

export interface QueueState {
  /** The first one runs, unless it waits for another session's. */
  jobs: readonly JobCard[];
  /** How many more wait behind those. */
  unlisted: number;
  preview: Preview | null;
  /** The finished ones of the running job's several pictures, by their index; empty places are still to come. */
  variants: { job: string; pictures: readonly (Blob | null)[] } | null;
  /** A made turn whose pictures lie side by side; empty places were asked for and are on their way. */
  sheet: { turn: string; pictures: readonly (Blob | null)[] } | null;
  /** The job whose coming pictures the person does not want to see side by side. */
  aside: string | null;
  stopping: readonly string[];
  /** Oldest first. */
  failures: readonly Failure[];
  /** How the last job ended, for those who do not see it. */
  ended: { job: string; prompt: string; state: "done" | "failed" | "cancelled" } | null;
}

export type QueueAction =
  | { type: "stopping"; job: string }
  | { type: "forgive"; job: string }
  | { type: "sheet"; turn: string; count: number }
  | { type: "unsheet" };

export const initialQueue: QueueState = {
  jobs: [],
  unlisted: 0,
  preview: null,
  variants: null,
  sheet: null,
  aside: null,
  stopping: [],
  failures: [],
  ended: null,
};

const KEPT_FAILURES = 8;

export function reduceQueue(state: State, action: Action): Partial<QueueState> | null {
  switch (action.type) {
    case "stopping":
      return { stopping: [...state.stopping, action.job] };
    case "forgive":
      return { failures: state.failures.filter(({ job }) => job !== action.job) };
    case "asked":
      return { failures: [] };
    case "sheet":
      return {
        sheet: { turn: action.turn, pictures: kept(state, action.turn, action.count) },
        aside: state.jobs[0]?.job ?? null, // whoever opens it wants to see it, not what is being made
      };
    case "went":
    case "index":
    case "unsheet":
      // whoever looks elsewhere is not taken back to the pictures that are being made
      return { sheet: null, aside: state.jobs[0]?.job ?? null };
    case "heard":
      return hear(state, action);
    default:
      return null;
  }
}

function hear(state: State, { message, blobs }: Action & { type: "heard" }): Partial<QueueState> | null {
  switch (message.kind) {
    case "snapshot":
      return {
        ...settle(state, message.jobs, message.unlisted),
        ...(message.current === state.sheet?.turn ? {} : { sheet: null }),
      };
    case "working":
      return settle(state, message.jobs, message.unlisted);
    case "preview":
      if (message.job !== state.jobs[0]?.job) return null;
      return { preview: { ...message, picture: blobs[0] ?? null } };
    case "variant": {
      if (message.job !== state.jobs[0]?.job) return null;
      const known = state.variants?.job === message.job ? state.variants.pictures : [];
      const pictures = Array.from({ length: message.count }, (_, at) =>
        at === message.index ? (blobs[0] ?? null) : (known[at] ?? null),
      );
      return {
        variants: { job: message.job, pictures },
        preview: state.preview?.index === message.index ? null : state.preview,
      };
    }
    case "made": {
      const { turn, count } = message.twig;
      // the session may have stayed elsewhere, because the person went there meanwhile
      if (count < 2 || state.current !== turn) return null;
      const running = state.jobs[0];
      if (running && state.aside === running.job) return null;
      const small = state.variants?.pictures.length === count ? state.variants.pictures : [];
      return { sheet: { turn, pictures: Array.from({ length: count }, (_, at) => small[at] ?? null) } };
    }
    case "moved":
      return { sheet: null }; // somebody picked, or went elsewhere
    case "pictures": {
      const { sheet } = state;
      if (!sheet) return null;
      const pictures = [...sheet.pictures];
      message.pictures.forEach(({ turn, index, thumb }, at) => {
        if (turn === sheet.turn && !thumb && index < pictures.length) pictures[index] = blobs[at] ?? null;
      });
      return { sheet: { ...sheet, pictures } };
    }
    case "ended": {
      const { job, prompt, remedies } = message;
      const failure = { job, prompt, message: message.message ?? "", remedies };
      const failures = state.failures.filter((one) => one.job !== job);
      return {
        ...settle(
          state,
          state.jobs.filter((one) => one.job !== job),
          state.unlisted,
        ),
        failures: message.state === "failed" ? [...failures, failure].slice(-KEPT_FAILURES) : failures,
        ended: { job, prompt, state: message.state },
      };
    }
    case "closed":
      return { jobs: [], unlisted: 0, preview: null, variants: null };
    default:
      return null;
  }
}

/** What belongs to a job that does not run any more goes with it. */
function settle(state: State, jobs: readonly JobCard[], unlisted: number): Partial<QueueState> {
  const running = jobs[0]?.job;
  return {
    jobs,
    unlisted,
    preview: state.preview?.job === running ? state.preview : null,
    variants: state.variants?.job === running ? state.variants : null,
    aside: state.aside === running ? state.aside : null,
    stopping: state.stopping.filter((one) => jobs.some(({ job }) => job === one)),
  };
}

/** Those of a turn's pictures that are here already. */
function kept(state: State, turn: string, count: number): (Blob | null)[] {
  return Array.from({ length: count }, (_, index) => state.pictures[`${turn}:${index}`] ?? null);
}

export interface Grid {
  prompt: string;
  pictures: readonly (Blob | null)[];
  /** The one that is being made: its place, and what it looks like so far. */
  coming: { index: number; picture: Blob | null } | null;
  /** The turn, once there is one: then its pictures can be picked. */
  turn: string | null;
  /** The picture that the session goes on from as long as nobody picks another. */
  picked: number;
  width: number;
  height: number;
}

/**
 * The pictures that are to be seen side by side now; null when there is nothing to choose between. What is being made
 * comes first, as soon as there is something of it to see; a choice that is still open comes back after it.
 */
export function gridOf(state: State): Grid | null {
  const seen = state.preview !== null || state.variants !== null;
  return seen && state.aside !== state.jobs[0]?.job ? coming(state) : made(state);
}

function made({ sheet, turns, current }: State): Grid | null {
  const twig = sheet && turns.find(({ turn }) => turn === sheet.turn);
  if (!sheet || !twig || current !== sheet.turn) return null;
  const { prompt, width, height, picked, turn } = twig;
  return { prompt, pictures: sheet.pictures, coming: null, turn, picked, width, height };
}

function coming({ jobs: [running], aside, preview: last, variants }: State): Grid | null {
  if (!running || running.n < 2 || aside === running.job) return null;
  const preview = last?.job === running.job ? last : null;
  const done = variants?.job === running.job ? variants.pictures : null;
  if (!preview && !done) return null;
  const pictures = done ?? Array.from({ length: running.n }, () => null);
  const next = pictures.indexOf(null);
  return {
    prompt: running.prompt,
    pictures,
    coming: next < 0 ? null : { index: next, picture: preview?.index === next ? preview.picture : null },
    turn: null,
    picked: -1,
    width: preview?.width ?? 1,
    height: preview?.height ?? 1,
  };
}

/** Whether the pictures lie side by side where otherwise one picture is shown. */
export function showsGrid(state: State): boolean {
  return gridOf(state) !== null;
}
