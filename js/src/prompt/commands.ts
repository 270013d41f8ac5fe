// What "/" does at the beginning of a prompt: which commands there are for a model, what completes the one that is being
// typed, and what a whole one means. Plain functions of text; carrying a command out is written in actions.

import { type Abilities, MAX_PICTURES, type SettingsCard, type Tune } from "../protocol";
import { wrongSize } from "../settings/sizes";
import type { Words } from "../words";

type CommandName = keyof Words["commands"];

export interface Command {
  name: CommandName;
  /** How it is written. */
  usage: string;
  /** What can follow it, as far as that is known. */
  values: readonly string[];
  /** Whether something must follow it. */
  needs: boolean;
}

export interface Suggestion {
  command: Command;
  /** The text of the box once it is chosen. */
  text: string;
  /** What is shown of it. */
  label: string;
  /** Whether the text is a whole command, to be carried out at once. */
  whole: boolean;
}

export type Deed = "new" | "undo" | "redo" | "help";

export interface Outcome {
  changes: readonly (readonly [Tune["name"], Tune["value"]])[];
  deed: Deed | null;
  /** What stays in the box. */
  draft: string;
  /** Why nothing was done. */
  wrong: string | null;
}

const MAX_SEED = 2 ** 53 - 1;
const MAX_STEPS = 1000;
const AUTO = /^(auto|default)$/;
const SIZE =
  /^(?:(?:auto|default|square|landscape|portrait|\d+(?:\.\d+)?\s*:\s*\d+(?:\.\d+)?)(?:\s+\d+(?:\.\d+)?\s*mp)?|\d+\s*[x×*]\s*\d+|\d+(?:\.\d+)?\s*mp)(?=\s|$)/i;

/** The commands that make sense for a model. */
export function commandsFor(abilities: Abilities | null): Command[] {
  const shapes = abilities?.shapes.map(({ label }) => label).filter((label) => label !== "") ?? [];
  const styles = abilities?.styles ?? [];
  const all: (Command | null)[] = [
    { name: "size", usage: "/size 16:9 | 640x480 | square", values: [...shapes, "auto"], needs: true },
    { name: "n", usage: "/n 4", values: ["1", "2", "3", "4"], needs: true },
    { name: "seed", usage: "/seed 7 | new", values: ["new"], needs: true },
    styles.length > 0 ? { name: "style", usage: `/style ${styles[0]}`, values: styles, needs: true } : null,
    abilities?.transparent ? { name: "transparent", usage: "/transparent", values: ["on", "off"], needs: false } : null,
    { name: "steps", usage: `/steps ${abilities?.steps ?? 8}`, values: ["auto"], needs: true },
    abilities?.guided
      ? { name: "guidance", usage: `/guidance ${abilities.guidance}`, values: ["auto"], needs: true }
      : null,
    ...(["new", "undo", "redo", "help"] as const).map((name) => ({
      name,
      usage: `/${name}`,
      values: [],
      needs: false,
    })),
  ];
  return all.filter((command) => command !== null);
}

/** What could be meant by what is typed so far. */
export function suggest(text: string, commands: readonly Command[]): Suggestion[] {
  const typed = /^\/(\S*)$/.exec(text);
  if (typed) {
    const name = (typed[1] ?? "").toLowerCase();
    return commands
      .filter((command) => command.name.startsWith(name))
      .map((command) => ({
        command,
        text: command.needs ? `/${command.name} ` : `/${command.name}`,
        label: command.usage,
        whole: !command.needs,
      }));
  }
  const [, name, value] = /^\/(\S+)[^\S\n]+([^\n]*)$/.exec(text) ?? [];
  const command = commands.find((one) => one.name === name?.toLowerCase());
  if (!command || value === undefined) return [];
  const wanted = value.toLowerCase();
  if (command.values.some((one) => one === wanted.trim())) return [];
  return command.values
    .filter((one) => one.startsWith(wanted))
    .map((one) => ({ command, text: `/${command.name} ${one}`, label: one, whole: true }));
}

/** Whether a text is a command rather than a prompt. */
export function isCommand(text: string): boolean {
  return text.startsWith("/");
}

interface Context {
  commands: readonly Command[];
  abilities: Abilities | null;
  settings: SettingsCard | null;
  words: Words;
}

/** What a text that begins with a command means. */
export function interpret(text: string, context: Context): Outcome {
  const { words } = context;
  const [, name = "", after = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const command = context.commands.find((one) => one.name === name.toLowerCase());
  const refuse = (wrong: string): Outcome => ({ changes: [], deed: null, draft: text, wrong });
  const set = (setting: Tune["name"], value: Tune["value"], draft: string): Outcome => ({
    changes: [[setting, value]],
    deed: null,
    draft,
    wrong: null,
  });
  if (!command) return refuse(words.commandUnknown(`/${name}`));
  const [first = "", rest = ""] = split(after);
  switch (command.name) {
    case "new":
    case "undo":
    case "redo":
      return { changes: [], deed: command.name, draft: after, wrong: null };
    case "help":
      return { changes: [], deed: "help", draft: "/", wrong: null };
    case "size": {
      const size = SIZE.exec(after)?.[0] ?? first;
      const left = after.slice(size.length).trimStart();
      if (AUTO.test(size)) return set("size", null, left);
      const wrong =
        size === "" || !context.abilities ? words.sizeUnknown(size) : wrongSize(size, context.abilities, words);
      return wrong ? refuse(wrong) : set("size", size, left);
    }
    case "n":
      return whole(first, 1, MAX_PICTURES) === null
        ? refuse(words.commandNumber("/n", 1, MAX_PICTURES))
        : set("n", Number(first), rest);
    case "seed":
      if (first === "new") return set("seed", null, rest);
      return whole(first, 0, MAX_SEED) === null
        ? refuse(words.commandNumber("/seed", 0, MAX_SEED))
        : set("seed", Number(first), rest);
    case "steps":
      if (AUTO.test(first)) return set("steps", null, rest);
      return whole(first, 1, MAX_STEPS) === null
        ? refuse(words.commandNumber("/steps", 1, MAX_STEPS))
        : set("steps", Number(first), rest);
    case "guidance":
      if (AUTO.test(first)) return set("guidance", null, rest);
      return /^\d{1,4}(\.\d+)?$/.test(first) ? set("guidance", Number(first), rest) : refuse(words.commandGuidance);
    case "transparent": {
      const said = first === "on" || first === "off";
      const on = said ? first === "on" : context.settings?.background !== "transparent";
      return set("background", on ? "transparent" : "auto", said ? rest : after);
    }
    case "style":
      return styled(after, command.values) ?? refuse(words.commandStyle(command.values.join(", ")));
  }
}

/** A style goes behind what is written, or before what is going to be. */
function styled(after: string, styles: readonly string[]): Outcome | null {
  const lower = after.toLowerCase();
  const style = styles.find((one) => lower === one || lower.startsWith(`${one} `) || lower.startsWith(`${one}\n`));
  if (style === undefined) return null;
  const words = after.slice(style.length).trim();
  return { changes: [], deed: null, draft: words ? `${words}, ${style}` : `${style}, `, wrong: null };
}

function split(text: string): [string, string] {
  const [, first = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  return [first.toLowerCase(), rest];
}

function whole(text: string, least: number, most: number): number | null {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
