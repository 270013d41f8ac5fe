// How far a job is, in words and as a share of its stage.

import type { JobCard } from "../protocol";
import type { Words } from "../words";

export function progressText(words: Words, job: JobCard): string {
  const parts = [words.stages[job.stage] ?? job.stage];
  if (job.stage === "painting" && job.steps > 0) parts.push(words.step(job.step, job.steps));
  if (job.stage === "downloading" && job.steps > 0) parts.push(words.megabytes(job.step, job.steps));
  if (job.left !== null && job.left > 0.5) parts.push(words.left(job.left));
  return parts.join(" · ");
}

/** The part of the stage that is done, from 0 to 1; null while nobody can tell. */
export function share(job: JobCard): number | null {
  const counted = job.stage === "painting" || job.stage === "downloading";
  return counted && job.steps > 0 && job.step > 0 ? Math.min(1, job.step / job.steps) : null;
}
