// What all views of one Studio know of the canvas: by how much the picture is to grow with the next prompt. It stands
// alone because the canvas sets it and the prompt box sends it.

import type { Margins } from "../canvas/margins";
import type { Action, State } from "./index";

export interface CanvasState {
  /** Pixels to add on the left, top, right and bottom; null while nothing is to be added. */
  extend: Margins | null;
}

export type CanvasAction = { type: "extend"; extend: Margins | null };

export const initialCanvas: CanvasState = { extend: null };

/** The margins belong to one picture: with another one they are gone. */
export function reduceCanvas(state: State, action: Action): Partial<CanvasState> | null {
  switch (action.type) {
    case "extend":
      return { extend: action.extend };
    case "source":
      return { extend: null };
    case "went":
      return action.turn === state.current && state.source === null ? null : { extend: null };
    case "heard":
      if (action.message.kind === "made") return { extend: null };
      if (action.message.kind === "moved" && action.message.current !== state.current) return { extend: null };
      return null;
    default:
      return null;
  }
}
