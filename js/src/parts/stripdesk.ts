// What the views of one strip of turns share: the session as the Studio knows it, and the turn that was chosen.

import { Desk } from "../desk";
import { thumbs } from "../history/actions";
import { Wanted } from "../history/wanted";
import { type Model, Trait, textOrNothing } from "./model";

export class StripDesk {
  readonly desk: Desk;
  readonly value: Trait<string | null>;
  readonly wanted: Wanted;

  constructor(model: Model) {
    const desk = new Desk(model);
    this.desk = desk;
    this.value = new Trait(model, "value", textOrNothing);
    this.wanted = new Wanted((turns) => thumbs(desk, turns));
  }

  start(): void {
    this.desk.start();
  }

  stop(): void {
    this.wanted.stop();
    this.desk.stop();
  }
}
