// A kernel's end of the line for tests: it keeps what is said to it, and answers as it is told to.

import { Desk } from "../../src/desk";
import type { Abilities, SettingsCard, TwigCard } from "../../src/protocol";
import { PROTOCOL } from "../../src/protocol";

export const abilities: Abilities = {
  paint: true,
  edit: true,
  references: 4,
  steps: 28,
  guidance: 4,
  guided: true,
  strength: false,
  negative: true,
  transparent: true,
  shapes: [
    { label: "1:1", width: 1024, height: 1024 },
    { label: "16:9", width: 1360, height: 768 },
  ],
  multiple: 16,
  min_side: 256,
  max_side: 2048,
  max_pixels: 2048 * 1024,
  styles: ["pixel art", "watercolour"],
  knows: [],
};

export const settings: SettingsCard = {
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

export function twig(turn: string, number: number, prompt = `prompt ${turn}`): TwigCard {
  const size = { width: 64, height: 48 };
  const rest = { parent: null, task: "generate" as const, count: 1, picked: 0, stopped: false, starred: false };
  return { turn, number, prompt, ...size, ...rest };
}

type Said = { kind: string; seq: number; [field: string]: unknown };
type Answer = (said: Said, buffers: readonly ArrayBuffer[]) => readonly Record<string, unknown>[];

/** What is told needs only the fields that a test is about. */
export class Kernel {
  said: Said[] = [];
  answers: Answer = () => [];
  current: string | null = null;
  turns: TwigCard[] = [];
  /** The widget's language. */
  lang = "en";
  private listener: ((message: unknown, buffers: DataView[]) => void) | null = null;
  private serial = 0;

  send(content: unknown, _: unknown, buffers: ArrayBuffer[] = []): void {
    const said = content as Said;
    if (said.kind === "hello") this.tell(this.snapshot(said.seq));
    else if (said.kind === "ping") this.tell({ kind: "pong", seq: said.seq });
    else {
      this.said.push(said);
      for (const answer of this.answers(said, buffers)) this.tell(answer);
    }
  }

  get(name: string): unknown {
    return name === "lang" ? this.lang : undefined;
  }

  on(event: string, listener: (...args: never[]) => void): void {
    if (event === "msg:custom") this.listener = listener as never;
  }

  off(): void {
    this.listener = null;
  }

  tell(message: Record<string, unknown>): void {
    const numbered = { serial: ++this.serial, ...message };
    queueMicrotask(() => this.listener?.(numbered, []));
  }

  of(kind: string): Said[] {
    return this.said.filter((said) => said.kind === kind);
  }

  private snapshot(seq: number): Record<string, unknown> {
    const session = { name: "talk", model: "m", writable: true, holder: null, closed: false, subshells: true };
    const rest = { card: null, jobs: [], pictures: [], unlisted: 0, index: 0 };
    const { turns, current } = this;
    const whole = { session, settings, abilities, turns, total: turns.length, current, ...rest };
    return { kind: "snapshot", seq, protocol: PROTOCOL, ...whole };
  }
}

/** Lets everything that waits for its turn have it. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A desk that has heard its snapshot. */
export async function awake(kernel: Kernel): Promise<Desk> {
  const desk = new Desk(kernel);
  desk.start();
  await settle(2);
  return desk;
}
