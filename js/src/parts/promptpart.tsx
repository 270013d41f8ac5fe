// The prompt box without a Studio around it. With a session it is the Studio's own, with the work under way above it;
// without one it only takes words and pictures, and the settings, which are a session's, are left out.

import { useRef } from "preact/hooks";
import { Banners } from "../banners";
import { Composer } from "../prompt/composer";
import { Queue } from "../queue/queue";
import { useKeys } from "../shortcuts";
import { useChanges } from "../store";
import type { Words } from "../words";
import { Frame } from "./frame";
import type { PromptDesk } from "./promptdesk";

export function PromptPart({ words, desk: { desk, placeholder } }: { words: Words; desk: PromptDesk }) {
  useChanges(desk.store);
  useChanges(placeholder);
  const box = useRef<HTMLDivElement>(null);
  useKeys(box, desk, false);
  const { state } = desk;
  const lone = state.session?.model === "";
  // A draft is kept by the kernel, as `value`; under a session's name another box would take it up.
  const session = state.session && { ...state.session, name: "" };
  return (
    <Frame name={words.promptBox}>
      <Banners words={words} desk={desk} state={state} older={false} />
      <div ref={box} class="pochade-alone-box">
        {lone ? null : <Queue words={words} desk={desk} state={state} />}
        <Composer
          words={worded(words, placeholder.value, lone)}
          desk={desk}
          state={{ ...state, session, settings: lone ? null : state.settings }}
        />
      </div>
    </Frame>
  );
}

/** The box's own placeholder; and without a session nobody knows what a prompt will do. */
function worded(words: Words, placeholder: string, lone: boolean): Words {
  const effects = lone ? { effects: { ...words.effects, new: "" } } : {};
  return {
    ...words,
    ...(placeholder ? { describePicture: placeholder, describeChange: placeholder } : {}),
    ...effects,
  };
}
