// What is known about the turn on the canvas: its words, its numbers, its notes, and the code that makes it again.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "./desk";
import { Icon } from "./icons";
import type { TurnCard } from "./protocol";
import type { Words } from "./words";

export function Details({ words, desk, turn }: { words: Words; desk: Desk; turn: TurnCard }) {
  const facts = [
    `${turn.width} × ${turn.height}`,
    words.seed(turn.seed),
    words.steps(turn.steps),
    words.took(turn.seconds),
  ];
  return (
    <div class="pochade-details">
      <p class="pochade-said">{turn.prompt}</p>
      <p class="pochade-facts">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {turn.notes.length > 0 ? (
        <ul class="pochade-notes" aria-label={words.notes}>
          {turn.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
      <div class="pochade-actions">
        <CopyCode key={turn.turn} words={words} code={turn.code} label={words.copyCode} />
        {turn.count > 1 ? <Pager words={words} desk={desk} count={turn.count} /> : null}
      </div>
    </div>
  );
}

export function CopyCode({ words, code, label }: { words: Words; code: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      class="pochade-quiet"
      aria-label={words.copyCode}
      title={code}
      onClick={() => void copy(code).then(() => setCopied(true))}
    >
      <Icon name={copied ? "check" : "copy"} />
      {copied ? words.copied : label}
    </button>
  );
}

/** A page that is not served securely has no clipboard of its own; the old way still works there. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function Pager({ words, desk, count }: { words: Words; desk: Desk; count: number }) {
  const { index } = desk.store.state;
  return (
    <div class="pochade-pager">
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.previousPicture}
        title={words.previousPicture}
        disabled={index === 0}
        onClick={() => desk.turnTo(index - 1)}
      >
        <Icon name="left" />
      </button>
      <span>{words.ofCount(index + 1, count)}</span>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.nextPicture}
        title={words.nextPicture}
        disabled={index === count - 1}
        onClick={() => desk.turnTo(index + 1)}
      >
        <Icon name="right" />
      </button>
    </div>
  );
}
