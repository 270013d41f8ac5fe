// A value that many views of one model watch.

import { useEffect, useReducer } from "preact/hooks";

export class Store<S, A> {
  private listeners = new Set<() => void>();

  constructor(
    public state: S,
    private reduce: (state: S, action: A) => S,
  ) {}

  dispatch(action: A): void {
    const next = this.reduce(this.state, action);
    if (next === this.state) return;
    this.state = next;
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Renders the component again whenever the source changes. */
export function useChanges(source: { subscribe(listener: () => void): () => void } | null): void {
  const [, again] = useReducer((count: number, _: undefined) => count + 1, 0);
  useEffect(() => {
    if (!source) return;
    again(undefined); // it may have changed between rendering and here
    return source.subscribe(() => again(undefined));
  }, [source]);
}
