// A picture to paint on: the rail of tools, the view, and below it the options, the mask's buttons and the zoom. It knows
// no session, so the Studio and the mask canvas alone are made of it.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../icons";
import { useChanges } from "../store";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { Canvas } from "./canvas";
import { ExtendFrame, type Extending, ExtendOptions } from "./extend";
import { type Desktop, toolKey } from "./keyboard";
import type { Mask } from "./mask";
import { MaskBar, type MaskSource } from "./maskmenu";
import { Options, Rail } from "./tools";
import type { Tool, Tools } from "./toolstate";
import { ZoomGroup } from "./zoom";
import "./canvas.css";

interface PaintingProps {
  words: Words;
  /** The picture in words. */
  label: string;
  /** What is shown; the one before stays until this one is decoded. */
  picture: Blob | null;
  /** The picture's own size in pixels, of which a preview may have fewer. */
  width: number;
  height: number;
  /** null where nothing can be painted; the picture can still be zoomed. */
  mask: Mask | null;
  tools: Tools;
  turn?: string | undefined;
  preview?: boolean;
  /** Whether a picture is being made just now. */
  making?: boolean;
  /** Where else a mask can be taken from. */
  sources?: readonly MaskSource[];
  /** What lies at the corner of the picture: a button with a key of its own. */
  badge?: ComponentChildren;
  /** Present where a picture can be extended. */
  extending?: Extending | undefined;
}

export function Painting(props: PaintingProps) {
  const { words, label, picture, width, height, tools, preview = false, making = false, sources = [] } = props;
  useChanges(tools);
  const [desktop, setDesktop] = useState<Desktop | null>(null);
  const mask = preview ? null : props.mask;
  const extending = preview ? undefined : props.extending;
  const size = { width, height };
  const has = useCallback(
    (tool: Tool) => (tool === "hand" ? true : tool === "extend" ? extending !== undefined : mask !== null),
    [extending !== undefined, mask !== null],
  );
  const { tool } = tools.state;
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = root.current;
    if (!element || !desktop) return;
    const own = new AbortController();
    const key = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isWriting(event.target)) return;
      if (!toolKey(event, desktop) && !badgeKey(event, element)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    element.addEventListener("keydown", key, { signal: own.signal });
    return () => own.abort();
  }, [desktop]);
  return (
    <div ref={root} class="pochade-easel pochade-painting">
      <div class="pochade-rail-column">
        <Rail words={words} tools={tools} tool={tool} has={has} extending={props.extending !== undefined} />
        <Popover label={words.keyHelp} face={<Icon name="help" />}>
          {() => (
            <dl class="pochade-keys">
              {words.keyTable.map(([keys, does]) => (
                <div key={keys}>
                  <dt>{keys}</dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          )}
        </Popover>
      </div>
      <div class="pochade-mount" data-making={making ? "true" : undefined}>
        <Canvas
          words={words}
          label={label}
          turn={props.turn}
          preview={preview}
          picture={picture}
          width={width}
          height={height}
          mask={mask}
          tool={tool}
          tools={tools}
          has={has}
          onReady={setDesktop}
        />
        {props.badge}
        {tool === "extend" && extending && desktop ? (
          <ExtendFrame words={words} surface={desktop.surface} picture={size} extending={extending} />
        ) : null}
      </div>
      <Options words={words} tools={tools} tool={tool} picture={size}>
        {extending ? <ExtendOptions words={words} picture={size} extending={extending} /> : null}
      </Options>
      <div class="pochade-bar-row">
        <MaskBar words={words} mask={mask} tools={tools} sources={sources} />
        {desktop ? <ZoomGroup words={words} surface={desktop.surface} /> : null}
      </div>
    </div>
  );
}

/** The key of what lies at the corner. Returns whether it was that. */
function badgeKey({ key, ctrlKey, metaKey, altKey }: KeyboardEvent, root: HTMLElement): boolean {
  const badge = ctrlKey || metaKey || altKey ? null : root.querySelector<HTMLElement>(".pochade-badge");
  if (badge?.getAttribute("aria-keyshortcuts") !== key.toUpperCase()) return false;
  badge.click();
  return true;
}

/** Where keys are letters, or belong to a panel of its own. */
function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input:not([type=range]), textarea, select, [popover]") !== null
  );
}
