// Who grew from whom: parents, children and siblings of the turns that are here. Pure, so that what the arrow keys
// mean and which path is bright are tested without a page.

import type { TwigCard } from "../protocol";

export class Kin {
  private known = new Map<string, TwigCard>();
  private grown = new Map<string | null, TwigCard[]>();

  /** Turns as they come: oldest first, a parent before what grew from it. */
  constructor(readonly turns: readonly TwigCard[]) {
    for (const twig of turns) this.known.set(twig.turn, twig);
    for (const twig of turns) {
      const parent = this.parent(twig)?.turn ?? null;
      const siblings = this.grown.get(parent);
      if (siblings) siblings.push(twig);
      else this.grown.set(parent, [twig]);
    }
  }

  twig(turn: string | null): TwigCard | null {
    return turn === null ? null : (this.known.get(turn) ?? null);
  }

  /** What it grew from; null for one made afresh, and where the parent is not here yet. */
  parent(twig: TwigCard): TwigCard | null {
    return this.twig(twig.parent);
  }

  /** Whether it grew from a turn that is not here yet. */
  cut(twig: TwigCard): boolean {
    return twig.parent !== null && !this.known.has(twig.parent);
  }

  get roots(): readonly TwigCard[] {
    return this.grown.get(null) ?? [];
  }

  children(turn: string): readonly TwigCard[] {
    return this.grown.get(turn) ?? [];
  }

  siblings(twig: TwigCard): readonly TwigCard[] {
    return this.grown.get(this.parent(twig)?.turn ?? null) ?? [];
  }

  /** Itself and everything that it grew from, the nearest first. */
  ancestry(turn: string | null): TwigCard[] {
    const found: TwigCard[] = [];
    for (let twig = this.twig(turn); twig; twig = this.parent(twig)) found.push(twig);
    return found;
  }
}

/** The current turn and everything that it grew from. */
export function pathTo(kin: Kin, current: string | null): ReadonlySet<string> {
  return new Set(kin.ancestry(current).map((twig) => twig.turn));
}

/** What an arrow key, Home or End leads to; null where it leads nowhere, undefined where the key means nothing. */
export function stepTo(kin: Kin, from: TwigCard, key: string, path: ReadonlySet<string>): TwigCard | null | undefined {
  switch (key) {
    case "ArrowLeft":
      return kin.parent(from);
    case "ArrowRight": {
      const children = kin.children(from.turn);
      return children.find((child) => path.has(child.turn)) ?? children[0] ?? null;
    }
    case "ArrowUp":
    case "ArrowDown":
      return beside(kin, from, key === "ArrowDown" ? 1 : -1);
    case "Home":
      return kin.turns[0] ?? null;
    case "End":
      return kin.turns.at(-1) ?? null;
    default:
      return undefined;
  }
}

/** The next sibling; past the last one, the next branch of what it grew from, so that no turn is out of reach. */
function beside(kin: Kin, from: TwigCard, direction: 1 | -1): TwigCard | null {
  for (let twig: TwigCard | null = from; twig; twig = kin.parent(twig)) {
    const siblings = kin.siblings(twig);
    const next = siblings[siblings.indexOf(twig) + direction];
    if (next) return next;
  }
  return null;
}
