// The menu through which a picture leaves: as a file, to the clipboard, as code, or as a name in the notebook.

import "./out.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { TurnCard } from "../protocol";
import { Menu } from "../ui/popover";
import type { Words } from "../words";
import { copyPicture, copyText, type Format, nameIt, save } from "./actions";
import { NamePanel } from "./name";

/** How long it is said what became of it; what went wrong stays until the next try. */
const SAID_MS = 6_000;

interface Outcome {
  kind: "status" | "alert";
  text: string;
}

interface OutProps {
  words: Words;
  desk: Desk;
  turn: TurnCard;
  index: number;
}

export function OutMenu({ words, desk, turn, index }: OutProps) {
  const host = useRef<HTMLSpanElement>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [naming, setNaming] = useState(false);
  const said = outcome?.kind === "status";
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setOutcome(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said, outcome]);
  useEffect(() => setOutcome(null), [turn.turn, index]);

  const tell = (deed: Promise<string>) =>
    deed.then(
      (text) => setOutcome({ kind: "status", text }),
      (error: Error) => setOutcome({ kind: "alert", text: error.message }),
    );
  const saving = (format: Format) => () => void tell(save(desk, words, turn, index, format));
  const copying = (text: string, done: string) => () => void tell(copyText(words, text).then(() => done));
  const able = !desk.state.session?.closed;
  const items = [
    { label: words.savePng, onSelect: saving("png") },
    { label: words.saveJpeg, onSelect: saving("jpeg"), disabled: !able },
    { label: words.saveWebp, onSelect: saving("webp"), disabled: !able },
    { label: words.copyPicture, onSelect: () => void tell(copyPicture(desk, words, turn, index)) },
    { label: words.copyCode, onSelect: copying(turn.code, words.codeCopied) },
    { label: words.copyCell, onSelect: copying(turn.cell, words.cellCopied) },
    { label: words.asVariable, onSelect: () => setNaming(true), disabled: !able },
  ];
  return (
    <span ref={host} class="pochade-out">
      <Menu
        label={words.out}
        face={
          <>
            <Icon name="out" />
            {words.outShort}
          </>
        }
        buttonClass="pochade-quiet"
        items={items}
      />
      {naming ? (
        <NamePanel
          words={words}
          anchor={() => host.current?.querySelector("button") ?? null}
          onName={(name) => nameIt(desk, words, turn.turn, index, name)}
          onNamed={(text) => setOutcome({ kind: "status", text })}
          onClose={() => setNaming(false)}
        />
      ) : null}
      <span class="pochade-outcome" role={outcome?.kind ?? "status"} data-kind={outcome?.kind}>
        {outcome?.text}
      </span>
    </span>
  );
}
