// What has to be said about the whole Studio, above everything else: what is in the way, and what is only good to know.
// There are never more than two at once, the weightiest first; what is the person's own to judge can be put away.

import { useState } from "preact/hooks";
import type { Desk } from "./desk";
import { Icon } from "./icons";
import { OTHER_VERSION } from "./protocol";
import type { State } from "./state";
import type { Words } from "./words";

const MOST = 2;

interface Said {
  kind: "alert" | "status";
  text: string;
  /** Who puts it away: the state that all views share, this view alone, or nobody, because it stays true. */
  dismiss?: "trouble" | "view";
}

/** What is to be said now, the weightiest first, without what was put away. */
export function banners(words: Words, state: State, older: boolean, away: ReadonlySet<string>): Said[] {
  const { connection, session, trouble, jobs } = state;
  const said: Said[] = [];
  if (connection === "silent") said.push({ kind: "alert", text: words.silent });
  if (connection === "gone") said.push({ kind: "alert", text: words.gone });
  if (trouble)
    said.push({ kind: "alert", text: trouble === OTHER_VERSION ? words.otherVersion : trouble, dismiss: "trouble" });
  if (session?.closed) said.push({ kind: "status", text: words.closed });
  else if (session && !session.writable) said.push({ kind: "status", text: words.readOnly(session.holder) });
  if (session && !session.subshells && jobs.length > 0)
    said.push({ kind: "status", text: words.noSubshells, dismiss: "view" });
  if (older) said.push({ kind: "status", text: words.older, dismiss: "view" });
  return said.filter(({ text, dismiss }) => dismiss !== "view" || !away.has(text)).slice(0, MOST);
}

export function Banners({ words, desk, state, older }: { words: Words; desk: Desk; state: State; older: boolean }) {
  const [away, putAway] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      {banners(words, state, older, away).map(({ kind, text, dismiss }) => (
        <Banner
          key={text}
          kind={kind}
          text={text}
          {...(dismiss
            ? {
                dismiss: words.dismiss,
                onDismiss: () =>
                  dismiss === "view"
                    ? putAway(new Set([...away, text]))
                    : desk.store.dispatch({ type: "trouble", message: null }),
              }
            : {})}
        />
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

export function Banner({ kind, text, dismiss, onDismiss }: BannerProps) {
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
