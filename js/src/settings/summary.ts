// Which settings a model has, and which of them are not as the model would choose: what is seen of them at a glance.

import type { Abilities, SettingsCard } from "../protocol";
import type { Words } from "../words";

export type SettingName = keyof SettingsCard;

export const DEFAULTS: SettingsCard = {
  n: 1,
  size: null,
  seed: null,
  steps: null,
  guidance: null,
  strength: null,
  negative: null,
  background: "auto",
  keep: "auto",
};

/** The settings that make sense for a model, in the order in which they are shown. */
export function shownFor(abilities: Abilities | null): SettingName[] {
  const has: Record<SettingName, boolean> = {
    size: true,
    n: true,
    seed: true,
    steps: true,
    guidance: abilities?.guided ?? false,
    strength: abilities?.strength ?? false,
    negative: abilities?.negative ?? false,
    background: abilities?.transparent ?? false,
    keep: abilities?.edit ?? false,
  };
  const order: SettingName[] = ["size", "n", "seed", "steps", "guidance", "strength", "negative", "background", "keep"];
  return order.filter((name) => has[name]);
}

/** Those that are set to something else than the model's own choice, also ones that this model does not have. */
export function changed(settings: SettingsCard): SettingName[] {
  return (Object.keys(DEFAULTS) as SettingName[]).filter((name) => settings[name] !== DEFAULTS[name]);
}

/** A setting in a word or two. */
export function told(name: SettingName, settings: SettingsCard, words: Words): string {
  switch (name) {
    case "size":
      return (settings.size ?? words.auto).replace(/(\d)x(\d)/, "$1 × $2");
    case "n":
      return words.picturesSet(settings.n);
    case "seed":
      return settings.seed === null ? words.newSeed : words.seedSet(settings.seed);
    case "steps":
      return settings.steps === null ? words.auto : words.stepsSet(settings.steps);
    case "guidance":
      return `${words.guidance} ${settings.guidance ?? words.auto}`;
    case "strength":
      return `${words.strength} ${settings.strength ?? words.auto}`;
    case "negative":
      return settings.negative === null ? words.nothing : words.without(settings.negative);
    case "background":
      return words.backgrounds[settings.background];
    case "keep":
      return words.keeps[settings.keep];
  }
}
