// Finding a model among those that can be chosen, and telling a name typed by hand from words to search by.

import type { ModelCard } from "../protocol";

/** The models that have every word of the query, the one in use first, then those that are on this machine. */
export function modelsFor(models: readonly ModelCard[], query: string): ModelCard[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ current, here }: ModelCard) => (current ? 0 : here ? 1 : 2);
  return models
    .filter(({ name, title, family, licence }) => {
      const text = `${name} ${title} ${family} ${licence}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b));
}

/** Whether a text could be a Hub repository ("owner/name", if need be with "@revision") or a folder. */
export function isName(text: string): boolean {
  return /^(?:[\w.-]+\/[\w.-]+(?:@[\w.-]+)?|[~./\\].*|[A-Za-z]:[\\/].*)$/.test(text);
}
