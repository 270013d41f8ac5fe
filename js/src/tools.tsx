// The tools to paint a mask with.

import type { Brush } from "./desk";
import { Icon } from "./icons";
import type { Mask } from "./mask";
import { type Store, useChanges } from "./store";
import type { Words } from "./words";

interface ToolsProps {
  words: Words;
  mask: Mask;
  brush: Store<Brush, Partial<Brush>>;
  disabled: boolean;
}

export function Tools({ words, mask, brush, disabled }: ToolsProps) {
  useChanges(mask);
  useChanges(brush);
  const { tool, share } = brush.state;
  const side = Math.min(mask.width, mask.height);
  const size = Math.max(1, Math.round(share * side));
  const choice = (name: Brush["tool"], label: string) => (
    <button
      type="button"
      class="pochade-tool"
      aria-label={label}
      title={label}
      aria-pressed={tool === name}
      disabled={disabled}
      onClick={() => brush.dispatch({ tool: name })}
    >
      <Icon name={name} />
    </button>
  );
  const action = (icon: "undo" | "redo" | "clear", label: string, possible: boolean, act: () => void) => (
    <button
      type="button"
      class="pochade-tool"
      aria-label={label}
      title={label}
      disabled={disabled || !possible}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <div class="pochade-tools" role="toolbar" aria-label={words.maskTools}>
      <div class="pochade-segment">
        {choice("brush", words.brush)}
        {choice("eraser", words.eraser)}
      </div>
      <label class="pochade-size" title={words.brushSize}>
        <span class="pochade-dot pochade-dot-small" />
        <input
          type="range"
          aria-label={words.brushSize}
          aria-valuetext={words.pixels(size)}
          min={1}
          max={side}
          step={1}
          value={size}
          disabled={disabled}
          onInput={(event) => brush.dispatch({ share: Number(event.currentTarget.value) / side })}
        />
        <span class="pochade-dot" />
      </label>
      <div class="pochade-segment">
        {action("undo", words.undo, mask.canUndo, () => mask.undo())}
        {action("redo", words.redo, mask.canRedo, () => mask.redo())}
        {action("clear", words.clear, mask.painted > 0, () => mask.clear())}
      </div>
    </div>
  );
}
