// Earlier prompts on the arrow keys, as a shell has them: up for an older one, down for a newer one, and at the end what
// was being written before the walk began.

export interface Walk {
  /** How many steps back; 0 is the draft itself. */
  at: number;
  draft: string;
}

export const here: Walk = { at: 0, draft: "" };

/** One step: `by` 1 is older, -1 newer. Null where there is nothing more. `earlier` is newest first. */
export function step(
  walk: Walk,
  by: 1 | -1,
  text: string,
  earlier: readonly string[],
): { walk: Walk; text: string } | null {
  const draft = walk.at === 0 ? text : walk.draft;
  const at = walk.at + by;
  if (at === 0) return { walk: { at, draft }, text: draft };
  const prompt = at > 0 ? earlier[at - 1] : undefined;
  return prompt === undefined ? null : { walk: { at, draft }, text: prompt };
}

/** Whether the cursor is where an arrow key would leave the text: on its first line going up, on its last going down. */
export function leaves(by: 1 | -1, text: string, from: number, to: number): boolean {
  if (from !== to) return false;
  return by === 1 ? !text.slice(0, from).includes("\n") : !text.slice(to).includes("\n");
}

/** The prompts that have every word of the query, in their order. */
export function matching<T extends { prompt: string }>(all: readonly T[], query: string): T[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ prompt }) => wanted.every((word) => prompt.toLowerCase().includes(word)));
}
