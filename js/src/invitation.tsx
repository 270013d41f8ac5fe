// What an empty session shows: a few prompts to begin with, and the notebook's session before this one, if there is one.

import type { Desk } from "./desk";
import { CopyCode } from "./details";
import type { Offer } from "./protocol";
import { useUrl } from "./strip";
import { EXAMPLE_PROMPTS, type Words } from "./words";

export function Invitation({ words, desk, able }: { words: Words; desk: Desk; able: boolean }) {
  return (
    <div class="pochade-invitation">
      <h2>{words.invitation}</h2>
      {able ? (
        <fieldset aria-label={words.examples}>
          {EXAMPLE_PROMPTS.map((prompt) => (
            <button key={prompt} type="button" class="pochade-example" onClick={() => void desk.ask(prompt)}>
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
        <p>{words.offered(card.count, card.prompt)}</p>
      </div>
      <div class="pochade-offer-code">
        <code>{card.code}</code>
        <CopyCode words={words} code={card.code} label={words.copy} />
      </div>
    </section>
  );
}
