// The rail of tools, and the options of the one in hand.

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../icons";
import { useChanges } from "../store";
import type { Words } from "../words";
import { diameterOf, isPaint, isShape, type PaintTool, setNib, type Tool, type Tools } from "./toolstate";
import type { Size } from "./viewport";
import "./tools.css";

interface Choice {
  tool: Tool;
  key: string;
  label: (words: Words) => string;
}

/** In groups, as they stand in the rail. */
const RAIL: readonly (readonly Choice[])[] = [
  [
    { tool: "brush", key: "B", label: (words) => words.brush },
    { tool: "eraser", key: "E", label: (words) => words.eraser },
  ],
  [
    { tool: "rectangle", key: "M", label: (words) => words.rectangle },
    { tool: "ellipse", key: "O", label: (words) => words.ellipse },
    { tool: "lasso", key: "L", label: (words) => words.lasso },
    { tool: "polygon", key: "P", label: (words) => words.polygon },
  ],
  [
    { tool: "hand", key: "H", label: (words) => words.handTool },
    { tool: "extend", key: "X", label: (words) => words.extendTool },
  ],
];

interface RailProps {
  words: Words;
  tools: Tools;
  tool: Tool;
  /** Tools that there are now; the others stay in their places, but cannot be chosen. */
  has: (tool: Tool) => boolean;
  /** Whether extending is thought of at all here. */
  extending: boolean;
}

/** One stop of the Tab key; arrow keys go from tool to tool. */
export function Rail({ words, tools, tool, has, extending }: RailProps) {
  const rail = useRef<HTMLDivElement>(null);
  const key = (event: KeyboardEvent) => {
    const buttons = [...(rail.current?.querySelectorAll<HTMLElement>("button:enabled") ?? [])];
    const at = buttons.indexOf(event.target as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const step = steps[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? -1 : step === undefined ? undefined : at + step;
    if (to === undefined) return;
    buttons.at(to % buttons.length)?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  // the Tab key stops at the tool in hand, or at the first one that can be taken
  const stop = has(tool) ? tool : "hand";
  return (
    <div ref={rail} class="pochade-rail" role="toolbar" aria-label={words.maskTools} onKeyDown={key}>
      {RAIL.map((group) => (
        <div key={group[0]?.tool} class="pochade-rail-group">
          {group
            .filter((choice) => extending || choice.tool !== "extend")
            .map((choice) => (
              <button
                key={choice.tool}
                type="button"
                class="pochade-tool"
                aria-label={choice.label(words)}
                aria-keyshortcuts={choice.key}
                title={words.withKey(choice.label(words), choice.key)}
                aria-pressed={tool === choice.tool}
                tabIndex={stop === choice.tool ? 0 : -1}
                disabled={!has(choice.tool)}
                onClick={() => tools.dispatch({ tool: choice.tool })}
              >
                <Icon name={choice.tool} />
              </button>
            ))}
        </div>
      ))}
    </div>
  );
}

interface OptionsProps {
  words: Words;
  tools: Tools;
  tool: Tool;
  picture: Size;
  /** The options of extending, where that is possible. */
  children: ComponentChildren;
}

/** The options of the tool in hand; their place stays the same, whatever tool it is. */
export function Options({ words, tools, tool, picture, children }: OptionsProps) {
  useChanges(tools);
  return (
    <fieldset class="pochade-tool-options" aria-label={words.toolOptions}>
      {isPaint(tool) ? <NibOptions words={words} tools={tools} tool={tool} picture={picture} /> : null}
      {isShape(tool) ? <CombineOptions words={words} tools={tools} /> : null}
      {tool === "hand" ? <span class="pochade-hint">{words.handHint}</span> : null}
      {tool === "extend" ? children : null}
    </fieldset>
  );
}

/** The size's slider goes with the square of its way: small brushes need the finer steps. */
const SIZE_STEPS = 200;

function NibOptions({ words, tools, tool, picture }: { words: Words; tools: Tools; tool: PaintTool; picture: Size }) {
  const nib = tools.state[tool];
  const side = Math.min(picture.width, picture.height);
  const size = diameterOf(nib, picture);
  const toSize = (step: number) => Math.max(1, Math.round((step / SIZE_STEPS) ** 2 * side));
  return (
    <>
      <Dial
        label={tool === "brush" ? words.brushSize : words.eraserSize}
        short={words.nibSize}
        text={words.pixels(size)}
        min={1}
        max={SIZE_STEPS}
        value={Math.round(Math.sqrt(size / side) * SIZE_STEPS)}
        onValue={(step) => setNib(tools, tool, { share: toSize(step) / side })}
      />
      <Dial
        label={words.nibHardness}
        short={words.nibHardness}
        text={words.inPercent(Math.round(100 * nib.hardness))}
        min={0}
        max={100}
        value={Math.round(100 * nib.hardness)}
        onValue={(value) => setNib(tools, tool, { hardness: value / 100 })}
      />
      <Dial
        label={words.nibOpacity}
        short={words.nibOpacity}
        text={words.inPercent(Math.round(100 * nib.opacity))}
        min={1}
        max={100}
        value={Math.round(100 * nib.opacity)}
        onValue={(value) => setNib(tools, tool, { opacity: value / 100 })}
      />
    </>
  );
}

interface DialProps {
  label: string;
  short: string;
  text: string;
  min: number;
  max: number;
  value: number;
  onValue: (value: number) => void;
}

/** A slider with its name and its value above it. */
export function Dial({ label, short, text, min, max, value, onValue }: DialProps) {
  return (
    <label class="pochade-knob" title={label}>
      <span>{short}</span>
      <span class="pochade-value">{text}</span>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={text}
        min={min}
        max={max}
        step={1}
        value={value}
        onInput={(event) => onValue(Number(event.currentTarget.value))}
      />
    </label>
  );
}

const COMBINES = ["add", "subtract", "intersect", "replace"] as const;

function CombineOptions({ words, tools }: { words: Words; tools: Tools }) {
  return (
    <fieldset class="pochade-combine" aria-label={words.combineMode}>
      {COMBINES.map((combine) => (
        <button
          key={combine}
          type="button"
          aria-pressed={tools.state.combine === combine}
          onClick={() => tools.dispatch({ combine })}
        >
          {words.combines[combine]}
        </button>
      ))}
    </fieldset>
  );
}
