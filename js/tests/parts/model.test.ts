import { expect, test, vi } from "vitest";
import { share, Trait, text, textOrNothing } from "../../src/parts/model";
import { FakeModel } from "./fake";

test("a trait that is set is told to the kernel and to whoever listens, once", () => {
  const model = new FakeModel({ value: null });
  const trait = new Trait(model, "value", textOrNothing);
  const heard = vi.fn();
  const stop = trait.subscribe(heard);
  trait.set("k3f9");
  trait.set("k3f9");
  expect([trait.value, model.saves, heard.mock.calls.length]).toEqual(["k3f9", 1, 1]);
  stop();
  trait.set(null);
  expect(heard).toHaveBeenCalledTimes(1);
  expect(model.listening).toBe(0);
});

test("what a trait holds is read as what it should be", () => {
  expect([text(3), text("zh"), textOrNothing(undefined)]).toEqual(["", "zh", null]);
  expect([share(0), share(1), share(0.3), share(2), share(Number.NaN), share("0.3")]).toEqual([
    0, 1, 0.3, 0.5, 0.5, 0.5,
  ]);
});
