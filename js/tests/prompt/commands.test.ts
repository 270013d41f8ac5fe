import { describe, expect, it } from "vitest";
import { commandsFor, interpret, suggest } from "../../src/prompt/commands";
import { wordsFor } from "../../src/words";
import { abilities, settings } from "./fakes";

const words = wordsFor("en");
const commands = commandsFor(abilities);

function mean(text: string, can = abilities) {
  return interpret(text, { commands: commandsFor(can), abilities: can, settings, words });
}

describe("a command", () => {
  it.each([
    ["/size 16:9", "size", "16:9", ""],
    ["/size 640x480 a cat", "size", "640x480", "a cat"],
    ["/size 640 × 480 a cat", "size", "640 × 480", "a cat"],
    ["/size square", "size", "square", ""],
    ["/size 16:9 2MP a cat", "size", "16:9 2MP", "a cat"],
    ["/size auto", "size", null, ""],
    ["/n 4", "n", 4, ""],
    ["/N 4 four dogs", "n", 4, "four dogs"],
    ["/seed 7", "seed", 7, ""],
    ["/seed new a cat\nin a hat", "seed", null, "a cat\nin a hat"],
    ["/steps 12", "steps", 12, ""],
    ["/steps auto", "steps", null, ""],
    ["/guidance 3.5", "guidance", 3.5, ""],
    ["/transparent", "background", "transparent", ""],
    ["/transparent off", "background", "auto", ""],
    ["/transparent a sticker", "background", "transparent", "a sticker"],
  ])("%s sets %s", (text, name, value, draft) => {
    expect(mean(text)).toEqual({ changes: [[name, value]], deed: null, draft, wrong: null });
  });

  it.each([
    "/n 0",
    "/n 17",
    "/n four",
    "/n",
    "/seed -1",
    "/seed 9007199254740993",
    "/steps 1001",
    "/steps 1.5",
    "/guidance high",
    "/size",
    "/size big",
    "/size 9000x9000",
    "/style baroque",
    "/nothing",
    "/ a cat",
    "/home/ann/cat.png",
  ])("%s changes nothing, is said in a sentence, and stays in the box", (text) => {
    const { changes, deed, draft, wrong } = mean(text);
    expect({ changes, deed, draft }).toEqual({ changes: [], deed: null, draft: text });
    expect(wrong).toMatch(/\.$/);
  });

  it("takes transparency back when it is there already", () => {
    const on = { ...settings, background: "transparent" as const };
    expect(interpret("/transparent", { commands, abilities, settings: on, words }).changes).toEqual([
      ["background", "auto"],
    ]);
  });

  it("adds a style behind what is written, or before what is going to be", () => {
    expect(mean("/style watercolour a cat").draft).toBe("a cat, watercolour");
    expect(mean("/style pixel art").draft).toBe("pixel art, ");
  });

  it("is there only where the model has use for it", () => {
    const names = commandsFor({ ...abilities, guided: false, transparent: false, styles: [] }).map(({ name }) => name);
    expect(names).toEqual(["size", "n", "seed", "steps", "new", "undo", "redo", "help"]);
    expect(mean("/guidance 3", { ...abilities, guided: false }).wrong).toContain("/guidance");
  });

  it.each(["new", "undo", "redo"] as const)("/%s is a deed, and what follows stays", (deed) => {
    expect(mean(`/${deed} a cat`)).toEqual({ changes: [], deed, draft: "a cat", wrong: null });
  });
});

describe("what completes a command", () => {
  it("is every command after a slash, and fewer with each letter", () => {
    expect(suggest("/", commands)).toHaveLength(commands.length);
    expect(suggest("/s", commands).map(({ text }) => text)).toEqual(["/size ", "/seed ", "/style ", "/steps "]);
  });

  it("is carried out at once only where nothing has to follow", () => {
    expect(suggest("/new", commands)[0]?.whole).toBe(true);
    expect(suggest("/si", commands)[0]?.whole).toBe(false);
  });

  it("is a value after the name, until one is complete", () => {
    expect(suggest("/style ", commands).map(({ label }) => label)).toEqual(["pixel art", "watercolour"]);
    expect(suggest("/style wat", commands)[0]).toMatchObject({ text: "/style watercolour", whole: true });
    expect(suggest("/style watercolour", commands)).toEqual([]);
    expect(suggest("/n 4", commands)).toEqual([]);
  });

  it("is nothing in the middle of a prompt", () => {
    for (const text of ["", "a cat", "either / or", "/style watercolour a cat", " /n 4"]) {
      expect(suggest(text, commands)).toEqual([]);
    }
  });
});
