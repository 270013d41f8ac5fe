import type { ComponentChildren, VNode } from "preact";
import { expect, it } from "vitest";
import { Desk } from "../../src/desk";
import { TurnDetails } from "../../src/history/details";
import { initial, reduce } from "../../src/state";
import { wordsFor } from "../../src/words";
import { Kernel } from "../prompt/fakes";
import { twig } from "./twigs";

type Drawn = VNode<Record<string, unknown> & { children?: ComponentChildren }>;
type Drawing = (props: object) => ComponentChildren;

/** Every element that the details draw by themselves; menus, which keep a state, stay closed boxes. */
function drawn(node: ComponentChildren): Drawn[] {
  if (Array.isArray(node)) return node.flatMap(drawn);
  if (node === null || typeof node !== "object" || !("props" in node)) return [];
  const { type, props } = node as Drawn;
  if (typeof type === "string") return [node as Drawn, ...drawn(props.children)];
  return /Menu$/.test(type.name) ? [] : drawn((type as Drawing)(props));
}

it("the pager's ends say that nothing is there, keep the focus, and do nothing", () => {
  const words = wordsFor("en");
  const desk = new Desk(new Kernel());
  const indices: number[] = [];
  desk.store.subscribe(() => indices.push(desk.state.index));
  const state = { ...initial, turns: [twig(1, null, { count: 2 })], total: 1, current: "t1" };
  const button = (index: number, label: string) => {
    const all = drawn(
      TurnDetails({ words, desk, state: reduce(state, { type: "index", index }), onCompare: () => {} }),
    );
    const found = all.find(({ props }) => props["aria-label"] === label);
    if (!found) throw new Error(`No button is called ${label}.`);
    return found.props as unknown as { disabled?: boolean; "aria-disabled"?: boolean; onClick: () => void };
  };
  for (const [index, label] of [
    [0, words.previousPicture],
    [1, words.nextPicture],
  ] as const) {
    const end = button(index, label);
    expect([end.disabled ?? false, end["aria-disabled"]]).toEqual([false, true]);
    end.onClick();
  }
  expect(indices).toEqual([]);
  expect(button(0, words.nextPicture)["aria-disabled"]).toBe(false);
});
