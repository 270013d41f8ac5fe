// The box in which a prompt is written: it grows with its text, recalls what was sent before, and completes commands.
// It knows no kernel, so that it can stand alone as well as in the Studio.

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../words";
import { type Command, isCommand, type Suggestion, suggest } from "./commands";
import { here, leaves, step, type Walk } from "./recall";
import "./prompt.css";

const MAX_HEIGHT_PX = 220;

export interface PromptFieldProps {
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
  onInput(value: string): void;
  onSend(): void;
  /** Carries a command out; returns why not, or null. */
  onCommand?(text: string): string | null;
  onSearch?(): void;
}

export function PromptField(props: PromptFieldProps) {
  const { words, value, placeholder, disabled = false, earlier = [], commands = [], hints = [] } = props;
  const box = useRef<HTMLTextAreaElement>(null);
  const walk = useRef<Walk>(here);
  const recalled = useRef(false);
  const name = useId();
  const [focused, setFocused] = useState(false);
  const [shut, setShut] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const [wrong, setWrong] = useState<string | null>(null);
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

  const write = (text: string) => {
    setWrong(null);
    props.onInput(text);
  };

  const run = (text: string) => {
    setShut(null);
    setWrong(props.onCommand?.(text) ?? null);
  };

  const choose = ({ text, whole }: Suggestion) => {
    if (whole) run(text);
    else write(text);
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
        if (event.key === "Tab" && one.text !== value) write(one.text);
        else choose(one);
        return true;
      }
      default:
        return false;
    }
  };

  const recall = (event: KeyboardEvent, by: 1 | -1): boolean => {
    const { selectionStart, selectionEnd } = event.currentTarget as HTMLTextAreaElement;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (!leaves(by, value, selectionStart, selectionEnd)) return false;
    const found = step(walk.current, by, value, earlier);
    if (!found) return false;
    walk.current = found.walk;
    recalled.current = true;
    setShut(found.text); // a recalled text opens no list of commands, which would take the arrow keys
    write(found.text);
    return true;
  };

  const key = (event: KeyboardEvent) => {
    // Enter that ends the writing of a Chinese word must not send the prompt.
    if (event.isComposing || event.keyCode === 229) return;
    if (listKey(event)) event.preventDefault();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (event.shiftKey) breakLine(event.currentTarget as HTMLTextAreaElement);
      else if (props.onCommand && commands.length > 0 && isCommand(value)) run(value);
      else props.onSend();
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
          walk.current = here;
          setShut(null);
          write(event.currentTarget.value);
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
        {(wrong ? [wrong] : hints).map((sentence) => (
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
