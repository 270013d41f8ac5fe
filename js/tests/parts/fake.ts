// A widget model without a page: its traits, and both directions of its line.

import type { Model } from "../../src/parts/model";
import type { ToBrowser } from "../../src/protocol";

type Said = { kind: string; seq: number; [field: string]: unknown };
type Unnumbered = ToBrowser extends infer M ? (M extends ToBrowser ? Omit<M, "serial"> : never) : never;

export class FakeModel implements Model {
  readonly said: Said[] = [];
  readonly buffers: ArrayBuffer[][] = [];
  saves = 0;
  private serial = 0;
  private listeners = new Map<string, Set<(...args: never[]) => void>>();

  constructor(private traits: Record<string, unknown> = {}) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.tell(`change:${name}`);
  }

  save_changes(): void {
    this.saves += 1;
  }

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    this.said.push(content as Said);
    this.buffers.push(buffers);
  }

  on(event: string, listener: (...args: never[]) => void): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(listener));
  }

  off(event: string, listener: (...args: never[]) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, some) => sum + some.size, 0);
  }

  /** What the kernel says. */
  hear(message: Unnumbered, buffers: readonly Uint8Array[] = []): void {
    const views = buffers.map((bytes) => new DataView(bytes.slice().buffer));
    this.tell("msg:custom", { ...message, serial: ++this.serial }, views);
  }

  all(kind: string): Said[] {
    return this.said.filter((one) => one.kind === kind);
  }

  last(kind: string): Said {
    const found = this.all(kind).at(-1);
    if (!found) throw new Error(`nothing of kind ${kind} was said`);
    return found;
  }

  private tell(event: string, ...given: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) (listener as (...args: unknown[]) => void)(...given);
  }
}
