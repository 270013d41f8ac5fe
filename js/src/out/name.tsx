// The small panel that asks what a turn is to be called in the notebook.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../words";

/** What most people would call it. */
const SUGGESTION = "picture";
const GAP = 6;
const EDGE = 8;

interface NameProps {
  words: Words;
  /** The button that it opens beside, and that gets the focus back. */
  anchor: () => HTMLElement | null;
  /** Resolves with what became of it; an error says what is wrong with the name. */
  onName: (name: string) => Promise<string>;
  onNamed: (text: string) => void;
  onClose: () => void;
}

export function NamePanel({ words, anchor, onName, onNamed, onClose }: NameProps) {
  const panel = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(SUGGESTION);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  useEffect(() => {
    const [element, button] = [panel.current, anchor()];
    if (!element) return;
    const own = new AbortController();
    element.addEventListener(
      "toggle",
      (event) => {
        if ((event as ToggleEvent).newState === "closed") onClose();
      },
      { signal: own.signal },
    );
    element.showPopover();
    if (button) place(element, button);
    input.current?.select();
    return () => own.abort();
  }, []);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    onName(name.trim()).then(
      (text) => {
        onNamed(text);
        panel.current?.hidePopover();
        anchor()?.focus();
      },
      (error: Error) => {
        setWrong(error.message);
        setBusy(false);
        input.current?.select();
      },
    );
  };
  return (
    <div ref={panel} popover="auto" role="dialog" aria-label={words.asVariable} class="pochade-popover pochade-name">
      <form onSubmit={submit}>
        <label>
          {words.variableName}
          <input
            ref={input}
            type="text"
            value={name}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            aria-invalid={wrong !== null}
            onKeyDown={(event) => {
              // JupyterLab takes the Enter that would otherwise send a form.
              if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) submit(event);
            }}
            onInput={(event) => {
              setName(event.currentTarget.value);
              setWrong(null);
            }}
          />
        </label>
        <button type="submit" class="pochade-remedy" aria-disabled={busy || name.trim() === ""}>
          {words.nameIt}
        </button>
        <p role={wrong === null ? undefined : "alert"} data-wrong={wrong === null ? undefined : "true"}>
          {wrong ?? words.variableHint}
        </p>
      </form>
    </div>
  );
}

/** Below its button, or above where there is no room; never beyond the window. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const fits = at.bottom + GAP + height <= window.innerHeight - EDGE;
  panel.style.left = `${Math.max(EDGE, Math.min(at.left, window.innerWidth - width - EDGE))}px`;
  panel.style.top = `${fits ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height)}px`;
}
