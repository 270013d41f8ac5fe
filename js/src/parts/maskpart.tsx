// The mask canvas without a Studio around it: a picture, the mask on it, and the tools.

import { useEffect } from "preact/hooks";
import { Painting } from "../canvas/painting";
import { ERASER_BUTTON } from "../canvas/pointer";
import { useChanges } from "../store";
import type { Words } from "../words";
import { Frame, Said } from "./frame";
import type { MaskDesk } from "./maskdesk";

export function MaskPart({ words, desk }: { words: Words; desk: MaskDesk }) {
  useChanges(desk.store);
  useEffect(() => () => desk.lift(), [desk]); // a view may go while a pen is down
  const { connection, picture, label, trouble } = desk.store.state;
  const { mask, tools } = desk;
  return (
    <Frame name={words.maskCanvas}>
      <Said words={words} connection={connection} trouble={trouble} onDismiss={() => desk.dismiss()} />
      {mask ? (
        <div
          onPointerDownCapture={(event) => paints(event) && desk.press(event.pointerId)}
          onPointerMoveCapture={({ pointerId, buttons }) => buttons === 0 && desk.lift(pointerId)}
          onPointerUpCapture={({ pointerId }) => desk.lift(pointerId)}
          onPointerCancelCapture={({ pointerId }) => desk.lift(pointerId)}
          onLostPointerCapture={({ pointerId }) => desk.lift(pointerId)}
        >
          <Painting
            words={words}
            label={label || words.picture}
            picture={picture}
            width={mask.width}
            height={mask.height}
            mask={mask}
            tools={tools}
          />
        </div>
      ) : null}
    </Frame>
  );
}

/** Whether a pointer goes down to paint; what other buttons do, a menu may take away before they come up. */
function paints({ button, target }: PointerEvent): boolean {
  const left = button === 0 || button === ERASER_BUTTON;
  return left && target instanceof Element && target.closest(".pochade-surface") !== null;
}
