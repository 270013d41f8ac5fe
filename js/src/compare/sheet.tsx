// One drawn picture in a view, as close as it is looked at. It takes the canvas in as it is, so that a picture is never
// copied to be shown.

import { useEffect, useRef } from "preact/hooks";
import type { Look } from "./look";

interface SheetProps {
  canvas: HTMLCanvasElement;
  look: Look;
  /** How much is covered, from the left, in shares of the view. */
  from?: number;
  hidden?: boolean;
}

export function Sheet({ canvas, look, from = 0, hidden = false }: SheetProps) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    canvas.className = "pochade-sheet";
    canvas.setAttribute("aria-hidden", "true");
    holder.current?.replaceChildren(canvas);
  }, [canvas]);
  return (
    <div class="pochade-sheet-clip" hidden={hidden} style={{ clipPath: `inset(0 0 0 ${from * 100}%)` }}>
      <div
        ref={holder}
        class="pochade-sheet-at"
        data-close={look.scale >= 4 || undefined}
        style={{
          left: `${look.x * 100}%`,
          top: `${look.y * 100}%`,
          width: `${look.scale * 100}%`,
          height: `${look.scale * 100}%`,
        }}
      />
    </div>
  );
}
