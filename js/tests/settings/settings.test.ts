import { describe, expect, it } from "vitest";
import { isName, modelsFor } from "../../src/settings/choosing";
import { wrongNumber } from "../../src/settings/fields";
import { drawn, isFixed, isScaled, ratioOf, wrongSize } from "../../src/settings/sizes";
import { changed, DEFAULTS, shownFor, told } from "../../src/settings/summary";
import { initial, reduce, type State } from "../../src/state";
import { wordsFor } from "../../src/words";
import { abilities, settings } from "../prompt/fakes";

const words = wordsFor("en");

describe("a size", () => {
  it.each([
    ["640x480", 640 / 480],
    ["640 × 480", 640 / 480],
    ["１６：９", 16 / 9],
    ["square", 1],
    ["portrait 2MP", 2 / 3],
    ["16:9 @ 1.5 mp", 16 / 9],
  ])("%s is drawn in its shape and can be used", (size, ratio) => {
    expect(ratioOf(size)).toBeCloseTo(ratio, 9);
    expect(wrongSize(size, abilities, words)).toBeNull();
  });

  it.each(["", "big", "0x5", "12", "16:0", "x", "4096x64", "2049x100", "2048x1025", "9:1", "3MP", "odd 1MP", "<b>"])(
    "%s is said to be none, or none for this model",
    (size) => {
      expect(wrongSize(size, abilities, words)).toMatch(/\.$/);
    },
  );

  it("is scaled where the model does not paint those pixels", () => {
    expect(isScaled("1000x1000", abilities)).toBe(true);
    expect(isScaled("128x128", abilities)).toBe(true);
    expect(isScaled("1024x1024", abilities)).toBe(false);
    expect(isScaled("16:9", abilities)).toBe(false);
  });

  it("is no choice with a model of one size", () => {
    expect(isFixed({ ...abilities, min_side: 128, max_side: 128 })).toBe(true);
    expect(isFixed(abilities)).toBe(false);
  });

  it("is drawn inside its square", () => {
    expect(drawn(16 / 9, 16)).toEqual([16, 9]);
    expect(drawn(0.5, 16)).toEqual([8, 16]);
    expect(drawn(1000, 16)).toEqual([16, 2]);
  });
});

describe("the settings that are shown", () => {
  it("are those that the loaded model has", () => {
    expect(shownFor(abilities)).toEqual(["size", "n", "seed", "steps", "guidance", "negative", "background", "keep"]);
    const few = { ...abilities, guided: false, negative: false, transparent: false, edit: false };
    expect(shownFor(few)).toEqual(["size", "n", "seed", "steps"]);
  });

  it("stand out where they are not the model's own choice", () => {
    expect(changed(DEFAULTS)).toEqual([]);
    expect(changed({ ...settings, n: 4, seed: 0, keep: "none" })).toEqual(["n", "seed", "keep"]);
    expect(told("n", { ...settings, n: 4 }, words)).toBe("4 pictures");
    expect(told("seed", { ...settings, seed: 0 }, words)).toBe("seed 0");
    expect(told("size", { ...settings, size: "640x480" }, words)).toBe("640 × 480");
  });

  it.each([
    ["0", 1, 16, true],
    ["17", 1, 16, true],
    ["2.5", 1, 16, true],
    ["two", 1, 16, true],
    ["-1", 0, 9, true],
    ["1e3", 0, 9999, false],
    ["0.01", 0.05, 1, false],
  ])("refuse %s", (text, least, most, whole) => {
    expect(wrongNumber(text, least, most, whole, words)).toMatch(/\.$/);
  });
});

describe("what the session says of its settings", () => {
  const tell = (state: State, message: Record<string, unknown>) =>
    reduce(state, { type: "heard", message: { serial: 1, ...message } as never, blobs: [] });
  const session = { name: "s", model: "m", writable: true, holder: null, closed: false, subshells: true };
  const tuned = (change: object, notes: string[] = []) => ({
    kind: "tuned",
    session,
    abilities,
    settings: { ...settings, ...change },
    notes,
  });

  it("is shown, whoever set it", () => {
    expect(tell(initial, tuned({ n: 4 })).settings?.n).toBe(4);
  });

  it("wins over what a click has shown already", () => {
    const shown = reduce(tell(initial, tuned({})), { type: "set", change: { n: 9 } });
    expect(shown.settings?.n).toBe(9);
    expect(tell(shown, tuned({ n: 2 })).settings?.n).toBe(2);
  });

  it("keeps saying what had to give way until it is put away", () => {
    const note = "guidance was dropped.";
    const state = tell(tell(initial, tuned({}, [note])), tuned({ n: 2 }));
    expect(state.gaveWay).toEqual([note]);
    expect(reduce(state, { type: "gave way" }).gaveWay).toEqual([]);
  });

  it("ends the wait for another model, and so does the kernel's no", () => {
    const waiting = reduce(initial, { type: "switching", model: "sdxl", seq: 9 });
    expect(waiting.switching?.model).toBe("sdxl");
    expect(tell(waiting, tuned({})).switching).toBeNull();
    expect(tell(waiting, { kind: "trouble", seq: 8, message: "…" }).switching).not.toBeNull();
    expect(tell(waiting, { kind: "trouble", seq: 9, message: "There is no such model." }).switching).toBeNull();
  });
});

describe("the models", () => {
  const card = (name: string, here: boolean, current = false) => ({
    name,
    title: name.toUpperCase(),
    family: "FLUX.2",
    licence: "Apache-2.0",
    commercial: "yes" as const,
    gigabytes: 8,
    here,
    current,
  });
  const models = [card("far", false), card("near", true), card("own", true, true)];

  it("are found by every word, the one in use first and then those on this machine", () => {
    expect(modelsFor(models, "").map(({ name }) => name)).toEqual(["own", "near", "far"]);
    expect(modelsFor(models, "apache FAR").map(({ name }) => name)).toEqual(["far"]);
  });

  it("can be named by hand as a repository or a folder, which search words are not", () => {
    for (const name of ["owner/name", "owner/name@main", "/data/model", "~/model", "./model", "C:\\model"]) {
      expect(isName(name)).toBe(true);
    }
    for (const words of ["flux", "apache far", "a b/c", ""]) expect(isName(words)).toBe(false);
  });
});
