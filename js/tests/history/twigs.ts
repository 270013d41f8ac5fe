// Turns to test with: one at a time, or a tree of many drawn from a seed.

import type { TwigCard } from "../../src/protocol";

export function twig(number: number, parent: number | null = null, more: Partial<TwigCard> = {}): TwigCard {
  return {
    turn: `t${number}`,
    number,
    parent: parent === null ? null : `t${parent}`,
    task: parent === null ? "generate" : "edit",
    prompt: `prompt ${number}`,
    width: 128,
    height: 128,
    count: 1,
    picked: 0,
    stopped: false,
    starred: false,
    ...more,
  };
}

/** A tree as people make them: mostly one turn after the other, now and then a branch or a new picture. */
export function grown(count: number, seed: number): TwigCard[] {
  let state = seed;
  const draw = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  return Array.from({ length: count }, (_, at) => {
    const number = at + 1;
    const kind = draw(10);
    if (number === 1 || kind === 0) return twig(number);
    return twig(number, kind < 6 ? number - 1 : Math.max(1, number - 1 - draw(12)));
  });
}
