// The numbers of a turn as short phrases, only those that say something of it.

import type { TurnCard } from "../protocol";
import type { Words } from "../words";

export function factsOf(words: Words, card: TurnCard): string[] {
  const facts = [`${card.width} × ${card.height}`, words.seedOf(card.seed), words.stepsOf(card.steps)];
  facts.push(words.guidanceOf(card.guidance));
  if (card.strength !== null) facts.push(words.strengthOf(card.strength));
  if (card.references > 0) facts.push(words.referencesOf(card.references));
  if (card.masked) facts.push(words.wasMasked);
  if (card.negative) facts.push(words.withoutOf(card.negative));
  facts.push(card.model, words.took(card.seconds), words.when(card.created));
  return facts;
}
