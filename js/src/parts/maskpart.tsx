// The mask canvas without a Studio around it: a picture, the mask on it, and the tools.

import { useEffect } from "preact/hooks";
import { Painting } from "../canvas/painting";
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
          onPointerDownCapture={({ pointerId }) => desk.press(pointerId)}
          onPointerUpCapture={({ pointerId }) => desk.lift(pointerId)}
          onPointerCancelCapture={({ pointerId }) => desk.lift(pointerId)}
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
