// What stands around every part that is shown alone: its name, the keys that are its own, and what has to be said.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Banner } from "../banners";
import { ownKeys, useKeptFocus } from "../keys";
import type { Connection } from "../state";
import type { Words } from "../words";
import "./parts.css";

export function Frame({ name, children }: { name: string; children: ComponentChildren }) {
  const root = useRef<HTMLElement>(null);
  useKeptFocus(root);
  return (
    <section ref={root} class="pochade pochade-alone" aria-label={name} {...ownKeys}>
      {children}
    </section>
  );
}

interface SaidProps {
  words: Words;
  connection: Connection;
  trouble: string | null;
  onDismiss: () => void;
}

/** What a part that follows no session has to say. */
export function Said({ words, connection, trouble, onDismiss }: SaidProps) {
  const lost = connection === "silent" ? words.silent : connection === "gone" ? words.gone : null;
  return (
    <>
      {lost ? <Banner kind="alert" text={lost} /> : null}
      {trouble ? <Banner kind="alert" text={trouble} dismiss={words.dismiss} onDismiss={onDismiss} /> : null}
    </>
  );
}
