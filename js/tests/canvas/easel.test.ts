import { describe, expect, it } from "vitest";
import { sceneOf } from "../../src/canvas/easel";
import type { JobCard, TwigCard } from "../../src/protocol";
import { initial, reduce, type State } from "../../src/state";
import { pictureKey } from "../../src/state/turns";

const CAT: TwigCard = {
  turn: "aaaa",
  number: 1,
  parent: null,
  task: "generate",
  prompt: "a cat",
  width: 512,
  height: 384,
  count: 1,
  picked: 0,
  stopped: false,
  starred: false,
};
const whole = new Blob(["whole"]);
const small = new Blob(["small"]);
const showing: State = {
  ...initial,
  turns: [CAT],
  current: CAT.turn,
  thumbs: { [CAT.turn]: small },
  pictures: { [pictureKey(CAT.turn, 0)]: whole },
};

describe("what the easel shows", () => {
  it("is nothing while there is nothing", () => {
    expect(sceneOf(initial)).toBeNull();
  });

  it("is the current turn's picture under its prompt, and its small copy until that is here", () => {
    expect(sceneOf(showing)).toMatchObject({ label: "a cat", picture: whole, turn: "aaaa", preview: false });
    expect(sceneOf({ ...showing, pictures: {} })).toMatchObject({ picture: small, width: 512, height: 384 });
  });

  it("is the preview of what is being made, in the size that it will have", () => {
    const picture = new Blob(["preview"]);
    const job = { job: "j1", prompt: "a dog" } as JobCard;
    const preview = { job: "j1", picture, index: 0, width: 1024, height: 768 };
    expect(sceneOf({ ...showing, jobs: [job], preview })).toEqual({
      label: "a dog",
      picture,
      width: 1024,
      height: 768,
      turn: undefined,
      preview: true,
    });
  });

  it("is the attached picture that is to be changed, even beside a turn", () => {
    const blob = new Blob(["photo"]);
    const source = { key: 1, name: "me.jpg", upload: 7, blob, thumb: null, width: 800, height: 600 };
    expect(sceneOf({ ...showing, source })).toMatchObject({ label: "me.jpg", picture: blob, width: 800, height: 600 });
  });
});

describe("the margins to extend by", () => {
  const extend = (state: State) => reduce(state, { type: "extend", extend: [0, 0, 64, 0] });
  const heard = (message: Parameters<typeof reduce>[1] & { type: "heard" }) => reduce(extend(showing), message);

  it("are kept until a turn is made", () => {
    expect(extend(showing).extend).toEqual([0, 0, 64, 0]);
    const made = {
      kind: "made" as const,
      serial: 2,
      twig: { ...CAT, turn: "bbbb", number: 2 },
      card: { turn: "bbbb" } as never,
      total: 2,
      pictures: [],
    };
    expect(heard({ type: "heard", message: made, blobs: [] }).extend).toBeNull();
  });

  it("go with the picture that they belong to, and only with it", () => {
    expect(reduce(extend(showing), { type: "went", turn: null }).extend).toBeNull();
    expect(reduce(extend(showing), { type: "went", turn: CAT.turn }).extend).not.toBeNull();
    const moved = { kind: "moved" as const, serial: 2, current: CAT.turn, index: 0, card: null, pictures: [] };
    expect(heard({ type: "heard", message: moved, blobs: [] }).extend).not.toBeNull();
    expect(heard({ type: "heard", message: { ...moved, current: null }, blobs: [] }).extend).toBeNull();
  });
});
