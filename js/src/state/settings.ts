// The session's settings as a view knows them, and the models that it can be switched to.

import type { ModelCard, SettingsCard } from "../protocol";
import type { Action, State } from "./index";

export interface SettingsState {
  settings: SettingsCard | null;
  models: readonly ModelCard[];
  /** Sentences about what had to give way at the last change of model. */
  gaveWay: readonly string[];
  /** The model that was asked for, and the number that an error would name; null when none is awaited. */
  switching: { model: string; seq: number } | null;
}

export type SettingsAction =
  | { type: "set"; change: Partial<SettingsCard> }
  | { type: "switching"; model: string; seq: number }
  | { type: "gave way" };

export const initialSettings: SettingsState = { settings: null, models: [], gaveWay: [], switching: null };

export function reduceSettings(state: State, action: Action): Partial<SettingsState> | null {
  switch (action.type) {
    case "set": // shown at once; the kernel's answer is what counts
      return state.settings ? { settings: { ...state.settings, ...action.change } } : null;
    case "switching":
      return { switching: { model: action.model, seq: action.seq }, gaveWay: [] };
    case "gave way":
      return { gaveWay: [] };
    case "heard":
      return hear(state, action);
    default:
      return null;
  }
}

function hear(state: State, { message }: Action & { type: "heard" }): Partial<SettingsState> | null {
  switch (message.kind) {
    case "snapshot":
      return { settings: message.settings, switching: null };
    case "tuned": {
      const { settings, notes } = message;
      return { settings, gaveWay: notes.length > 0 ? notes : state.gaveWay, switching: null };
    }
    case "models":
      return { models: message.models };
    case "trouble":
      return message.seq !== null && message.seq === state.switching?.seq ? { switching: null } : null;
    default:
      return null;
  }
}
