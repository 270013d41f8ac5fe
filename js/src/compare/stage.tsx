// The place that a picture is looked at in: wheel with Ctrl, pinch and keys come closer, a drag moves what is close.

import type { ComponentChildren, TargetedPointerEvent, TargetedWheelEvent } from "preact";
import { useRef } from "preact/hooks";
import { closer, type Look, looked, moved } from "./look";
import type { Size } from "./pixels";

const TALLEST = 480;

interface StageProps {
  label: string;
  size: Size;
  look: Look;
  onLook: (look: Look) => void;
  /** Given where a drag, while everything is in sight, means something else: where in the view it is, 0 to 1. */
  onPoint?: (x: number) => void;
  children: ComponentChildren;
}

type Pointing = TargetedPointerEvent<HTMLDivElement>;

export function Stage({ label, size, look, onLook, onPoint, children }: StageProps) {
  const down = useRef(new Map<number, { x: number; y: number }>());

  const at = (event: { clientX: number; clientY: number; currentTarget: HTMLDivElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const press = (event: Pointing) => {
    if (event.button > 1 || (event.target as HTMLElement).closest("[role=slider]")) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const point = at(event);
    down.current.set(event.pointerId, point);
    if (look.scale === 1 && down.current.size === 1) onPoint?.(point.x);
  };
  const drag = (event: Pointing) => {
    const before = down.current.get(event.pointerId);
    if (!before) return;
    const now = at(event);
    down.current.set(event.pointerId, now);
    const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const by = apart(now, other, size) / Math.max(1e-6, apart(before, other, size));
      onLook(closer(look, by, (now.x + other.x) / 2, (now.y + other.y) / 2));
    } else if (look.scale > 1) onLook(moved(look, now.x - before.x, now.y - before.y));
    else onPoint?.(now.x);
  };
  const lift = (event: Pointing) => {
    down.current.delete(event.pointerId);
  };
  const wheel = (event: TargetedWheelEvent<HTMLDivElement>) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the notebook
    event.preventDefault();
    const { x, y } = at(event);
    onLook(closer(look, Math.exp(-event.deltaY / 240), x, y));
  };
  const key = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = looked(look, event.key);
    if (!next) return;
    event.preventDefault();
    onLook(next);
  };
  const { width, height } = size;
  return (
    <div
      class="pochade-stage"
      role="application"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is where keys are for looking closer
      tabIndex={0}
      data-close={look.scale > 1 || undefined}
      style={{ aspectRatio: `${width} / ${height}`, maxWidth: `${(TALLEST * width) / height}px` }}
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={lift}
      onPointerCancel={lift}
      onWheel={wheel}
      onKeyDown={key}
    >
      {children}
    </div>
  );
}

function apart(a: { x: number; y: number }, b: { x: number; y: number }, { width, height }: Size): number {
  return Math.hypot((a.x - b.x) * width, (a.y - b.y) * height);
}
