// The ordinary picture that the kernel puts right after a Studio, for readers without a kernel. While the Studio is
// live, its cell would show everything twice, so that output is hidden; it comes back when the view goes.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Desk } from "./desk";
import type { State } from "./state";
import { pictureKey } from "./state/turns";

const OUTPUT = ".jp-OutputArea-child";
const STATIC_TEXT = "pochade: the current picture";

class Sibling {
  private output: HTMLElement | null = null;
  private observer: MutationObserver | null = null;

  constructor(
    private element: HTMLElement,
    private changed: () => void,
  ) {}

  /** Hides the static output, now and whenever it is drawn again. */
  hide(): void {
    const own = this.element.closest<HTMLElement>(OUTPUT);
    const area = own?.parentElement;
    if (!own || !area || this.observer) return;
    // A Studio inside another widget has no static output of its own.
    if (this.element.parentElement?.closest(".widget-container, .jupyter-widgets.widget-box")) return;
    this.observer = new MutationObserver((all) => {
      // what the Studio draws itself says nothing of its neighbour
      if (all.some(({ target }) => !own.contains(target))) this.find(own);
    });
    this.observer.observe(area, { childList: true, subtree: true });
    this.find(own);
  }

  show(): void {
    this.observer?.disconnect();
    this.observer = null;
    if (this.output) this.output.hidden = false;
    this.output = null;
  }

  /** Whether the static output holds another picture than this; null while there is none to compare. */
  async differs(picture: Blob): Promise<boolean | null> {
    const source = this.output?.querySelector("img")?.src;
    if (!source?.startsWith("data:image/png;base64,")) return this.output ? true : null;
    const saved = Uint8Array.from(atob(source.slice(source.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
    const now = new Uint8Array(await picture.arrayBuffer());
    return saved.length !== now.length || saved.some((byte, at) => byte !== now[at]);
  }

  private find(own: HTMLElement): void {
    const next = own.nextElementSibling;
    if (!(next instanceof HTMLElement) || !isStatic(next)) return;
    if (this.output !== next) {
      if (this.output) this.output.hidden = false;
      this.output = next;
    }
    if (!next.hidden) next.hidden = true;
    this.changed();
  }
}

function isStatic(output: HTMLElement): boolean {
  const drawn = output.querySelector<HTMLElement>("[data-mime-type]");
  if (drawn?.dataset.mimeType === "image/png") return true;
  return output.querySelector("pre")?.textContent?.trim() === STATIC_TEXT;
}

/** Hides the static picture while this view is live; says whether the one in the notebook is an older picture. */
export function useSibling(root: { current: HTMLElement | null }, desk: Desk, state: State): boolean {
  const [older, setOlder] = useState(false);
  const [looked, look] = useState(0);
  const sibling = useRef<Sibling | null>(null);
  const live = state.session !== null;
  const { twig } = desk;
  const picture = twig ? (state.pictures[pictureKey(twig.turn, twig.picked)] ?? null) : null;
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
