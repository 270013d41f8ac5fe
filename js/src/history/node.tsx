// One turn as the row and the tree show it: its thumbnail, how many pictures it has, and its star.

import { Icon } from "../icons";
import type { TwigCard } from "../protocol";
import type { Words } from "../words";
import { useUrl } from "./useurl";

interface NodeProps {
  words: Words;
  twig: TwigCard;
  blob: Blob | null;
  /** Its generation in the tree; left out it is one of a row. */
  level?: number;
  /** Its place among those that a screen reader counts it with, from 1, and how many those are. */
  place: number;
  of: number;
  selected: boolean;
  reachable: boolean;
  dim: boolean;
  x: number;
  y: number;
  onFocus: () => void;
  onPick: (event: MouseEvent) => void;
  onKey: (event: KeyboardEvent) => void;
}

export function Node({ words, twig, blob, level, place, of, selected, reachable, dim, x, y, ...on }: NodeProps) {
  const url = useUrl(blob);
  const label = words.turn(twig.number, twig.prompt);
  const common = {
    class: "pochade-thumb",
    "aria-selected": selected,
    "aria-label": twig.starred ? words.starredTurn(label) : label,
    "aria-posinset": place,
    "aria-setsize": of,
    title: label,
    "data-turn": twig.turn,
    "data-dim": dim || undefined,
    style: { transform: `translate(${x}px, ${y}px)` },
    onFocus: on.onFocus,
    onClick: on.onPick,
    onKeyDown: on.onKey,
  };
  const face = (
    <>
      {url ? <img src={url} alt="" draggable={false} /> : null}
      {twig.starred ? (
        <span class="pochade-starred">
          <Icon name="star" />
        </span>
      ) : null}
      {twig.count > 1 ? <span class="pochade-count">{twig.count}</span> : null}
    </>
  );
  return level === undefined ? (
    <div role="option" tabIndex={reachable ? 0 : -1} {...common}>
      {face}
    </div>
  ) : (
    <div role="treeitem" tabIndex={reachable ? 0 : -1} aria-level={level} {...common}>
      {face}
    </div>
  );
}
