// How near the picture is, and the buttons that change it.

import { useEffect, useState } from "preact/hooks";
import { Icon } from "../icons";
import type { Words } from "../words";
import { zoomBy, zoomToPixels } from "./keyboard";
import type { Surface } from "./surface";

export function ZoomGroup({ words, surface }: { words: Words; surface: Surface }) {
  const [percent, setPercent] = useState(surface.percent);
  useEffect(() => {
    const look = () => setPercent(surface.percent);
    look(); // it may have changed between rendering and here
    return surface.subscribe(look);
  }, [surface]);
  return (
    <fieldset class="pochade-zoom" aria-label={words.zoomGroup}>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.zoomOut}
        title={words.withKey(words.zoomOut, "−")}
        onClick={() => zoomBy(surface, -1)}
      >
        <Icon name="minus" />
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a double click is a shortcut; the button Fit is beside it */}
      <span class="pochade-percent" onDblClick={() => surface.fit()}>
        {words.inPercent(percent)}
      </span>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.zoomIn}
        title={words.withKey(words.zoomIn, "+")}
        onClick={() => zoomBy(surface, 1)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        class="pochade-word"
        title={words.withKey(words.fitView, "0")}
        onClick={() => surface.fit()}
      >
        {words.fitView}
      </button>
      <button
        type="button"
        class="pochade-word"
        title={words.withKey(words.oneToOne, "1")}
        onClick={() => zoomToPixels(surface)}
      >
        {words.oneToOne}
      </button>
    </fieldset>
  );
}
