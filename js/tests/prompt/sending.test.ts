import { afterEach, describe, expect, it, vi } from "vitest";
import type { Desk } from "../../src/desk";
import {
  attachTurn,
  blocked,
  command,
  commandsOf,
  effectOf,
  firstNumber,
  send,
  setDraft,
  startNew,
  submit,
  takeUp,
} from "../../src/prompt/actions";
import {
  answer,
  attachFiles,
  canRefer,
  editAttachment,
  referTo,
  remove,
  upload,
  watchUploads,
} from "../../src/prompt/attaching";
import { spoken } from "../../src/state/prompt";
import { wordsFor } from "../../src/words";
import { awake, Kernel, settle, twig } from "./fakes";

let desk: Desk;
let kernel: Kernel;

/** A kernel that takes every picture. */
const willing = (said: { kind: string; seq: number; upload?: unknown }) =>
  said.kind === "attach"
    ? [{ kind: "attached", seq: said.seq, upload: said.upload, width: 64, height: 48, mime: "image/png" }]
    : [];

async function begin(current: string | null = null): Promise<void> {
  kernel = new Kernel();
  kernel.turns = [twig("aaaa", 1, "a cat"), twig("bbbb", 2, "a dog")];
  kernel.current = current;
  kernel.answers = willing;
  desk = await awake(kernel);
}

afterEach(() => {
  vi.unstubAllGlobals();
  desk.stop();
});

