// Two pictures compared, without a Studio around them.

import { Compare } from "../compare/compare";
import { useChanges } from "../store";
import type { Words } from "../words";
import type { CompareDesk, Shown } from "./comparedesk";
import { Frame, Said } from "./frame";

export function ComparePart({ words, desk }: { words: Words; desk: CompareDesk }) {
  useChanges(desk.store);
  useChanges(desk.mode);
  useChanges(desk.position);
  const { connection, trouble, left, right } = desk.store.state;
  const side = (shown: Shown) => ({ blob: shown.blob, label: labelOf(words, shown) });
  return (
    <Frame name={words.comparison}>
      <Said words={words} connection={connection} trouble={trouble} onDismiss={() => desk.dismiss()} />
      {left && right ? (
        <Compare
          words={words}
          left={side(left)}
          right={side(right)}
          mode={desk.mode.value}
          onMode={(mode) => desk.mode.set(mode)}
          position={desk.position.value}
          onPosition={(position) => desk.position.set(position)}
        />
      ) : (
        <p class="pochade-status">{words.nothingToCompare}</p>
      )}
    </Frame>
  );
}

function labelOf(words: Words, { card }: Shown): string {
  return card.number === null ? card.label || words.picture : words.turn(card.number, card.label);
}
