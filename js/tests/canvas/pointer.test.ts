import { describe, expect, it } from "vitest";
import { Mask } from "../../src/canvas/mask";
import { Painter } from "../../src/canvas/painter";
import { Pointers } from "../../src/canvas/pointer";
import type { Surface } from "../../src/canvas/surface";
import { newTools } from "../../src/canvas/toolstate";

/** An element without a page: it hears events, and lets a pointer be held. */
class Element extends EventTarget {
  readonly dataset = {};
  setPointerCapture(): void {}
}

function desk() {
  const mask = new Mask(100, 100);
  const tools = newTools();
  const look = { scale: 1, x: 0, y: 0 };
  const surface = {
    mask,
    tools,
    look,
    locate: ({ clientX: x, clientY: y }: { clientX: number; clientY: number }) => ({ x, y }),
    toPicture: (at: { x: number; y: number }) => at,
    point: () => {},
  };
  const element = new Element();
  const painter = new Painter({ mask, tools, scale: 1, outline: () => {} });
  new Pointers(element as unknown as HTMLElement, surface as unknown as Surface, painter, new AbortController().signal);
  const send = (name: string, x: number, buttons: number) => {
    const fields = { pointerId: 1, pointerType: "mouse", clientX: x, clientY: 50, button: 0, buttons };
    element.dispatchEvent(Object.assign(new Event(name), fields));
  };
  return { mask, painter, send };
}

describe("a mouse", () => {
  it("paints from pressing its button to letting it go", () => {
    const { mask, painter, send } = desk();
    send("pointerdown", 20, 1);
    send("pointermove", 40, 1);
    send("pointerup", 40, 0);
    send("pointermove", 90, 0);
    expect([mask.data[50 * 100 + 30], mask.data[50 * 100 + 80]]).toEqual([255, 0]);
    expect(painter.busy).toBe(false);
  });

  it("does not paint without a button, where its release was heard by somebody else", () => {
    const { mask, painter, send } = desk();
    send("pointerdown", 20, 1);
    send("pointermove", 40, 1);
    send("pointermove", 90, 0);
    expect([mask.data[50 * 100 + 30], mask.data[50 * 100 + 80]]).toEqual([255, 0]);
    expect(painter.busy).toBe(false);
    send("pointerdown", 80, 1);
    send("pointerup", 80, 0);
    expect(mask.data[50 * 100 + 80]).toBe(255);
  });
});
