// The box in which a prompt is written: it grows with its text, recalls what was sent before, and completes commands.
// It knows no kernel, so that it can stand alone as well as in the Studio.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useName } from "../ui/usename";
import type { Words } from "../words";
import { onEdge } from "./caret";
import { type Command, type Suggestion, suggest } from "./commands";
import { here, leaves, step, type Walk } from "./recall";
import "./prompt.css";

const MAX_HEIGHT_PX = 220;

interface PromptFieldProps {
  words: Words;
  value: string;
  placeholder: string;
  disabled?: boolean;
  /** Prompts for ↑ and ↓, newest first. */
  earlier?: readonly string[];
  /** Without any, "/" is a character like others. */
  commands?: readonly Command[];
  /** Sentences to be shown under the box. */
  hints?: readonly string[];
  /** Why the command in the box was not carried out; it stands in place of the hints. */
  refused: string | null;
  onInput(value: string): void;
  /** Does what is written. */
  onSend(): void;
  /** Carries out a command that was chosen. */
  onCommand(text: string): void;
  /** Keeps what was being written before an earlier prompt took its place. */
  onSetAside(text: string): void;
  onSearch?(): void;
}

export function PromptField(props: PromptFieldProps) {
  const { words, value, placeholder, disabled = false, earlier = [], commands = [], hints = [], refused } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const walk = useRef<Walk>(here);
  const recalled = useRef(false);
  const name = useName();
  const [focused, setFocused] = useState(false);
  const [shut, setShut] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const suggestions = focused && shut !== value ? suggest(value, commands) : [];
  const at = Math.min(active, suggestions.length - 1);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(MAX_HEIGHT_PX, element.scrollHeight)}px`;
    if (recalled.current) element.setSelectionRange(value.length, value.length);
    else if (value === "") walk.current = here;
    recalled.current = false;
  }, [value]);

  // After a command's name nothing is chosen unasked: what is written there counts.
  useEffect(() => setActive(/^\/\S+\s+$/.test(value) ? -1 : 0), [value]);

  const run = (text: string) => {
    setShut(null);
    props.onCommand(text);
  };

  const choose = ({ text, whole }: Suggestion) => {
    if (whole) run(text);
    else props.onInput(text);
    box.current?.focus();
  };

  /** The list's own keys, while it is open; whether the key was one. */
  const listKey = (event: KeyboardEvent): boolean => {
    if (suggestions.length === 0) return false;
    const chosen = suggestions[at];
    const count = suggestions.length;
    switch (event.key) {
      case "ArrowDown":
        setActive((at + 1) % count);
        return true;
      case "ArrowUp":
        setActive((at - 1 + count) % count);
        return true;
      case "Escape":
        setShut(value);
        event.stopPropagation(); // it closes the list and stops nothing else
        return true;
      case "Tab":
      case "Enter": {
        const one = chosen ?? (event.key === "Tab" ? suggestions[0] : undefined);
        if (event.shiftKey || !one) return false;
        if (event.key === "Tab" && one.text !== value) props.onInput(one.text);
        else choose(one);
        return true;
      }
      default:
        return false;
    }
  };

  const recall = (event: KeyboardEvent, by: 1 | -1): boolean => {
    const element = event.currentTarget as HTMLTextAreaElement;
    const { selectionStart, selectionEnd } = element;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (!leaves(by, value, selectionStart, selectionEnd)) return false;
    // A prompt that was just recalled is passed at once; in any other the cursor first goes through its lines.
    const passing = walk.current.at > 0 && selectionEnd === value.length;
    if (!passing && !onEdge(element, by)) return false;
    const found = step(walk.current, by, value, earlier);
    if (!found) return false;
    walk.current = found.walk;
    recalled.current = true;
    setShut(found.text); // a recalled text opens no list of commands, which would take the arrow keys
    props.onInput(found.text);
    return true;
  };

  const key = (event: KeyboardEvent) => {
    // Enter that ends the writing of a Chinese word must not send the prompt.
    if (event.isComposing || event.keyCode === 229) return;
    if (listKey(event)) event.preventDefault();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (event.shiftKey) breakLine(event.currentTarget as HTMLTextAreaElement);
      else {
        setShut(null);
        props.onSend();
      }
    } else if (event.key === "ArrowUp" ? recall(event, 1) : event.key === "ArrowDown" && recall(event, -1)) {
      event.preventDefault();
    } else if (props.onSearch && event.key === "r" && event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      props.onSearch();
    }
  };

  return (
    <div class="pochade-field">
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label={words.prompt}
        aria-describedby={`${name}-said ${name}-keys`}
        aria-autocomplete={commands.length > 0 ? "list" : undefined}
        aria-controls={suggestions.length > 0 ? `${name}-list` : undefined}
        aria-activedescendant={suggestions[at] ? `${name}-${at}` : undefined}
        placeholder={placeholder}
        value={value}
        disabled={disabled}
        spellcheck={false}
        onInput={(event) => {
          if (walk.current.at > 0) props.onSetAside(walk.current.draft);
          walk.current = here;
          setShut(null);
          props.onInput(event.currentTarget.value);
        }}
        onKeyDown={key}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      />
      <span id={`${name}-keys`} hidden>
        {words.promptKeys}
      </span>
      {suggestions.length > 0 ? (
        <div id={`${name}-list`} role="listbox" aria-label={words.commandList} class="pochade-choices pochade-commands">
          {suggestions.map((one, place) => (
            <Option
              key={one.text}
              name={`${name}-${place}`}
              active={place === at}
              onPick={() => choose(one)}
              label={one.label}
              help={one.text.trim() === `/${one.command.name}` ? words.commands[one.command.name] : ""}
            />
          ))}
        </div>
      ) : null}
      <div id={`${name}-said`} role="status" class="pochade-said-under">
        {(refused === null ? hints : [refused]).map((sentence) => (
          <p key={sentence} dir="auto">
            {sentence}
          </p>
        ))}
      </div>
    </div>
  );
}

interface OptionProps {
  name: string;
  active: boolean;
  label: string;
  help: string;
  onPick(): void;
}

function Option({ name, active, label, help, onPick }: OptionProps) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active) row.current?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus and the keys
    <div
      ref={row}
      id={name}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      data-active={active ? "true" : undefined}
      onPointerDown={(event) => event.preventDefault()} // the focus stays in the box
      onClick={onPick}
    >
      <b>{label}</b>
      <span>{help}</span>
    </div>
  );
}

/** Breaks the line by hand: JupyterLab refuses the line breaks of Shift+Enter everywhere in a cell. */
function breakLine(box: HTMLTextAreaElement): void {
  if (document.execCommand("insertText", false, "\n")) return; // unlike setRangeText it can be undone
  box.setRangeText("\n", box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
