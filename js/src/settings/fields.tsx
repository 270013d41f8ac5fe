// One control for each setting. What is typed counts once it is finished (Enter, or going elsewhere), and what cannot be
// is said beside it and not sent.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import { MAX_PICTURES } from "../protocol";
import type { State } from "../state";
import { useName } from "../ui/usename";
import type { Words } from "../words";
import { tune } from "./actions";
import { drawn, isFixed, isScaled, wrongSize } from "./sizes";
import type { SettingName } from "./summary";

const MAX_SEED = 2 ** 53 - 1;
const MAX_STEPS = 1000;
const FEW = [1, 2, 3, 4];

interface FieldProps {
  words: Words;
  desk: Desk;
  state: State;
  name: SettingName;
}

export function Field({ words, desk, state, name }: FieldProps) {
  const { settings, abilities } = state;
  if (!settings) return null;
  const label = words.settingNames[name];
  const number = { words, label, desk };
  switch (name) {
    case "size":
      return <SizeField words={words} desk={desk} state={state} />;
    case "n":
      return <CountField words={words} desk={desk} n={settings.n} />;
    case "seed":
      return <SeedField words={words} desk={desk} state={state} />;
    case "steps":
      return (
        <NumberField
          {...number}
          name="steps"
          value={settings.steps}
          usual={abilities?.steps}
          least={1}
          most={MAX_STEPS}
          whole
        />
      );
    case "guidance":
      return (
        <NumberField
          {...number}
          name="guidance"
          value={settings.guidance}
          usual={abilities?.guidance}
          least={0}
          most={100}
        >
          {words.guidanceHelp}
        </NumberField>
      );
    case "strength":
      return (
        <NumberField {...number} name="strength" value={settings.strength} least={0.05} most={1}>
          {words.strengthHelp}
        </NumberField>
      );
    case "negative":
      return <NegativeField words={words} desk={desk} negative={settings.negative} />;
    case "background":
      return (
        <Choices
          label={label}
          value={settings.background}
          options={Object.entries(words.backgrounds).map(([value, text]) => ({ value, text }))}
          onPick={(value) => tune(desk, "background", value)}
        />
      );
    case "keep":
      return (
        <label class="pochade-check">
          <input
            type="checkbox"
            checked={settings.keep === "auto"}
            onChange={(event) => tune(desk, "keep", event.currentTarget.checked ? "auto" : "none")}
          />
          <span>
            {label}
            <small>{words.keepHelp}</small>
          </span>
        </label>
      );
  }
}

interface Option {
  value: string;
  text: string;
  help?: string | undefined;
  face?: ComponentChildren;
}

