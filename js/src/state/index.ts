// What a Studio shows of the kernel, as a function of what it has heard and done. Nothing here touches the page or the
// comm, so every promise about a view's state can be tested without either. Each room of the Studio keeps its own part.

import type { Abilities, SessionCard, ToBrowser } from "../protocol";
import { type CanvasAction, type CanvasState, initialCanvas, reduceCanvas } from "./canvas";
import { initialPrompt, type PromptAction, type PromptState, reducePrompt } from "./prompt";
import { initialQueue, type QueueAction, type QueueState, reduceQueue } from "./queue";
import { initialSettings, reduceSettings, type SettingsAction, type SettingsState } from "./settings";
import { initialTurns, reduceTurns, type TurnsAction, type TurnsState } from "./turns";

/** waking: not yet answered; live; silent: no answer for 3 s; gone: the page has lost the kernel it was made by. */
export type Connection = "waking" | "live" | "silent" | "gone";

interface BaseState {
  connection: Connection;
  session: SessionCard | null;
  abilities: Abilities | null;
  trouble: string | null;
}

export type State = BaseState & CanvasState & TurnsState & QueueState & PromptState & SettingsState;

interface Heard {
  type: "heard";
  message: ToBrowser;
  blobs: readonly Blob[];
}

type BaseAction = Heard | { type: "connection"; connection: Connection } | { type: "trouble"; message: string | null };

export type Action = BaseAction | CanvasAction | TurnsAction | QueueAction | PromptAction | SettingsAction;

/** What an action changes of a room's part; null where it changes nothing. */
type Reducer = (state: State, action: Action) => Partial<State> | null;

export const initial: State = {
  connection: "waking",
  session: null,
  abilities: null,
  trouble: null,
  ...initialCanvas,
  ...initialTurns,
  ...initialQueue,
  ...initialPrompt,
  ...initialSettings,
};

const rooms: readonly Reducer[] = [reduceBase, reduceCanvas, reduceTurns, reduceQueue, reducePrompt, reduceSettings];

/** Every room sees the state as it was before the action, so their order does not matter. */
export function reduce(state: State, action: Action): State {
  const changes = rooms.map((room) => room(state, action)).filter((change) => change !== null);
  return changes.length > 0 ? Object.assign({}, state, ...changes) : state;
}

function reduceBase(state: State, action: Action): Partial<State> | null {
  switch (action.type) {
    case "connection":
      return { connection: action.connection };
    case "trouble":
      return { trouble: action.message };
    case "asked":
    case "went":
      return { trouble: null };
    case "heard":
      return hear(state, action.message);
    default:
      return null;
  }
}

function hear(state: State, message: ToBrowser): Partial<State> | null {
  switch (message.kind) {
    case "snapshot":
      return { connection: "live", session: message.session, abilities: message.abilities };
    case "tuned":
      return { session: message.session, abilities: message.abilities };
    case "closed":
      return { session: state.session && { ...state.session, closed: true } };
    case "trouble":
      return { trouble: message.message };
    default:
      return null;
  }
}
