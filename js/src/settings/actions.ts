// Changing what the session paints with. A value is shown at once; what counts is what the session says next.

import type { Desk } from "../desk";
import type { SettingsCard, Tune } from "../protocol";
import { DEFAULTS } from "./summary";

export function tune(desk: Desk, name: Tune["name"], value: Tune["value"]): void {
  const shown = value ?? DEFAULTS[name];
  desk.store.dispatch({ type: "set", change: { [name]: shown } as Partial<SettingsCard> });
  desk.send({ kind: "tune", name, value });
}

/** Back to the model's own choice: one setting, or all of them. */
export function reset(desk: Desk, names: readonly Tune["name"][]): void {
  for (const name of names) tune(desk, name, DEFAULTS[name]);
}

/** Takes over what a turn was made with. */
export function adopt(desk: Desk, turn: string): void {
  desk.send({ kind: "adopt", turn });
}

export function askModels(desk: Desk): void {
  desk.send({ kind: "models" });
}

export function useModel(desk: Desk, model: string): void {
  const seq = desk.send({ kind: "use", model });
  desk.store.dispatch({ type: "switching", model, seq });
}
