// Whose a key is. While something of ours has the focus, keys are ours: Enter must not edit the cell, nor Shift+Enter run
// it. JupyterLab looks for this mark on the very element that has the focus, before it looks at those around it.

import { useEffect } from "preact/hooks";

const OURS = "data-lm-suppress-shortcuts";

function claim(event: FocusEvent): void {
  (event.target as HTMLElement).setAttribute(OURS, "true");
}

/** Saving the notebook works from inside as well: that key goes on to the notebook, as if pressed around us. */
function passSave(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  const host = (event.currentTarget as HTMLElement).parentElement;
  host?.dispatchEvent(
    new KeyboardEvent("keydown", { ...keyOf(event), bubbles: true, cancelable: true, composed: true }),
  );
}

function keyOf(event: KeyboardEvent): KeyboardEventInit {
  const { key, code, keyCode, ctrlKey, metaKey, shiftKey, altKey } = event;
  return { key, code, keyCode, ctrlKey, metaKey, shiftKey, altKey };
}

/** What the outermost element of a view takes, so that every key inside it is its own, also while it has the focus. */
export const ownKeys = { [OURS]: "true", tabIndex: -1, onFocusIn: claim, onKeyDown: passSave };

/** What had the focus, what has it now, and the page, which has it where nothing else does. */
interface Holders {
  last: { readonly isConnected: boolean; matches(selector: string): boolean } | null;
  active: unknown;
  page: unknown;
}

/** Whether the focus fell to the page because what had it went away, or can no longer be used. */
export function fell({ last, active, page }: Holders): boolean {
  if (!last || (last.isConnected && !last.matches(":disabled"))) return false;
  return active === null || active === page || active === last;
}

/** Takes the focus to the view itself where its holder is gone: outside of the view its keys would not be heard. */
export function useKeptFocus(root: { current: HTMLElement | null }): void {
  const element = root.current;
  useEffect(() => {
    const own = root.current;
    return own ? keepFocus(own) : undefined;
  }, [element]);
}

function keepFocus(own: HTMLElement): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let last: Element | null = null;
  let frame = 0;
  own.addEventListener(
    "focusin",
    ({ target }) => {
      last = target instanceof Element ? target : null;
    },
    { signal },
  );
  own.addEventListener(
    "focusout",
    ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !own.contains(relatedTarget)) last = null;
    },
    { signal },
  );
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (!event.composedPath().includes(own)) last = null;
    },
    { signal, capture: true },
  );
  const look = () => {
    frame = 0;
    if (fell({ last, active: document.activeElement, page: document.body })) own.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(() => {
    frame ||= requestAnimationFrame(look);
  });
  observer.observe(own, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  return () => {
    listening.abort();
    observer.disconnect();
    cancelAnimationFrame(frame);
  };
}
