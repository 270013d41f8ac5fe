// The way in for anywidget. Called once a widget model, so that the views of one model share a desk and two models
// share nothing; `part` says which face the model shows.

import { render } from "preact";
import { Desk } from "./desk";
import type { Channel } from "./link";
import { MaskDesk, MaskPart } from "./maskpart";
import { Studio } from "./studio";
import "./controls.css";
import "./studio.css";
import { wordsFor } from "./words";

interface Model extends Channel {
  get(name: "part"): string;
}

export default function widget() {
  let desk: Desk | MaskDesk | null = null;
  return {
    initialize({ model }: { model: Model }) {
      const made = model.get("part") === "mask" ? new MaskDesk(model) : new Desk(model);
      made.start();
      desk = made;
      return () => made.stop();
    },
    render({ el }: { el: HTMLElement }) {
      const words = wordsFor(navigator.language);
      if (desk instanceof MaskDesk) render(<MaskPart words={words} desk={desk} />, el);
      else if (desk) render(<Studio words={words} desk={desk} />, el);
      return () => render(null, el);
    },
  };
}
