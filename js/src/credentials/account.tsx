// What a picture's Content Credentials say, in words: whether they hold, who, when, with what, and from what. Every
// state has a sign and a word, never a colour alone; what strangers wrote stands in a text direction of its own.

import type { ComponentChildren } from "preact";
import { Icon } from "../icons";
import type { CredentialsCard } from "../protocol";
import type { Words } from "../words";
import type { Found } from "./asking";

interface AccountProps {
  words: Words;
  /** null: the kernel still looks. */
  found: Found | null;
  onClose: () => void;
}

export function Account({ words, found, onClose }: AccountProps) {
  return (
    <div class="pochade-account">
      <div class="pochade-account-head">
        <strong>{words.credentials}</strong>
        <button
          type="button"
          class="pochade-tool"
          aria-label={words.closeCredentials}
          title={words.closeCredentials}
          data-first
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <div role="status">
        {found === null ? (
          <p>{words.checkingCredentials}</p>
        ) : "trouble" in found ? (
          <p data-bad>{found.trouble}</p>
        ) : (
          <Verdict words={words} card={found.told.card} sound={found.told.sound} />
        )}
      </div>
      {found !== null && "told" in found ? (
        <>
          <Facts words={words} card={found.told.card} />
          <Sources words={words} card={found.told.card} top />
        </>
      ) : null}
    </div>
  );
}

interface CardProps {
  words: Words;
  card: CredentialsCard;
}

const SIGNS = { trusted: "seal", valid: "check", invalid: "warn", none: "minus" } as const;

function State({ words, card: { state }, more }: CardProps & { more?: string | undefined }) {
  return (
    <div class="pochade-standing" data-bad={state === "invalid" || undefined}>
      <Icon name={SIGNS[state]} />
      <strong>{words.credentialStates[state]}</strong>
      {more ? <small>{more}</small> : null}
    </div>
  );
}

function Verdict({ words, card, sound }: CardProps & { sound: boolean }) {
  const holds = card.state === "trusted" || card.state === "valid";
  return (
    <>
      {holds && !sound ? (
        <p class="pochade-tampered" data-bad>
          <Icon name="warn" />
          {words.tamperedSource}
        </p>
      ) : null}
      <State words={words} card={card} />
      <p>{words.verdicts[card.state]}</p>
      <Problems card={card} />
    </>
  );
}

function Problems({ card: { problems } }: { card: CredentialsCard }) {
  return problems.length > 0 ? (
    <ul class="pochade-problems">
      {problems.map((problem, at) => (
        <li key={at}>
          <bdi>{problem}</bdi>
        </li>
      ))}
    </ul>
  ) : null;
}

function Facts({ words, card }: CardProps) {
  const { signer, certificate, when, timestamp, software, model, prompt, actions } = card;
  const said = words.wasMade[card.made];
  const made = said && card.state !== "trusted" ? words.saysSigner(said) : said;
  const holds = certificate && (card.state === "trusted" ? words.vouches[certificate] : words.notVouched);
  const clock = timestamp === null ? words.signersClock : timestamp === "unknown" ? words.unknownClock : null;
  const tools = [software, model].filter((one) => one !== null);
  const deeds = actions.map(({ kind, words: deed, agent }, at) => (
    <span key={at}>
      {at > 0 ? " → " : null}
      <bdi>{words.deed(kind, deed)}</bdi>
      {agent && agent !== software ? (
        <>
          {words.deedBy}
          <bdi>{agent}</bdi>
        </>
      ) : null}
    </span>
  ));
  return (
    <dl class="pochade-keys">
      {signer ? <Fact term={words.signedBy} texts={[signer]} more={holds} /> : null}
      {when === null ? null : <Fact term={words.signedWhen} texts={[words.when(when)]} more={clock} />}
      {tools.length > 0 ? <Fact term={words.madeWith} texts={tools} /> : null}
      {made || actions.length > 0 ? (
        <Fact term={words.wasDone} texts={made ? [made] : []} more={actions.length > 0 ? deeds : null} />
      ) : null}
      {prompt ? <Fact term={words.itsPrompt} texts={[prompt]} /> : null}
    </dl>
  );
}

interface FactProps {
  term: string;
  texts: readonly string[];
  more?: ComponentChildren;
}

function Fact({ term, texts, more }: FactProps) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        <Joined texts={texts} />
        {more ? <small>{more}</small> : null}
      </dd>
    </div>
  );
}

function Joined({ texts }: { texts: readonly string[] }) {
  return texts.map((text, at) => (
    <span key={at}>
      {at > 0 ? " · " : null}
      <bdi>{text}</bdi>
    </span>
  ));
}

/** What a picture was made from: first what was only used, then what was changed, from which the line goes on. */
function Sources({ words, card, top = false }: CardProps & { top?: boolean }) {
  const { ingredients, unlisted, repeated } = card;
  if (ingredients.length === 0 && unlisted === 0 && !repeated) return null;
  const inLine = ({ relationship }: CredentialsCard) => relationship === "parentOf";
  const ordered = [...ingredients.filter((one) => !inLine(one)), ...ingredients.filter(inLine)];
  const list = (
    <ul aria-label={words.madeFrom}>
      {ordered.map((one, at) => (
        <li key={at} data-within={!(top || inLine(one)) || undefined}>
          <Source words={words} card={one} child={card} />
        </li>
      ))}
      {repeated ? <li>{words.sourcesElsewhere}</li> : null}
      {unlisted > 0 ? <li>{words.moreSources(unlisted)}</li> : null}
    </ul>
  );
  return top ? (
    <div class="pochade-made-from">
      <strong>{words.madeFrom}</strong>
      {list}
    </div>
  ) : (
    list
  );
}

/** An earlier picture; `child` was made from it, and its signer alone can have seen its pixels. */
function Source({ words, card, child }: CardProps & { child: CredentialsCard }) {
  const { state, prompt, signer, when, certificate } = card;
  const relation = words.relations[card.relationship ?? ""];
  const held = state === "trusted" || state === "valid";
  const pixels = !card.matched
    ? words.pixelsUnchecked
    : child.state === "trusted"
      ? null
      : words.pixelsSaid(child.signer);
  const who = state === "trusted" && certificate ? words.vouches[certificate] : signer;
  const facts = [who, card.model ?? card.software, when && words.when(when)];
  return (
    <>
      <State words={words} card={card} more={relation} />
      {card.title ? (
        <p>
          <bdi>{card.title}</bdi>
        </p>
      ) : null}
      {prompt ? (
        <p>
          <small>
            <bdi>{prompt}</bdi>
          </small>
        </p>
      ) : null}
      <p>
        <small>
          <Joined texts={facts.filter((one) => typeof one === "string")} />
        </small>
      </p>
      {held && pixels ? (
        <p>
          <small>
            <bdi>{pixels}</bdi>
          </small>
        </p>
      ) : null}
      <Problems card={card} />
      <Sources words={words} card={card} />
    </>
  );
}
