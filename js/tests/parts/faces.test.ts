import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import widget from "../../src/index";
import { CompareDesk } from "../../src/parts/comparedesk";
import { PromptDesk } from "../../src/parts/promptdesk";
import { PROTOCOL } from "../../src/protocol";
import { FakeModel } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the way in", () => {
  const parts = ["studio", "mask", "strip", "compare", "prompt"];

  test.each(parts)("a %s says hello, and is silent once its model goes", (part) => {
    const model = new FakeModel({ part, lang: "" });
    const end = widget().initialize({ model });
    expect(model.last("hello").protocol).toBe(PROTOCOL);
    end();
    const said = model.said.length;
    vi.advanceTimersByTime(60_000);
    expect([model.said.length, model.listening, vi.getTimerCount()]).toEqual([said, 0, 0]);
  });

  test.each(parts)("a %s is freed by the host's signal alone, and only once", (part) => {
    const model = new FakeModel({ part, lang: "" });
    const host = new AbortController();
    const end = widget().initialize({ model, signal: host.signal });
    host.abort();
    expect([model.listening, vi.getTimerCount()]).toEqual([0, 0]);
    expect(end).not.toThrow();
  });

  test("a part that this bundle does not have is refused by name", () => {
    const model = new FakeModel({ part: "easel" });
    expect(() => widget().initialize({ model })).toThrow("easel");
    expect(model.listening).toBe(0);
  });
});

describe("a comparison", () => {
  const card = (label: string) => ({ number: null, label });
  const bytes = (...values: number[]) => new Uint8Array(values);
  const traits = { left: null, right: null, mode: "slider", position: 0.5 };

  test("keeps the picture of the side that is not sent again", async () => {
    const model = new FakeModel({ ...traits });
    const desk = new CompareDesk(model);
    desk.start();
    const pair = { kind: "pair", seq: null, protocol: PROTOCOL, left: card("a"), right: card("b") } as const;
    model.hear({ ...pair, sides: ["left", "right"] }, [bytes(1), bytes(2, 2)]);
    model.hear({ ...pair, right: card("c"), sides: ["right"] }, [bytes(3, 3, 3)]);
    const { left, right } = desk.store.state;
    expect([left?.card.label, left?.blob.size, right?.card.label, right?.blob.size]).toEqual(["a", 1, "c", 3]);
    desk.stop();
  });

  test("shows nothing where nothing is named, and what there was where a session has closed", () => {
    const model = new FakeModel({ ...traits, left: "k3f9" });
    const desk = new CompareDesk(model);
    desk.start();
    const pair = { kind: "pair", seq: null, protocol: PROTOCOL } as const;
    model.hear({ ...pair, left: card("a"), right: card("b"), sides: ["left", "right"] }, [bytes(1), bytes(2)]);
    model.hear({ ...pair, left: null, right: null, sides: [] });
    expect([desk.store.state.left?.card.label, desk.store.state.right]).toEqual(["a", null]);
    desk.stop();
  });

  test("reads a mode that it does not know as the slider", () => {
    const model = new FakeModel({ ...traits, mode: "spin" });
    const desk = new CompareDesk(model);
    expect(desk.mode.value).toBe("slider");
    desk.mode.set("flicker");
    expect([model.get("mode"), model.saves]).toEqual(["flicker", 1]);
  });
});

describe("a prompt box", () => {
  test("has what is written as its value, both ways", () => {
    const model = new FakeModel({ value: "a cat", placeholder: "" });
    const { desk, ...box } = startBox(model);
    expect([desk.state.draft, model.saves]).toEqual(["a cat", 0]);
    desk.store.dispatch({ type: "draft", draft: "a dog" });
    expect([model.get("value"), model.saves]).toEqual(["a dog", 1]);
    model.set("value", "a bird");
    expect([desk.state.draft, model.saves]).toEqual(["a bird", 1]);
    box.stop();
    expect(model.listening).toBe(0);
  });

  test("is empty once its prompt is sent, and has it back when it is refused", () => {
    const model = new FakeModel({ value: "a cat", placeholder: "" });
    const { desk, stop } = startBox(model);
    desk.store.dispatch({ type: "asked", seq: 7, prompt: "a cat" });
    expect(model.get("value")).toBe("");
    model.hear({ kind: "trouble", seq: 7, message: "Nobody takes it." });
    expect(model.get("value")).toBe("a cat");
    stop();
  });

  function startBox(model: FakeModel) {
    const box = new PromptDesk(model);
    box.start();
    return { desk: box.desk, stop: () => box.stop() };
  }
});
