// Keys that work everywhere inside a Studio, and nowhere outside of it. A key that a control of ours has taken, or that
// means something where the focus is, stays what it is there.

import { useEffect } from "preact/hooks";
import type { Desk } from "./desk";
import { step } from "./history/actions";
import { submit } from "./prompt/actions";
import { stopRunning } from "./queue/actions";

export type Deed = "stop" | "back" | "forward" | "generate";

/** What is to be known of a key event, so that the rules can be told without a page. */
export interface Pressed {
  key: string;
  alt: boolean;
  control: boolean;
  shift: boolean;
  /** Whether it belongs to the writing of a word, as in Chinese. */
  composing: boolean;
  /** Whether somebody has acted on it already. */
  taken: boolean;
  /** Where the focus is: in text, in another control that has its own keys for values, or elsewhere. */
  focus: "text" | "value" | "elsewhere";
  /** Whether a panel or a menu lies open, which closes by Escape itself. */
  open: boolean;
}

export function deedOf({ key, alt, control, shift, composing, taken, focus, open }: Pressed): Deed | null {
  if (taken || composing || open || shift) return null;
  if (key === "Escape") return alt || control || focus === "value" ? null : "stop";
  if (key === "Enter") return control && !alt ? "generate" : null;
  if (!alt || control || focus !== "elsewhere") return null;
  return key === "ArrowLeft" ? "back" : key === "ArrowRight" ? "forward" : null;
}

/** Hears keys while the focus is inside the view that this element belongs to; `steps` where it shows the turns. */
export function useKeys(root: { current: HTMLElement | null }, desk: Desk, steps = true): void {
  const element = root.current;
  useEffect(() => {
    const own = root.current?.closest<HTMLElement>(".pochade");
    if (!own) return;
    const listening = new AbortController();
    own.addEventListener(
      "keydown",
      (event) => {
        const deed = deedOf(pressed(event, own));
        if (deed === null || (deed === "stop" && desk.state.jobs.length === 0)) return;
        if (!steps && (deed === "back" || deed === "forward")) return;
        if (deed === "stop") stopRunning(desk);
        else if (deed === "generate") submit(desk);
        else if (desk.able) step(desk, deed);
        event.preventDefault();
        event.stopPropagation();
      },
      { signal: listening.signal },
    );
    return () => listening.abort();
  }, [element, desk, steps]);
}

function pressed(event: KeyboardEvent, root: HTMLElement): Pressed {
  return {
    key: event.key,
    alt: event.altKey,
    control: event.ctrlKey || event.metaKey,
    shift: event.shiftKey,
    composing: event.isComposing || event.keyCode === 229,
    taken: event.defaultPrevented,
    focus: focusOf(event.target),
    open: root.querySelector(":popover-open") !== null,
  };
}

function focusOf(target: EventTarget | null): Pressed["focus"] {
  if (target instanceof HTMLTextAreaElement) return "text";
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return "value";
  return target instanceof HTMLElement && target.isContentEditable ? "text" : "elsewhere";
}
