// The Studio as a person sees it: the picture on its mount, beside it the words, below it the turns. What each part
// does is written in its own room; here they only find their places.

import { useRef, useState } from "preact/hooks";
import { Banner, Banners } from "./banners";
import { Easel } from "./canvas/easel";
import { CompareView, type Comparing } from "./compare/compareview";
import type { Desk } from "./desk";
import { TurnDetails } from "./history/details";
import { History } from "./history/history";
import { ownKeys, useKeptFocus } from "./keys";
import { Composer } from "./prompt/composer";
import { OfferCard } from "./prompt/invitation";
import { Queue } from "./queue/queue";
import { showsGrid, VariantGrid } from "./queue/variants";
import { ModelPicker } from "./settings/models";
import { useKeys } from "./shortcuts";
import { useSibling } from "./sibling";
import { useChanges } from "./store";
import type { Words } from "./words";

export function Studio({ words, desk }: { words: Words; desk: Desk }) {
  useChanges(desk.store);
  const root = useRef<HTMLElement>(null);
  const [comparing, compare] = useState<Comparing | null>(null);
  const state = desk.store.state;
  const older = useSibling(root, desk, state);
  useKeys(root, desk);
  useKeptFocus(root);
  if (state.session === null && state.connection !== "waking") {
    return (
      <section ref={root} class="pochade pochade-asleep" aria-label={words.studio}>
        <Banner kind="alert" text={state.connection === "gone" ? words.gone : words.silent} />
      </section>
    );
  }
  return (
    <section ref={root} class="pochade" aria-label={words.studio} {...ownKeys}>
      <Banners words={words} desk={desk} state={state} older={older} />
      <div class="pochade-desk">
        {comparing ? (
          <CompareView words={words} desk={desk} comparing={comparing} onClose={() => compare(null)} />
        ) : showsGrid(state) ? (
          <VariantGrid words={words} desk={desk} state={state} />
        ) : (
          <Easel words={words} desk={desk} state={state} />
        )}
        <div class="pochade-side">
          <ModelPicker words={words} desk={desk} state={state} />
          {desk.twig ? (
            <TurnDetails words={words} desk={desk} state={state} onCompare={compare} />
          ) : (
            <div class="pochade-details">
              {state.offer && state.jobs.length === 0 ? <OfferCard words={words} offer={state.offer} /> : null}
            </div>
          )}
          <Queue words={words} desk={desk} state={state} />
          <Composer words={words} desk={desk} state={state} />
        </div>
      </div>
      <History words={words} desk={desk} state={state} onCompare={compare} />
    </section>
  );
}
