// The way in for anywidget. Called once a widget model, so that the views of one model share a desk and two models
// share nothing; `part` says which face the model shows, `lang` in which language.

import { type ComponentChild, render } from "preact";
import { useEffect } from "preact/hooks";
import { Desk } from "./desk";
import { CompareDesk } from "./parts/comparedesk";
import { ComparePart } from "./parts/comparepart";
import { MaskDesk } from "./parts/maskdesk";
import { MaskPart } from "./parts/maskpart";
import { type Model, Trait, text } from "./parts/model";
import { PromptDesk } from "./parts/promptdesk";
import { PromptPart } from "./parts/promptpart";
import { StripDesk } from "./parts/stripdesk";
import { StripPart } from "./parts/strippart";
import { useChanges } from "./store";
import { Studio } from "./studio";
import "./controls.css";
import "./studio.css";
import { type Words, wordsFor } from "./words";

/** What all views of one model share, and how one of them looks. */
interface Face {
  start(): void;
  stop(): void;
  view(words: Words): ComponentChild;
}

function face<D extends { start(): void; stop(): void }>(
  desk: D,
  view: (words: Words, desk: D) => ComponentChild,
): Face {
  return { start: () => desk.start(), stop: () => desk.stop(), view: (words) => view(words, desk) };
}

const FACES: Record<string, (model: Model) => Face> = {
  studio: (model) => face(new Desk(model), (words, desk) => <Studio words={words} desk={desk} />),
  mask: (model) => face(new MaskDesk(model), (words, desk) => <MaskPart words={words} desk={desk} />),
  strip: (model) => face(new StripDesk(model), (words, desk) => <StripPart words={words} desk={desk} />),
  compare: (model) => face(new CompareDesk(model), (words, desk) => <ComparePart words={words} desk={desk} />),
  prompt: (model) => face(new PromptDesk(model), (words, desk) => <PromptPart words={words} desk={desk} />),
};

interface Shown {
  el: HTMLElement;
  face: Face;
  lang: Trait<string>;
}

/** A face in its language, which can change while it is shown. */
function View({ el, face, lang }: Shown) {
  useChanges(lang);
  const words = wordsFor(lang.value || navigator.language);
  useEffect(() => {
    el.lang = words.lang; // the page around it may be in another language
  }, [el, words]);
  return face.view(words);
}

export default function widget() {
  let shown: Omit<Shown, "el"> | null = null;
  return {
    initialize({ model, signal }: { model: Model; signal?: AbortSignal }) {
      const part = text(model.get("part"));
      const make = FACES[part];
      if (!make) throw new Error(`This bundle has no part called "${part}".`);
      const made = make(model);
      made.start();
      shown = { face: made, lang: new Trait(model, "lang", text) };
      return release(signal, () => made.stop());
    },
    render({ el, signal }: { el: HTMLElement; signal?: AbortSignal }) {
      if (shown) render(<View el={el} {...shown} />, el);
      return release(signal, () => render(null, el));
    },
  };
}

/** Ends what was begun, once, when the host's signal says so or when it calls what is returned, whichever it has. */
function release(signal: AbortSignal | undefined, end: () => void): () => void {
  let ended = false;
  const once = () => {
    if (!ended) end();
    ended = true;
  };
  signal?.addEventListener("abort", once, { once: true });
  return once;
}