/** A few choices side by side, one of which is taken. */
function Choices(props: {
  label: string;
  value: string | null;
  options: readonly Option[];
  onPick(value: string): void;
}) {
  const name = useName();
  return (
    <fieldset class="pochade-options">
      <legend>{props.label}</legend>
      {props.options.map(({ value, text, help, face }) => (
        <label key={value} title={help}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={value === props.value}
            onChange={() => props.onPick(value)}
          />
          {face}
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The drawing of a shape. */
export function Shape({ ratio, side = 18 }: { ratio: number; side?: number }) {
  const [width, height] = drawn(ratio, side - 2);
  return (
    <svg class="pochade-shape" width={side} height={side} viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
      <rect x={(side - width) / 2} y={(side - height) / 2} width={width} height={height} rx="1.5" />
    </svg>
  );
}

function SizeField({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const { abilities, settings } = state;
  const size = settings?.size ?? null;
  if (!abilities) return null;
  const fixed = isFixed(abilities) ? abilities.shapes[0] : undefined;
  const note = size !== null && isScaled(size, abilities) ? words.sizeScaled(abilities.multiple) : null;
  if (fixed) return <p class="pochade-note">{words.sizeFixed(fixed.width, fixed.height)}</p>;
  const shapes = abilities.shapes.map(({ label, width, height }) => ({
    value: label,
    text: label,
    help: `${words.shapes[label] ?? label}, ${width} × ${height}`,
    face: <Shape ratio={width / height} side={26} />,
  }));
  return (
    <div class="pochade-setting">
      <Choices
        label={words.settingNames.size}
        value={size ?? "auto"}
        options={[{ value: "auto", text: words.auto, face: <Shape ratio={1} side={26} /> }, ...shapes]}
        onPick={(value) => tune(desk, "size", value === "auto" ? null : value)}
      />
      <TextField
        label={words.ownSize}
        placeholder={words.ownSizeHelp}
        value={shapes.some(({ value }) => value === size) ? "" : (size ?? "")}
        wrong={(text) => (text === "" ? null : wrongSize(text, abilities, words))}
        onDone={(text) => tune(desk, "size", text === "" ? null : text)}
      />
      {note ? <p class="pochade-note">{note}</p> : null}
      {state.current !== null || state.source !== null ? <p class="pochade-note">{words.sizeOfEdits}</p> : null}
    </div>
  );
}

function CountField({ words, desk, n }: { words: Words; desk: Desk; n: number }) {
  return (
    <div class="pochade-setting pochade-setting-row">
      <Choices
        label={words.settingNames.n}
        value={String(n)}
        options={FEW.map((count) => ({ value: String(count), text: String(count) }))}
        onPick={(value) => tune(desk, "n", Number(value))}
      />
      <TextField
        label={words.morePictures}
        placeholder={`5–${MAX_PICTURES}`}
        value={FEW.includes(n) ? "" : String(n)}
        numeric
        wrong={(text) => (text === "" ? null : wrongNumber(text, 1, MAX_PICTURES, true, words))}
        onDone={(text) => (text === "" ? undefined : tune(desk, "n", Number(text)))}
      />
    </div>
  );
}

function SeedField({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const seed = state.settings?.seed ?? null;
  const last = desk.turn?.seed;
  return (
    <div class="pochade-setting pochade-setting-row">
      <TextField
        label={words.settingNames.seed}
        placeholder={words.newSeed}
        value={seed === null ? "" : String(seed)}
        numeric
        wrong={(text) => (text === "" ? null : wrongNumber(text, 0, MAX_SEED, true, words))}
        onDone={(text) => tune(desk, "seed", text === "" ? null : Number(text))}
      />
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.lockSeed}
        title={words.lockSeed}
        aria-pressed={seed !== null}
        onClick={() => tune(desk, "seed", seed === null ? (last ?? drawSeed()) : null)}
      >
        <Icon name={seed === null ? "unlock" : "lock"} />
      </button>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.drawSeed}
        title={words.drawSeed}
        onClick={() => tune(desk, "seed", drawSeed())}
      >
        <Icon name="dice" />
      </button>
    </div>
  );
}

function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

interface NumberProps {
  words: Words;
  desk: Desk;
  name: "steps" | "guidance" | "strength";
  label: string;
  value: number | null;
  /** What the model takes when nothing is set. */
  usual?: number | undefined;
  least: number;
  most: number;
  whole?: boolean;
  children?: ComponentChildren;
}

function NumberField({ words, desk, name, label, value, usual, least, most, whole = false, children }: NumberProps) {
  return (
    <div class="pochade-setting">
      <TextField
        label={label}
        placeholder={usual === undefined ? words.auto : `${words.auto} (${usual})`}
        value={value === null ? "" : String(value)}
        numeric
        wrong={(text) => (text === "" ? null : wrongNumber(text, least, most, whole, words))}
        onDone={(text) => tune(desk, name, text === "" ? null : Number(text))}
      />
      {children ? <p class="pochade-note">{children}</p> : null}
    </div>
  );
}

/** Why a number cannot be used; null where it can. */
export function wrongNumber(text: string, least: number, most: number, whole: boolean, words: Words): string | null {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const right = value >= least && value <= most && (!whole || Number.isInteger(value));
  return right ? null : words.notANumber(least, most);
}

function NegativeField({ words, desk, negative }: { words: Words; desk: Desk; negative: string | null }) {
  return (
    <div class="pochade-setting">
      <TextField
        label={words.settingNames.negative}
        placeholder={words.negativeHelp}
        value={negative ?? ""}
        wrong={() => null}
        onDone={(text) => tune(desk, "negative", text === "" ? null : text)}
      />
    </div>
  );
}

interface TextProps {
  label: string;
  placeholder: string;
  value: string;
  numeric?: boolean;
  wrong(text: string): string | null;
  onDone(text: string): void;
}

/** A line of text that counts once it is finished; a wrong one stays to be corrected. */
function TextField({ label, placeholder, value, numeric = false, wrong, onDone }: TextProps) {
  const [text, setText] = useState(value);
  const [why, setWhy] = useState<string | null>(null);
  const name = useName();
  useEffect(() => {
    setText(value);
    setWhy(null);
  }, [value]);
  const done = () => {
    const said = text.normalize("NFKC").trim();
    const problem = wrong(said);
    setWhy(problem);
    if (problem === null && said !== value) onDone(said);
  };
  return (
    <label class="pochade-line">
      <span>{label}</span>
      <input
        type="text"
        inputMode={numeric ? "decimal" : "text"}
        placeholder={placeholder}
        value={text}
        dir="auto"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={why !== null}
        aria-describedby={why ? name : undefined}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) done();
        }}
      />
      {why ? (
        <small id={name} role="alert">
          {why}
        </small>
      ) : null}
    </label>
  );
}
