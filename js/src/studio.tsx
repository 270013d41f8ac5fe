// The Studio as a person sees it: the picture on its mount, beside it the words, below it the turns.

import { useEffect, useRef, useState } from "preact/hooks";
import { Canvas } from "./canvas";
import { Composer, Progress } from "./composer";
import type { Desk } from "./desk";
import { Details } from "./details";
import { Icon } from "./icons";
import { Invitation, OfferCard } from "./invitation";
import { ownKeys } from "./keys";
import { Sibling } from "./sibling";
import { pictureKey, type State } from "./state";
import { useChanges } from "./store";
import { Strip } from "./strip";
import { Tools } from "./tools";
import type { Words } from "./words";

export function Studio({ words, desk }: { words: Words; desk: Desk }) {
  useChanges(desk.store);
  const root = useRef<HTMLElement>(null);
  const state = desk.store.state;
  const older = useSibling(root, desk, state);
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
        <Easel words={words} desk={desk} state={state} />
        <div class="pochade-side">
          <header class="pochade-header">
            <span class="pochade-model">{state.session?.model}</span>
            <button
              type="button"
              class="pochade-quiet"
              disabled={state.current === null || state.session?.writable !== true}
              onClick={() => desk.go(null)}
            >
              <Icon name="plus" />
              {words.newPicture}
            </button>
          </header>
          {desk.turn ? (
            <Details words={words} desk={desk} turn={desk.turn} />
          ) : (
            <div class="pochade-details">
              {state.offer && state.job === null ? <OfferCard words={words} offer={state.offer} /> : null}
            </div>
          )}
          <Progress words={words} state={state} />
          <Composer words={words} desk={desk} state={state} />
        </div>
      </div>
      <Strip words={words} desk={desk} state={state} />
    </section>
  );
}

function Easel({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const turn = desk.turn;
  const making = state.job !== null;
  const kept = turn ? (state.pictures[pictureKey(turn.turn, state.index)] ?? state.thumbs[turn.turn] ?? null) : null;
  const picture = state.preview ?? kept;
  const shape = useShape(state.preview, turn);
  return (
    <div class="pochade-easel">
      <div class="pochade-mount" data-making={making ? "true" : undefined}>
        {picture ? (
          <Canvas
            words={words}
            label={making && state.preview ? (state.job?.prompt ?? "") : (turn?.prompt ?? state.job?.prompt ?? "")}
            picture={picture}
            width={shape.width}
            height={shape.height}
            turn={state.preview ? undefined : turn?.turn}
            preview={state.preview !== null}
            busy={making || state.session?.writable !== true}
            mask={turn ? desk.mask : null}
            brush={desk.brush}
          />
        ) : making || state.session === null || state.session.closed ? null : (
          <Invitation words={words} desk={desk} able={state.session.writable} />
        )}
      </div>
      {turn && desk.mask && state.session?.writable ? (
        <Tools words={words} mask={desk.mask} brush={desk.brush} disabled={making} />
      ) : null}
    </div>
  );
}

function Banners({ words, desk, state, older }: { words: Words; desk: Desk; state: State; older: boolean }) {
  const { connection, session, trouble, job } = state;
  const quiet: string[] = [];
  if (session?.closed) quiet.push(words.closed);
  else if (session && !session.writable) quiet.push(words.readOnly(session.holder));
  if (session && !session.subshells && job) quiet.push(words.noSubshells);
  if (older) quiet.push(words.older);
  return (
    <>
      {connection === "silent" ? <Banner kind="alert" text={words.silent} /> : null}
      {connection === "gone" ? <Banner kind="alert" text={words.gone} /> : null}
      {trouble ? (
        <Banner
          kind="alert"
          text={trouble}
          dismiss={words.dismiss}
          onDismiss={() => desk.store.dispatch({ type: "trouble", message: null })}
        />
      ) : null}
      {quiet.map((text) => (
        <Banner key={text} kind="status" text={text} />
      ))}
    </>
  );
}

interface BannerProps {
  kind: "alert" | "status";
  text: string;
  dismiss?: string;
  onDismiss?: () => void;
}

function Banner({ kind, text, dismiss, onDismiss }: BannerProps) {
  return (
    <div role={kind} class={`pochade-banner pochade-${kind}`}>
      <span>{text}</span>
      {onDismiss ? (
        <button type="button" class="pochade-tool" aria-label={dismiss} title={dismiss} onClick={onDismiss}>
          <Icon name="close" />
        </button>
      ) : null}
    </div>
  );
}

/** A preview is smaller than the picture it becomes; it is shown in the same place and shape. */
function useShape(preview: Blob | null, turn: { width: number; height: number } | null) {
  const [shape, setShape] = useState({ width: 1, height: 1 });
  useEffect(() => {
    if (!preview) return;
    let stale = false;
    createImageBitmap(preview).then(
      (bitmap) => {
        if (!stale) setShape({ width: bitmap.width, height: bitmap.height });
        bitmap.close();
      },
      () => {},
    );
    return () => {
      stale = true;
    };
  }, [preview]);
  return preview || !turn ? shape : { width: turn.width, height: turn.height };
}

/** Hides the static picture while this view is live; says whether the one in the notebook is an older picture. */
function useSibling(root: { current: HTMLElement | null }, desk: Desk, state: State): boolean {
  const [older, setOlder] = useState(false);
  const [looked, look] = useState(0);
  const sibling = useRef<Sibling | null>(null);
  const live = state.session !== null;
  const picture = desk.turn ? (state.pictures[pictureKey(desk.turn.turn, 0)] ?? null) : null;
  useEffect(() => {
    if (!live || !root.current) return;
    sibling.current = new Sibling(root.current, () => look((times) => times + 1));
    sibling.current.hide();
    return () => sibling.current?.show();
  }, [live, root]);
  useEffect(() => {
    // The kernel brings the static picture up to date within a moment; only what stays behind is worth a word.
    const timer = setTimeout(
      async () => setOlder(picture ? ((await sibling.current?.differs(picture)) ?? false) : false),
      2500,
    );
    return () => clearTimeout(timer);
  }, [picture, looked]);
  return older;
}
