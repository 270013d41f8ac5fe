// What the views of one prompt box share. What is written there is the trait `value` as well, both ways.

import { Desk } from "../desk";
import { setDraft } from "../prompt/actions";
import { type Model, Trait, text } from "./model";

export class PromptDesk {
  readonly desk: Desk;
  readonly placeholder: Trait<string>;
  private value: Trait<string>;
  private ends: (() => void)[] = [];

  constructor(model: Model) {
    this.desk = new Desk(model);
    this.placeholder = new Trait(model, "placeholder", text);
    this.value = new Trait(model, "value", text);
  }

  start(): void {
    const { desk, value } = this;
    const take = () => {
      if (value.value !== desk.state.draft) setDraft(desk, value.value);
    };
    take();
    this.ends = [value.subscribe(take), desk.store.subscribe(() => value.set(desk.state.draft))];
    desk.start();
  }

  stop(): void {
    for (const end of this.ends) end();
    this.desk.stop();
  }
}
