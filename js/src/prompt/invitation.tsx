// What an empty session shows: a few prompts to begin with, and the notebook's session before this one, if there is one.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { useUrl } from "../history/useurl";
import { Icon } from "../icons";
import { copyText } from "../out/actions";
import type { Offer } from "../protocol";
import { EXAMPLE_PROMPTS, type Words } from "../words";
import { send } from "./actions";
import "./prompt.css";

export function Invitation({ words, desk, able }: { words: Words; desk: Desk; able: boolean }) {
  return (
    <div class="pochade-invitation">
      <h2>{words.invitation}</h2>
      {able ? (
        <fieldset aria-label={words.examples}>
          {EXAMPLE_PROMPTS.map((prompt) => (
            <button key={prompt} type="button" class="pochade-example" onClick={() => void send(desk, prompt)}>
              {prompt}
            </button>
          ))}
        </fieldset>
      ) : null}
    </div>
  );
}

export function OfferCard({ words, offer }: { words: Words; offer: { card: Offer; picture: Blob | null } }) {
  const { card, picture } = offer;
  const url = useUrl(picture);
  return (
    <section class="pochade-offer" aria-label={words.offer}>
      {url ? <img src={url} alt="" draggable={false} /> : null}
      <div>
        <strong>{words.offer}</strong>
        <p dir="auto">{words.offered(card.count, card.prompt)}</p>
      </div>
      <div class="pochade-offer-code">
        <code>{card.code}</code>
        <CopyCode words={words} code={card.code} />
      </div>
    </section>
  );
}

function CopyCode({ words, code }: { words: Words; code: string }) {
  const [said, say] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => say(null), 2400);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () =>
    copyText(words, code).then(
      () => say(words.copied),
      (error: Error) => say(error.message),
    );
  return (
    <button type="button" class="pochade-quiet" aria-label={words.copyCode} title={code} onClick={() => void copy()}>
      <Icon name={said === words.copied ? "check" : "copy"} />
      <span role="status">{said ?? words.copy}</span>
    </button>
  );
}
