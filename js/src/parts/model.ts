// What a part needs of its widget model beyond the line to the kernel: traits, which layouts and links work with too.

import type { Channel } from "../link";

export interface Model extends Channel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
}

/** One trait; whoever subscribes hears of every change, made here, by the kernel or by a link. */
export class Trait<T> {
  constructor(
    private model: Model,
    private name: string,
    private read: (value: unknown) => T,
  ) {}

  get value(): T {
    return this.read(this.model.get(this.name));
  }

  set(value: T): void {
    if (value === this.value) return;
    this.model.set(this.name, value);
    this.model.save_changes();
  }

  subscribe(listener: () => void): () => void {
    const event = `change:${this.name}`;
    this.model.on(event, listener);
    return () => this.model.off(event, listener);
  }
}

export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const textOrNothing = (value: unknown): string | null => (typeof value === "string" ? value : null);
export const share = (value: unknown): number => (typeof value === "number" && value >= 0 && value <= 1 ? value : 0.5);
