// What the views of one comparison share: its two pictures, as the kernel sends them, and the traits that say how they
// are compared.

import { MODES, type Mode } from "../compare/compare";
import { Link } from "../link";
import type { SideCard, ToBrowser } from "../protocol";
import type { Connection } from "../state";
import { Store } from "../store";
import { type Model, share, Trait, textOrNothing } from "./model";

type SideName = "left" | "right";

export interface Shown {
  card: SideCard;
  blob: Blob;
}

interface Pairing {
  connection: Connection;
  trouble: string | null;
  left: Shown | null;
  right: Shown | null;
}

export class CompareDesk {
  readonly store = new Store<Pairing, Partial<Pairing>>(
    { connection: "waking", trouble: null, left: null, right: null },
    (pairing, change) => ({ ...pairing, ...change }),
  );
  readonly mode: Trait<Mode>;
  readonly position: Trait<number>;
  private named: Record<SideName, Trait<string | null>>;
  private link: Link;

  constructor(model: Model) {
    this.mode = new Trait(model, "mode", (value) => MODES.find((mode) => mode === value) ?? "slider");
    this.position = new Trait(model, "position", share);
    this.named = {
      left: new Trait(model, "left", textOrNothing),
      right: new Trait(model, "right", textOrNothing),
    };
    this.link = new Link(
      model,
      (message, blobs) => this.hear(message, blobs),
      (connection) => this.store.dispatch({ connection }),
    );
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    this.link.stop();
  }

  dismiss(): void {
    this.store.dispatch({ trouble: null });
  }

  private hear(message: ToBrowser, blobs: readonly Blob[]): void {
    if (message.kind === "trouble") this.store.dispatch({ trouble: message.message });
    if (message.kind !== "pair") return;
    const come = (side: SideName): Shown | null => {
      const card = message[side];
      const blob = blobs[message.sides.indexOf(side)] ?? this.store.state[side]?.blob;
      if (card && blob) return { card, blob };
      // A closed session has let go of its file: what was shown of it stays.
      return this.named[side].value === null ? null : this.store.state[side];
    };
    this.store.dispatch({ left: come("left"), right: come("right"), trouble: null });
  }
}
