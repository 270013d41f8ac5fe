// The picture of the Studio on its mount: the current turn's, the preview of the next one, an attached photo that is to
// be changed, or the invitation to begin.

import { CredentialsBadge } from "../credentials/badge";
import type { Desk } from "../desk";
import { Invitation } from "../prompt/invitation";
import type { State } from "../state";
import { pictureKey, twigOf } from "../state/turns";
import type { Words } from "../words";
import { maskSources } from "./actions";
import { Painting } from "./painting";
import { toolsOf } from "./toolstate";

interface Scene {
  label: string;
  picture: Blob | null;
  width: number;
  height: number;
  turn: string | undefined;
  preview: boolean;
}

/** What is to be seen; null while there is nothing yet. */
export function sceneOf(state: State): Scene | null {
  const { preview, source, current, index } = state;
  if (preview?.picture) {
    const { picture, width, height } = preview;
    return { label: state.jobs[0]?.prompt ?? "", picture, width, height, turn: undefined, preview: true };
  }
  if (source) {
    const { name, blob, width, height } = source;
    return { label: name, picture: blob, width, height, turn: undefined, preview: false };
  }
  const twig = twigOf(state, current);
  if (!twig) return null;
  const { turn, prompt, width, height } = twig;
  // until the picture is here its small copy stands for it, in the same place and shape
  const picture = state.pictures[pictureKey(turn, index)] ?? state.thumbs[turn] ?? null;
  return { label: prompt, picture, width, height, turn, preview: false };
}

export function Easel({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const scene = sceneOf(state);
  const making = state.jobs.length > 0;
  const able = state.session?.writable === true && !state.session.closed;
  if (!scene) {
    return (
      <div class="pochade-easel">
        <div class="pochade-mount" data-making={making ? "true" : undefined}>
          {making || !state.session || state.session.closed ? null : (
            <Invitation words={words} desk={desk} able={able} />
          )}
        </div>
      </div>
    );
  }
  const mask = able && desk.mask?.width === scene.width && desk.mask.height === scene.height ? desk.mask : null;
  return (
    <Painting
      words={words}
      label={scene.label}
      picture={scene.picture}
      width={scene.width}
      height={scene.height}
      turn={scene.turn}
      preview={scene.preview}
      making={making}
      mask={mask}
      tools={toolsOf(desk)}
      sources={maskSources(words, desk)}
      badge={scene.turn ? <CredentialsBadge words={words} desk={desk} turn={scene.turn} index={state.index} /> : null}
      extending={
        able && state.abilities?.edit
          ? {
              margins: state.extend,
              onExtend: (extend) => desk.store.dispatch({ type: "extend", extend }),
            }
          : undefined
      }
    />
  );
}
