// Which turns a side of a comparison offers: those near the one it shows, the starred ones and the newest, so that the
// list stays short in a session of a thousand turns. Any other one is chosen in the tree. Pure.

import { Kin } from "../history/kin";
import type { TwigCard } from "../protocol";

const MOST = 60;

export function candidates(turns: readonly TwigCard[], shown: readonly string[], most = MOST): TwigCard[] {
  const kin = new Kin(turns);
  const found = new Map<string, TwigCard>();
  const take = (twigs: readonly TwigCard[]) => {
    for (const twig of twigs) if (found.size < most) found.set(twig.turn, twig);
  };
  const own = shown.flatMap((turn) => kin.twig(turn) ?? []);
  take(own);
  for (const twig of own) {
    take(kin.ancestry(twig.turn).slice(0, 12));
    take(kin.children(twig.turn).slice(0, 12));
    take(kin.siblings(twig).slice(-12));
  }
  const newest = [...turns].reverse();
  take(newest.filter((twig) => twig.starred).slice(0, 12));
  take(newest);
  return [...found.values()].sort((a, b) => b.number - a.number);
}
