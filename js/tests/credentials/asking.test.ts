import { describe, expect, it, test } from "vitest";
import { askWhence, type Found } from "../../src/credentials/asking";
import { awake, Kernel, settle } from "../prompt/fakes";
import { ours } from "./cards";

describe("asking where a picture comes from", () => {
  const answer = { kind: "credentials", sound: true, card: ours };

  it("asks for the picture that is shown, and gives what the kernel says", async () => {
    const kernel = new Kernel();
    kernel.answers = ({ seq, turn, index }) => [{ ...answer, seq, turn, index }];
    const found: Found[] = [];
    askWhence(await awake(kernel), "t1", 2, (one) => found.push(one));
    await settle();
    expect(kernel.of("credentials")).toMatchObject([{ turn: "t1", index: 2 }]);
    expect(found).toMatchObject([{ told: { turn: "t1", index: 2, card: { prompt: "a cat" } } }]);
  });

  it("tells of what went wrong in the kernel's own sentence", async () => {
    const kernel = new Kernel();
    kernel.answers = ({ seq }) => [{ kind: "trouble", seq, message: "No such turn." }];
    const found: Found[] = [];
    askWhence(await awake(kernel), "t1", 0, (one) => found.push(one));
    await settle();
    expect(found).toEqual([{ trouble: "No such turn." }]);
  });

  test.each(["credentials", "trouble"])("takes no %s once another picture is shown", async (kind) => {
    const kernel = new Kernel();
    const held: (() => void)[] = [];
    const found: Found[] = [];
    const desk = await awake(kernel);
    kernel.answers = ({ seq, turn, index }) => {
      held.push(() => kernel.tell({ ...answer, kind, message: "No.", seq, turn, index }));
      return [];
    };
    const end = askWhence(desk, "t1", 0, (one) => found.push(one));
    end();
    askWhence(desk, "t2", 0, (one) => found.push(one));
    for (const tell of held) tell();
    await settle();
    expect(found).toHaveLength(1);
    if (kind === "credentials") expect(found).toMatchObject([{ told: { turn: "t2" } }]);
  });
});
