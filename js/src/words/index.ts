// Every word that a view shows, in English and Chinese, by the rooms that say them.

import * as canvas from "./canvas";
import * as common from "./common";
import * as compare from "./compare";
import * as credentials from "./credentials";
import * as history from "./history";
import * as out from "./out";
import * as parts from "./parts";
import * as prompt from "./prompt";
import * as queue from "./queue";
import * as settings from "./settings";

/** What the packaged model knows well; it reads English, whatever the labels around it say. */
export const EXAMPLE_PROMPTS = [
  "a cat on a blue background",
  "a rocket under the night sky",
  "a fox with a top hat in the snow",
];

const english = {
  ...canvas.english,
  ...common.english,
  ...compare.english,
  ...credentials.english,
  ...history.english,
  ...out.english,
  ...parts.english,
  ...prompt.english,
  ...queue.english,
  ...settings.english,
};

export type Words = typeof english;

const chinese: Words = {
  ...canvas.chinese,
  ...common.chinese,
  ...compare.chinese,
  ...credentials.chinese,
  ...history.chinese,
  ...out.chinese,
  ...parts.chinese,
  ...prompt.chinese,
  ...queue.chinese,
  ...settings.chinese,
};

/** The words for a language, such as the browser's; English where it is neither. */
export function wordsFor(language: string): Words {
  return language.toLowerCase().startsWith("zh") ? chinese : english;
}
