// Whose a key is. While something of ours has the focus, keys are ours: Enter must not edit the cell, nor Shift+Enter run
// it. JupyterLab looks for this mark on the very element that has the focus, before it looks at those around it.

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

/** What the outermost element of a view takes, so that every key inside it is its own. */
export const ownKeys = { [OURS]: "true", onFocusIn: claim, onKeyDown: passSave };
