// Where the cursor stands among the lines that a person sees: a long text is wrapped into several of them without any
// line break in it, and the arrow keys go by what is seen.

/** Whether an arrow key would leave the text: up from the first line that is seen, down from the last. */
export function onEdge(box: HTMLTextAreaElement, by: 1 | -1): boolean {
  const twin = twinOf(box);
  box.parentElement?.append(twin);
  const heightOf = (text: string) => {
    twin.value = text;
    return twin.scrollHeight;
  };
  const above = heightOf(throughWord(box.value, box.selectionEnd));
  const edge = above === heightOf(by === 1 ? "" : box.value);
  twin.remove();
  return edge;
}

/** A text up to the end of the word at a place, as a word is wrapped as a whole; where words have no spaces, a sign. */
export function throughWord(text: string, at: number): string {
  const [rest = ""] = /^(?:[^\s\u2e80-\uffff]+|\S)?/.exec(text.slice(at)) ?? [];
  return at === 0 ? "" : text.slice(0, at) + rest;
}

/** A box that wraps its text in the same way and that nobody sees. */
function twinOf(box: HTMLTextAreaElement): HTMLTextAreaElement {
  const twin = document.createElement("textarea");
  twin.rows = 1;
  twin.tabIndex = -1;
  twin.ariaHidden = "true";
  Object.assign(twin.style, {
    position: "absolute",
    visibility: "hidden",
    boxSizing: "border-box",
    width: `${box.getBoundingClientRect().width}px`,
    height: "0",
    minHeight: "0",
    overflowY: box.scrollHeight > box.clientHeight ? "scroll" : "hidden",
  });
  return twin;
}
