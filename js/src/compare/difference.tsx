// Where two pictures differ, and by how much: black where they are the same, brighter with the gain.

import { useState } from "preact/hooks";
import type { Words } from "../words";
import type { PairView } from "./compare";
import type { Difference as Measured } from "./pixels";
import { Sheet } from "./sheet";
import { Stage } from "./stage";
import { useDifference } from "./usepictures";

const GAINS = [1, 4, 8] as const;

export function Difference({ words, pair, labels, look, onLook }: PairView) {
  const [gain, setGain] = useState<number>(1);
  const found = useDifference(pair, gain);
  return (
    <>
      <Stage label={words.differenceOf(labels.left, labels.right)} size={pair.size} look={look} onLook={onLook}>
        {found ? <Sheet canvas={found.canvas} look={look} /> : null}
      </Stage>
      <div class="pochade-compare-bar">
        <fieldset class="pochade-gains">
          <legend class="pochade-unseen">{words.gain}</legend>
          {GAINS.map((one) => (
            <button
              key={one}
              type="button"
              class="pochade-quiet"
              aria-pressed={one === gain}
              data-on={one === gain || undefined}
              onClick={() => setGain(one)}
            >
              {words.gainOf(one)}
            </button>
          ))}
        </fieldset>
        <p class="pochade-compare-said" role="status">
          {found ? said(words, found.difference) : words.comparing}
        </p>
      </div>
    </>
  );
}

function said(words: Words, { mean, changed }: Measured): string {
  return changed === 0 ? words.sameEverywhere : words.differs(mean, changed);
}
