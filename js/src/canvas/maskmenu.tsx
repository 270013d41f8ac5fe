// What can be done with the mask as a whole: undo and redo, clear, and the menu of everything rarer.

import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../icons";
import { useChanges } from "../store";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { loadMask, saveMask } from "./files";
import type { Mask } from "./mask";
import { Dial } from "./tools";
import { INKS, type Tools } from "./toolstate";

/** A mask from elsewhere, as a one-channel PNG. */
export interface MaskSource {
  label: string;
  load(): Promise<Blob>;
}

interface MaskState {
  undo: boolean;
  redo: boolean;
  painted: boolean;
}

/** What the buttons show of a mask: a stroke changes that once, not with every movement. */
function useMaskState(mask: Mask | null): MaskState {
  const read = () => (mask ? Number(mask.canUndo) + 2 * Number(mask.canRedo) + 4 * Number(mask.painted > 0) : 0);
  const [, set] = useState(read);
  useEffect(() => {
    set(read());
    return mask?.subscribe(() => set(read()));
  }, [mask]);
  const now = read();
  return { undo: (now & 1) > 0, redo: (now & 2) > 0, painted: (now & 4) > 0 };
}

interface MaskBarProps {
  words: Words;
  mask: Mask | null;
  tools: Tools;
  sources: readonly MaskSource[];
}

export function MaskBar({ words, mask, tools, sources }: MaskBarProps) {
  const { undo, redo, painted } = useMaskState(mask);
  // they keep the focus when there is nothing left to do: the keys for undoing go on being heard
  const action = (icon: "undo" | "redo" | "clear", label: string, key: string, possible: boolean, act: () => void) => (
    <button
      type="button"
      class="pochade-tool"
      aria-label={label}
      title={key ? words.withKey(label, key) : label}
      aria-disabled={!possible}
      onClick={() => possible && act()}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <div class="pochade-segment">
      {action("undo", words.undo, "Ctrl+Z", undo, () => mask?.undo())}
      {action("redo", words.redo, "Ctrl+Y", redo, () => mask?.redo())}
      {action("clear", words.clear, "", painted, () => mask?.clear())}
      <Popover label={words.maskMenu} face={<Icon name="more" />} disabled={!mask}>
        {(close) =>
          mask ? <MaskMenu words={words} mask={mask} tools={tools} sources={sources} close={close} /> : null
        }
      </Popover>
    </div>
  );
}

interface MaskMenuProps {
  words: Words;
  mask: Mask;
  tools: Tools;
  sources: readonly MaskSource[];
  close: () => void;
}

function MaskMenu({ words, mask, tools, sources, close }: MaskMenuProps) {
  useChanges(tools);
  const { painted } = useMaskState(mask);
  const file = useRef<HTMLInputElement>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const { amount, ink } = tools.state;

  const take = async (load: () => Blob | Promise<Blob>) => {
    setTrouble(null);
    try {
      await loadMask(words, mask, await load());
      close();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  const act = (label: string, possible: boolean, does: () => void) => (
    <Entry label={label} possible={possible} onSelect={does} />
  );
  return (
    <div class="pochade-mask-menu">
      <div class="pochade-mask-row">
        {act(words.selectAllOfMask, true, () => mask.selectAll())}
        {act(words.invertMask, true, () => mask.invert())}
      </div>
      <div class="pochade-mask-row">
        <label class="pochade-amount">
          <input
            type="number"
            aria-label={words.maskAmount}
            min={1}
            max={512}
            value={amount}
            onChange={(event) => {
              const value = Math.round(Number(event.currentTarget.value));
              tools.dispatch({ amount: Math.min(512, Math.max(1, value || 1)) });
            }}
          />
          <span aria-hidden="true">px</span>
        </label>
        {act(words.growMask, painted, () => mask.grow(amount))}
        {act(words.shrinkMask, painted, () => mask.grow(-amount))}
        {act(words.featherMask, painted, () => mask.feather(amount))}
      </div>
      <div class="pochade-mask-row">
        {act(words.loadMask, true, () => file.current?.click())}
        {act(words.saveMask, painted, () => void saveMask(mask))}
        {sources.map((source) => (
          <Entry key={source.label} label={source.label} possible onSelect={() => void take(source.load)} />
        ))}
        <input
          ref={file}
          type="file"
          accept="image/png"
          aria-label={words.loadMask}
          hidden
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            event.currentTarget.value = ""; // so that the same file can be chosen again
            if (chosen) void take(() => chosen);
          }}
        />
      </div>
      <div class="pochade-mask-row">
        <fieldset class="pochade-swatches" aria-label={words.maskColour}>
          {(Object.keys(INKS) as (keyof typeof INKS)[]).map((name) => (
            <button
              key={name}
              type="button"
              class="pochade-swatch"
              aria-label={words.maskColours[name]}
              title={words.maskColours[name]}
              aria-pressed={ink.colour === INKS[name]}
              style={{ "--swatch": `rgb(${INKS[name].join(" ")})` }}
              onClick={() => tools.dispatch({ ink: { ...ink, colour: INKS[name] } })}
            />
          ))}
        </fieldset>
        <Dial
          label={words.maskOpacity}
          short={words.nibOpacity}
          text={words.inPercent(Math.round(100 * ink.opacity))}
          min={10}
          max={100}
          value={Math.round(100 * ink.opacity)}
          onValue={(value) => tools.dispatch({ ink: { ...ink, opacity: value / 100 } })}
        />
      </div>
      {trouble ? (
        <p role="alert" class="pochade-trouble">
          {trouble}
        </p>
      ) : null}
    </div>
  );
}

function Entry({ label, possible, onSelect }: { label: string; possible: boolean; onSelect: () => void }) {
  return (
    <button type="button" class="pochade-entry" aria-disabled={!possible} onClick={() => possible && onSelect()}>
      {label}
    </button>
  );
}
