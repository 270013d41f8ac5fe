// A list to search and to choose from with the keyboard alone: words in a box, arrows through what is left, Enter takes
// it. Earlier prompts and models are both chosen so.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useName } from "../ui/usename";

export interface Choice {
  key: string;
  face: ComponentChildren;
  /** Whether it is the one that is in use. */
  checked?: boolean;
}

interface Props {
  /** What the search box is called; also its placeholder. */
  search: string;
  /** What the list is called. */
  label: string;
  query: string;
  onQuery(query: string): void;
  choices: readonly Choice[];
  /** What is said while there is nothing to choose. */
  empty: string;
  onPick(key: string): void;
}

export function PickList({ search, label, query, onQuery, choices, empty, onPick }: Props) {
  const name = useName();
  const list = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const at = Math.min(active, choices.length - 1);

  useEffect(() => {
    list.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, choices.length]);

  const key = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return;
    const last = choices.length - 1;
    const to = { ArrowDown: Math.min(last, at + 1), ArrowUp: Math.max(0, at - 1), PageDown: last, PageUp: 0 }[
      event.key
    ];
    const chosen = choices[at];
    if (to !== undefined) setActive(to);
    else if (event.key === "Enter" && chosen) onPick(chosen.key);
    else return;
    event.preventDefault();
  };

  return (
    <div class="pochade-picklist">
      <input
        type="text"
        data-first
        role="combobox"
        aria-label={search}
        aria-expanded={choices.length > 0}
        aria-autocomplete="list"
        aria-controls={`${name}-list`}
        aria-activedescendant={choices[at] ? `${name}-${at}` : undefined}
        placeholder={search}
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        value={query}
        onInput={(event) => {
          setActive(0);
          onQuery(event.currentTarget.value);
        }}
        onKeyDown={key}
      />
      <div ref={list} id={`${name}-list`} role="listbox" aria-label={label} class="pochade-choices">
        {choices.map((choice, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box above has the focus and the keys
          <div
            key={choice.key}
            id={`${name}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice.checked ?? false}
            data-active={place === at ? "true" : undefined}
            onClick={() => onPick(choice.key)}
            onPointerMove={() => setActive(place)}
          >
            {choice.face}
          </div>
        ))}
      </div>
      <p role="status" class="pochade-quiet-note">
        {choices.length === 0 ? empty : ""}
      </p>
    </div>
  );
}
