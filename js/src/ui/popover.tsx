// A panel that opens beside its button and lies above everything, also above the edges of a notebook's output. The
// browser itself closes it on Escape or a click elsewhere; here it is only put in its place.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useName } from "./usename";

const GAP = 6;
const EDGE = 8;

interface PopoverProps {
  /** What the button is called; also the panel's name. */
  label: string;
  /** What the button shows. */
  face: ComponentChildren;
  buttonClass?: string;
  disabled?: boolean;
  title?: string;
  role?: "dialog" | "menu";
  /** A key that opens it too, as a person reads it; whoever places the button hears it. */
  shortcut?: string;
  onOpen?: () => void;
  children: (close: () => void) => ComponentChildren;
}

export function Popover({
  label,
  face,
  buttonClass = "pochade-tool",
  disabled = false,
  title = label,
  role = "dialog",
  shortcut,
  onOpen,
  children,
}: PopoverProps) {
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const name = useName();

  useEffect(() => {
    const [element, anchor] = [panel.current, button.current];
    if (!element || !anchor) return;
    const own = new AbortController();
    const { signal } = own;
    element.addEventListener("toggle", (event) => setOpen((event as ToggleEvent).newState === "open"), { signal });
    return () => own.abort();
  }, []);

  useEffect(() => {
    const [element, anchor] = [panel.current, button.current];
    if (!open || !element || !anchor) return;
    place(element, anchor);
    (element.querySelector<HTMLElement>("[data-first]") ?? firstControl(element))?.focus();
    onOpen?.();
    const own = new AbortController();
    const again = () => place(element, anchor);
    window.addEventListener("scroll", again, { signal: own.signal, capture: true, passive: true });
    window.addEventListener("resize", again, { signal: own.signal, passive: true });
    const observer = new ResizeObserver(again);
    observer.observe(element);
    return () => {
      own.abort();
      observer.disconnect();
    };
  }, [open]);

  const close = () => {
    panel.current?.hidePopover();
    button.current?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={buttonClass}
        aria-label={label}
        title={title}
        aria-haspopup={role}
        aria-keyshortcuts={shortcut}
        aria-expanded={open}
        aria-controls={name}
        disabled={disabled}
        // The browser's own way: by hand, the press that closes an open panel would be the click that opens it again.
        popovertarget={name}
      >
        {face}
      </button>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: a dialog and a menu both have a name */}
      <div ref={panel} id={name} popover="auto" role={role} aria-label={label} class="pochade-popover">
        {open ? children(close) : null}
      </div>
    </>
  );
}

export interface MenuItem {
  label: string;
  onSelect: () => void;
  disabled?: boolean;
  /** Given for a choice among several: whether it is the one. */
  checked?: boolean;
  /** A key that does the same, as a person reads it. */
  hint?: string;
}

/** A button with a menu: arrow keys, Home and End move in it, Enter chooses, Escape closes. */
export function Menu({
  items,
  ...rest
}: { items: readonly MenuItem[] } & Omit<PopoverProps, "children" | "role" | "onOpen">) {
  const key = (event: KeyboardEvent) => {
    const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("button:enabled")];
    const at = rows.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + rows.length, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    rows[to % rows.length]?.focus();
    event.preventDefault();
  };
  return (
    <Popover {...rest} role="menu">
      {(close) => (
        <div class="pochade-menu" role="none" onKeyDown={key}>
          {items.map((item) => (
            <Row
              key={item.label}
              item={item}
              onSelect={() => {
                close();
                item.onSelect();
              }}
            />
          ))}
        </div>
      )}
    </Popover>
  );
}

function Row({ item, onSelect }: { item: MenuItem; onSelect: () => void }) {
  const face = (
    <>
      <span>{item.label}</span>
      {item.hint ? <kbd>{item.hint}</kbd> : null}
    </>
  );
  return item.checked === undefined ? (
    <button type="button" role="menuitem" disabled={item.disabled} onClick={onSelect}>
      {face}
    </button>
  ) : (
    <button type="button" role="menuitemradio" aria-checked={item.checked} disabled={item.disabled} onClick={onSelect}>
      {face}
    </button>
  );
}

function firstControl(panel: HTMLElement): HTMLElement | null {
  return panel.querySelector<HTMLElement>("button:enabled, input:enabled, select:enabled, textarea:enabled");
}

/** Below its button where there is room, else above; never beyond the window. */
export function place(panel: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const left = Math.max(EDGE, Math.min(at.left, window.innerWidth - width - EDGE));
  const [below, above, lowest] = [at.bottom + GAP, at.top - GAP - height, window.innerHeight - height - EDGE];
  panel.style.left = `${left}px`;
  // Where there is room neither below nor above, it rather lies over its button than beyond the page.
  panel.style.top = `${below <= lowest ? below : above >= 0 ? above : Math.max(EDGE, lowest)}px`;
}