function png(name: string, width = 8, height = 8): File {
  const bytes = new Uint8Array(64);
  bytes.set([137, 80, 78, 71, 13, 10, 26, 10]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return new File([bytes], name);
}

const names = () => desk.state.attachments.map(({ name }) => name);

describe("a prompt", () => {
  it("makes a new picture, or changes the one that is shown", async () => {
    await begin();
    await send(desk, "  a cat  ");
    expect(kernel.of("ask")[0]).toMatchObject({
      prompt: "a cat",
      base: null,
      source: null,
      mask: null,
      references: [],
    });
    desk.stop();
    await begin("bbbb");
    setDraft(desk, "a top hat");
    await send(desk);
    expect(kernel.of("ask")[0]).toMatchObject({ prompt: "a top hat", base: "bbbb", index: 0 });
    expect(desk.state.draft).toBe("");
  });

  it("is sent once, however often the key is pressed while its mask is being encoded", async () => {
    await begin("bbbb");
    desk.mask?.load(new Uint8Array(64 * 48).fill(255));
    expect(desk.mask?.painted).toBe(64 * 48);
    setDraft(desk, "a top hat");
    await Promise.all([send(desk), send(desk), send(desk)]);
    expect(kernel.of("ask")).toHaveLength(1);
    expect(kernel.of("ask")[0]?.mask).toBe(kernel.of("chunk")[0]?.upload);
    expect(desk.mask?.painted).toBe(64 * 48); // it stays for the next one
    expect(desk.state.sending).toBe(false);
  });

  it("goes with the margins and not with a mask while the edges are drawn outwards", async () => {
    await begin("bbbb");
    desk.mask?.load(new Uint8Array(64 * 48).fill(255));
    desk.store.dispatch({ type: "extend", extend: [8, 0, 0, 16] });
    expect(effectOf(desk.state, 9)).toBe("extends");
    await send(desk, "more sky");
    expect(kernel.of("ask")[0]).toMatchObject({ extend: [8, 0, 0, 16], mask: null });
  });

  it("can be sent while another job runs, but not without words, a line or the right to write", async () => {
    await begin();
    expect(blocked(desk.state)).toBe("words");
    const state = { ...desk.state, draft: "a cat" };
    const job = {
      job: "1",
      prompt: "x",
      stage: "painting",
      step: 1,
      steps: 4,
      seconds: 0,
      left: null,
      n: 1,
      movable: false,
    };
    expect(blocked({ ...state, jobs: [job] })).toBeNull();
    expect(blocked({ ...state, connection: "silent" })).toBe("session");
    expect(blocked({ ...state, session: state.session && { ...state.session, writable: false } })).toBe("session");
    expect(blocked({ ...state, session: state.session && { ...state.session, closed: true } })).toBe("session");
  });

  it("comes back with its pictures when it is refused", async () => {
    await begin();
    await attachFiles(desk, [png("one.png")]);
    await settle();
    kernel.answers = ({ kind, seq }) => (kind === "ask" ? [{ kind: "trouble", seq, message: "No." }] : []);
    setDraft(desk, "like image 1");
    await send(desk);
    await settle();
    expect(kernel.of("ask")).toHaveLength(1);
    expect(desk.state.sent).toEqual([]);
    expect(desk.state.draft).toBe("like image 1");
    expect(names()).toEqual(["one.png"]);
  });

  it("keeps what was written since when an example is sent", async () => {
    await begin();
    setDraft(desk, "half a thought");
    await send(desk, "a rocket");
    expect(desk.state.draft).toBe("half a thought");
  });
});

describe("what is done while a mask is being encoded", () => {
  it("stays: a picture that was attached since goes with the next prompt", async () => {
    await begin("bbbb");
    desk.mask?.load(new Uint8Array(64 * 48).fill(255));
    const sending = send(desk, "a top hat");
    attachTurn(desk, "aaaa", 0);
    await sending;
    expect(kernel.of("ask")[0]?.references).toEqual([]);
    expect(desk.state.sent[0]?.attachments).toEqual([]);
    expect(names()).toEqual(["a cat"]);
  });

  it("is told of where it fails, and nothing is sent without its mask", async () => {
    await begin("bbbb");
    desk.mask?.load(new Uint8Array(64 * 48).fill(255));
    vi.stubGlobal("CompressionStream", undefined);
    await send(desk, "a top hat");
    expect(kernel.of("ask")).toEqual([]);
    expect(desk.state.trouble).toContain("mask");
    expect(desk.state.sending).toBe(false);
  });
});

describe("attached pictures", () => {
  it("arrive byte for byte in parts, one after the other, and are named in their order", async () => {
    await begin();
    const received: number[] = [];
    kernel.answers = (said, buffers) => {
      received.push(...buffers.map((buffer) => buffer.byteLength));
      return willing(said);
    };
    const large = new File([await png("a").arrayBuffer(), new Uint8Array(4_500_000)], "large.png");
    await attachFiles(desk, [large, png("two.png")]);
    await settle(60);
    expect(received).toEqual([2_000_000, 2_000_000, 500_064, 64]);
    expect(desk.state.attachments.map(({ state }) => state)).toEqual(["ready", "ready"]);
    await send(desk, "fuse image 1 and image 2");
    const uploads = kernel.of("attach").map((said) => said.upload);
    expect(kernel.of("ask")[0]?.references).toEqual(
      uploads.map((number) => ({ upload: number, turn: null, index: 0 })),
    );
  });

  it("are counted from 2 where a picture is changed, which is image 1", async () => {
    await begin();
    expect(firstNumber(desk.state)).toBe(1);
    desk.stop();
    await begin("bbbb");
    expect(firstNumber(desk.state)).toBe(2);
  });

  it("are as many as the model takes; of 200 the others are left out and counted", async () => {
    await begin();
    await attachFiles(
      desk,
      Array.from({ length: 200 }, (_, at) => png(`${at}.png`)),
    );
    expect(names()).toEqual(["0.png", "1.png", "2.png", "3.png"]);
    expect(desk.state.told).toEqual([{ what: "left", count: 196, most: 4 }]);
  });

  it("have their files’ names, without what would turn a sentence round", async () => {
    await begin();
    await attachFiles(desk, [new File(["words"], "evil\u202egpj.txt"), png("cat\u202egnp.png")]);
    expect(desk.state.told).toMatchObject([{ what: "text", name: "evilgpj.txt" }]);
    expect(desk.state.attachments).toMatchObject([{ name: "catgnp.png" }]);
  });

  it("are told of by name where they are none, and the others are taken", async () => {
    await begin();
    await attachFiles(desk, [new File(["words"], "notes.txt"), png("one.png"), new File([], "nothing.png")]);
    expect(names()).toEqual(["one.png"]);
    expect(desk.state.told).toEqual([
      { what: "text", name: "notes.txt" },
      { what: "empty", name: "nothing.png" },
    ]);
  });

  it("wait for an answer where they are huge, and are gone with a no", async () => {
    await begin();
    await attachFiles(desk, [png("huge.png", 9000, 6750)]);
    const question = desk.state.questions[0];
    expect(question).toMatchObject({ width: 9000, height: 6750, to: [4096, 3072] });
    expect(names()).toEqual([]);
    if (question) await answer(desk, question, false);
    expect(desk.state.questions).toEqual([]);
    expect(kernel.of("chunk")).toEqual([]);
  });

  it("are told of where the browser cannot scale them", async () => {
    await begin();
    await attachFiles(desk, [png("huge.png", 9000, 6750)]); // 64 bytes that no browser decodes
    const question = desk.state.questions[0];
    if (question) await answer(desk, question, true);
    expect(names()).toEqual([]);
    expect(desk.state.told).toEqual([{ what: "unscaled", name: "huge.png" }]);
  });

  it("say why they failed, stop the prompt, and can be sent again", async () => {
    await begin();
    kernel.answers = ({ kind, seq }) =>
      kind === "attach" ? [{ kind: "trouble", seq, message: "It is damaged." }] : [];
    await attachFiles(desk, [png("one.png")]);
    await settle();
    const [one] = desk.state.attachments;
    expect(one).toMatchObject({ state: "failed", trouble: "It is damaged." });
    expect(blocked({ ...desk.state, draft: "x" })).toBe("failed");
    expect(desk.state.trouble).toBeNull(); // it is said on the chip, not in a banner
    kernel.answers = willing;
    await upload(desk, one?.key ?? 0);
    expect(desk.state.attachments[0]?.state).toBe("ready");
  });

  it("change places and leave, and the kernel is told to forget those that nothing needs", async () => {
    await begin();
    const end = watchUploads(desk);
    await attachFiles(desk, [png("one.png"), png("two.png"), png("three.png")]);
    await settle(60);
    const [one, two] = desk.state.attachments;
    desk.store.dispatch({ type: "shift", key: one?.key ?? 0, by: 1 });
    expect(names()).toEqual(["two.png", "one.png", "three.png"]);
    desk.store.dispatch({ type: "shift", key: one?.key ?? 0, by: 99 });
    expect(names()).toEqual(["two.png", "three.png", "one.png"]);
    remove(desk, two?.key ?? 0);
    expect(names()).toEqual(["three.png", "one.png"]);
    expect(kernel.of("detach").map((said) => said.upload)).toEqual([two?.upload]);
    await send(desk, "fuse them");
    expect(kernel.of("detach")).toHaveLength(1); // a prompt that waits may come back
    kernel.tell({ kind: "ended", job: "1", state: "done", prompt: "fuse them", message: null, remedies: [] });
    await settle();
    expect(kernel.of("detach")).toHaveLength(3);
    end();
  });

  it("become the picture that is changed, and a reference again", async () => {
    await begin("bbbb");
    const end = watchUploads(desk);
    await attachFiles(desk, [png("one.png"), png("two.png")]);
    await settle(60);
    const [one, two] = desk.state.attachments;
    editAttachment(desk, one?.key ?? 0);
    expect(desk.state.source).toMatchObject({ name: "one.png", upload: one?.upload, width: 64, height: 48 });
    editAttachment(desk, two?.key ?? 0);
    expect(desk.state.source?.name).toBe("two.png");
    expect(names()).toEqual(["one.png"]);
    referTo(desk);
    expect(names()).toEqual(["one.png", "two.png"]);
    editAttachment(desk, two?.key ?? 0);
    expect(kernel.of("detach")).toEqual([]); // wherever it went, it is needed
    await send(desk, "make it night, like image 2");
    expect(kernel.of("ask")[0]).toMatchObject({ base: null, source: two?.upload });
    expect(desk.state.source?.name).toBe("two.png"); // until its turn is made
    kernel.tell({ kind: "moved", current: "cccc", index: 0, card: null, pictures: [] });
    await settle();
    expect(desk.state.source).toBeNull();
    end();
  });

  it("are not lost when a picture of a turn is changed in place of an attached one", async () => {
    await begin("bbbb");
    const end = watchUploads(desk);
    await attachFiles(desk, [png("one.png")]);
    await settle(60);
    editAttachment(desk, desk.state.attachments[0]?.key ?? 0);
    attachTurn(desk, "aaaa", 0);
    editAttachment(desk, desk.state.attachments[0]?.key ?? 0);
    expect(desk.state.current).toBe("aaaa");
    expect(desk.state.source).toBeNull();
    expect(names()).toEqual(["one.png"]);
    expect(kernel.of("detach")).toEqual([]);
    end();
  });

  it("become references again only where there is room for one", async () => {
    await begin("bbbb");
    await attachFiles(desk, [png("one.png")]);
    await settle(60);
    editAttachment(desk, desk.state.attachments[0]?.key ?? 0);
    expect(canRefer(desk)).toBe(true);
    await attachFiles(desk, [png("2.png"), png("3.png"), png("4.png"), png("5.png")]);
    await settle(60);
    expect(canRefer(desk)).toBe(false);
    referTo(desk);
    expect(desk.state.source?.name).toBe("one.png");
    editAttachment(desk, desk.state.attachments[0]?.key ?? 0); // they change places, which needs no room
    expect(names()).toEqual(["3.png", "4.png", "5.png", "one.png"]);
  });

  it("give way to one another with a model that takes none to go by", async () => {
    await begin();
    const can = desk.state.abilities;
    if (can) Object.assign(desk.store.state, { abilities: { ...can, references: 0 } });
    for (const name of ["one.png", "two.png"]) {
      await attachFiles(desk, [png(name)]);
      await settle(60);
    }
    expect(desk.state.source?.name).toBe("two.png");
    expect(names()).toEqual([]);
    expect(canRefer(desk)).toBe(false);
  });

  it("are changed at once by a model that takes none to go by", async () => {
    await begin();
    const can = desk.state.abilities;
    if (can) Object.assign(desk.store.state, { abilities: { ...can, references: 0 } });
    await attachFiles(desk, [png("one.png"), png("two.png")]);
    await settle(60);
    expect(desk.state.source?.name).toBe("one.png");
    expect(desk.state.told).toEqual([{ what: "left", count: 1, most: 1 }]);
  });

  it("may be pictures of turns, each once, which the kernel has already", async () => {
    await begin();
    attachTurn(desk, "aaaa", 0);
    attachTurn(desk, "aaaa", 0);
    attachTurn(desk, "nope", 0);
    expect(names()).toEqual(["a cat"]);
    await send(desk, "like image 1");
    expect(kernel.of("ask")[0]?.references).toEqual([{ upload: null, turn: "aaaa", index: 0 }]);
    expect(kernel.of("chunk")).toEqual([]);
  });
});

describe("commands and earlier prompts", () => {
  it("act on the session and take only themselves out of the box", async () => {
    await begin("bbbb");
    const words = wordsFor("en");
    setDraft(desk, "/n 4 four cats");
    command(desk, desk.state.draft, words);
    expect(kernel.of("tune")[0]).toMatchObject({ name: "n", value: 4 });
    expect(desk.state.settings?.n).toBe(4);
    expect(desk.state.draft).toBe("four cats");
    command(desk, "/new", words);
    expect(kernel.of("go")[0]).toMatchObject({ turn: null });
    expect(desk.state.current).toBeNull();
    command(desk, "/undo", words);
    expect(kernel.of("step")[0]).toMatchObject({ direction: "back" });
    expect(desk.state.refused).toBeNull();
    command(desk, "/blah", words);
    expect(desk.state.refused).toContain("/blah");
    expect(kernel.of("ask")).toEqual([]);
    setDraft(desk, "/n");
    expect(desk.state.refused).toBeNull();
  });

  it("are told apart from prompts by whatever sends what is written", async () => {
    await begin("bbbb");
    setDraft(desk, "/seed 7");
    submit(desk);
    expect(kernel.of("tune")[0]).toMatchObject({ name: "seed", value: 7 });
    expect(desk.state.draft).toBe("");
    setDraft(desk, "/sed 7");
    submit(desk);
    await settle();
    expect(desk.state.refused).toContain("/sed");
    expect(desk.state.draft).toBe("/sed 7");
    expect(kernel.of("ask")).toEqual([]);
    setDraft(desk, "a cat");
    submit(desk);
    await settle();
    expect(kernel.of("ask")[0]).toMatchObject({ prompt: "a cat" });
  });

  it("are none in a box without a session: there / is a character like others", async () => {
    await begin();
    const { session } = desk.state;
    if (session) Object.assign(desk.store.state, { session: { ...session, model: "" } });
    expect(commandsOf(desk.state)).toEqual([]);
    setDraft(desk, "/seed 7");
    submit(desk);
    await settle();
    expect(kernel.of("ask")[0]).toMatchObject({ prompt: "/seed 7" });
  });

  it("take a draft's place without losing it", async () => {
    await begin();
    setDraft(desk, "a cat with a hat"); // begins like a prompt that was sent
    await takeUp(desk, "a dog", "bbbb");
    expect(desk.state.draft).toBe("a dog");
    expect(spoken(desk.state).map(({ prompt }) => prompt)).toContain("a cat with a hat");
  });

  it("leave the box alone where something else was written while the whole of one was fetched", async () => {
    await begin();
    kernel.answers = () => [];
    setDraft(desk, "half");
    const whole = "long ".repeat(60);
    const taking = takeUp(desk, whole.slice(0, 200), "aaaa");
    setDraft(desk, "half a thought");
    const { seq } = kernel.of("show")[0] ?? { seq: 0 };
    kernel.tell({ kind: "pictures", seq, card: { turn: "aaaa", prompt: whole }, pictures: [] });
    await taking;
    expect(desk.state.draft).toBe("half a thought");
  });

  it("begin a new picture also where an attached one was to be changed", async () => {
    await begin();
    await attachFiles(desk, [png("one.png")]);
    await settle();
    editAttachment(desk, desk.state.attachments[0]?.key ?? 0);
    startNew(desk);
    expect(desk.state.source).toBeNull();
    expect(kernel.of("go")).toEqual([]); // the session is at a beginning already
  });

  it("are the session's, newest first, each once, those that came to nothing too", async () => {
    await begin();
    await send(desk, "a fox");
    await send(desk, "a cat");
    expect(spoken(desk.state).map(({ prompt }) => prompt)).toEqual(["a fox", "a dog", "a cat"]);
  });
});
