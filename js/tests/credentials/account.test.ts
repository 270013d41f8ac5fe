import type { ComponentChildren, VNode } from "preact";
import { describe, expect, it, test } from "vitest";
import { Account } from "../../src/credentials/account";
import type { Found } from "../../src/credentials/asking";
import type { CredentialsCard } from "../../src/protocol";
import { wordsFor } from "../../src/words";
import { nothing, ours } from "./cards";

type Props = Record<string, unknown> & { children?: ComponentChildren };
type Drawn = VNode<Props>;

const words = wordsFor("en");
/** Every element that is drawn, components unfolded. */
function drawn(node: ComponentChildren): (Drawn | string)[] {
  if (Array.isArray(node)) return node.flatMap(drawn);
  if (typeof node === "string" || typeof node === "number") return [String(node)];
  if (node === null || typeof node !== "object" || !("props" in node)) return [];
  const { type, props } = node as Drawn;
  if (typeof type === "string") return [node as Drawn, ...drawn(props.children)];
  return drawn((type as (props: Props) => ComponentChildren)(props));
}

const told = (card: CredentialsCard, sound: boolean): Found => ({
  told: { serial: 1, kind: "credentials", seq: 1, turn: "t1", index: 0, sound, card },
});
const elements = (found: Found | null, inWords = words, onClose = () => {}) =>
  drawn(Account({ words: inWords, found, onClose }));
const texts = (found: Found | null, inWords = words) =>
  elements(found, inWords).filter((one) => typeof one === "string");
const tagsOf = (all: (Drawn | string)[]) => all.filter((one) => typeof one !== "string");
const tags = (found: Found | null) => tagsOf(elements(found));

describe("where a picture comes from", () => {
  it("says that the kernel still looks, where a screen reader hears what it then finds", () => {
    expect(texts(null)).toEqual([words.credentials, words.checkingCredentials]);
    expect(tags(null).filter(({ props }) => props.role === "status")).toHaveLength(1);
  });

  test.each(["trusted", "valid", "invalid", "none"] as const)("says in a word, with a sign, that it is %s", (state) => {
    const found = told({ ...nothing, state }, state !== "invalid");
    expect(texts(found)).toContain(words.credentialStates[state]);
    expect(texts(found)).toContain(words.verdicts[state]);
    const signs = (one: typeof state) =>
      tags(told({ ...nothing, state: one }, true)).flatMap(({ type, props }) => (type === "path" ? [props.d] : []));
    const others = (["trusted", "valid", "invalid", "none"] as const).filter((one) => one !== state);
    for (const other of others) expect(signs(other)).not.toEqual(signs(state));
  });

  it("says who, when, with what, what was done and for which prompt", () => {
    const said = texts(told(ours, true));
    for (const one of ["pochade on this computer", "pochade 1.0", "miniature", "made", "a cat", words.wasMade.ai]) {
      expect(said).toContain(one);
    }
    expect(said).toContain(words.when(1_700_000_000));
    expect(said).toContain(words.signersClock);
    const stamped = (timestamp: "trusted" | "unknown") => texts(told({ ...ours, timestamp }, true));
    expect(stamped("trusted")).not.toContain(words.signersClock);
    expect(stamped("trusted")).not.toContain(words.unknownClock);
    expect(stamped("unknown")).toContain(words.unknownClock);
  });

  it("vouches by the certificate that it is, and only for what holds", () => {
    const { vouches, notVouched } = words;
    const said = (certificate: "local" | "own" | null, state: CredentialsCard["state"]) =>
      texts(told({ ...ours, certificate, state }, state !== "invalid")).filter((text) =>
        [vouches.local, vouches.own, notVouched].includes(text),
      );
    expect(said("local", "trusted")).toEqual([vouches.local]);
    expect(said("own", "trusted")).toEqual([vouches.own]);
    expect(said("local", "invalid")).toEqual([notVouched]);
    expect(said("own", "invalid")).toEqual([notVouched]);
    expect(said(null, "valid")).toEqual([]);
  });

  it("says that how a stranger's picture was made is its signer's word", () => {
    expect(texts(told({ ...ours, state: "valid", certificate: null }, true))).toContain(
      words.saysSigner("Painted by AI"),
    );
    expect(texts(told(ours, true)).join(" ")).not.toContain("says its signer");
  });

  it("says of a source who claims that its pixels were its own, where it was not found out here", () => {
    const source = (matched: boolean): CredentialsCard => ({ ...ours, relationship: "parentOf", matched });
    const under = (child: Partial<CredentialsCard>, below: CredentialsCard) =>
      texts(told({ ...ours, ...child, ingredients: [below] }, true));
    const stranger = { state: "valid", certificate: null, signer: "Mallory" } as const;
    expect(under(stranger, source(true))).toContain(words.pixelsSaid("Mallory"));
    expect(under(stranger, source(true))).toContain(words.vouches.local);
    expect(under(stranger, source(false))).toContain(words.pixelsUnchecked);
    expect(under({}, source(false))).toContain(words.pixelsUnchecked);
    for (const below of [source(true), { ...nothing, relationship: "parentOf" }]) {
      expect(under({}, below).join(" ")).not.toMatch(/these were its pixels/);
    }
  });

  it("names the program of a deed only where another one did it", () => {
    const actions = [...ours.actions, { kind: "c2pa.cropped", words: "cropped", agent: "Another 2" }];
    const said = texts(told({ ...ours, actions }, true)).join("");
    expect(said).toContain("made → cropped by Another 2");
  });

  it("warns of a source whose credentials do not hold, though the picture's own do", () => {
    const source = { ...nothing, state: "invalid" as const, relationship: "parentOf", title: "photo.jpg" };
    const problems = ["It was changed after it was signed."];
    const said = texts(told({ ...ours, ingredients: [{ ...source, problems }] }, false));
    expect(said.slice(0, 2)).toEqual([words.credentials, words.tamperedSource]);
    expect(said).toEqual(expect.arrayContaining([words.credentialStates.invalid, "photo.jpg", ...problems]));
    expect(texts(told({ ...ours, state: "invalid" }, false))).not.toContain(words.tamperedSource);
    expect(texts(told(ours, true))).not.toContain(words.tamperedSource);
  });

  it("lists what a picture was made from, each with its state, the line of changed pictures last", () => {
    const source = (title: string, relationship: string, ingredients: CredentialsCard[] = []) => ({
      ...nothing,
      title,
      relationship,
      ingredients,
    });
    const ingredients = [
      source("before", "parentOf", [source("first", "parentOf"), source("hat", "inputTo")]),
      source("style", "inputTo"),
    ];
    const found = told({ ...ours, ingredients, unlisted: 2 }, true);
    const titles = ["before", "first", "hat", "style"];
    expect(texts(found).filter((text) => titles.includes(text))).toEqual(["style", "before", "hat", "first"]);
    expect(texts(found).filter((text) => text === words.credentialStates.none)).toHaveLength(4);
    expect(texts(found)).toContain(words.moreSources(2));
    expect(tags(found).filter(({ type }) => type === "ul")).toHaveLength(2);
    expect(texts(told({ ...ours, repeated: true }, true))).toContain(words.sourcesElsewhere);
  });

  it("says what the kernel could not do", () => {
    expect(texts({ trouble: "It cannot be read." })).toEqual([words.credentials, "It cannot be read."]);
  });

  it("gives the focus to the button that closes it", () => {
    let closed = 0;
    const first = tagsOf(elements(told(ours, true), words, () => closed++)).filter((one) => one.props["data-first"]);
    expect(first.map(({ type, props }) => [type, props["aria-label"]])).toEqual([["button", words.closeCredentials]]);
    for (const { props } of first) (props.onClick as () => void)();
    expect(closed).toBe(1);
  });

  it("takes what strangers wrote for text, in a direction of its own", () => {
    const evil = "<img src=x onerror=alert(1)> \u05d0\u05d1";
    const written = { title: evil, signer: evil, software: evil, model: evil, prompt: evil, problems: [evil] };
    const actions = [{ kind: evil, words: evil, agent: "another" }];
    const card = { ...ours, ...written, state: "valid" as const, actions };
    const found = told({ ...card, ingredients: [{ ...card, relationship: evil }] }, true);
    const all = tags(found);
    expect(all.filter(({ props }) => "dangerouslySetInnerHTML" in props || "innerHTML" in props)).toEqual([]);
    const isolated = all.filter(({ type, props }) => type === "bdi" && props.children === evil);
    expect(isolated).toHaveLength(11);
    expect(texts(found).filter((text) => text.includes("<img"))).toHaveLength(11);
    expect(all.filter(({ type }) => type === "img")).toEqual([]);
  });

  it("speaks Chinese", () => {
    const chinese = wordsFor("zh");
    const said = texts(told(ours, true), chinese).join(" ");
    for (const one of ["内容凭证", "可信", "签名者", "创建", "由 AI 绘制"]) expect(said).toContain(one);
    expect(said).not.toMatch(/Signed by|Trusted|made/);
    expect(chinese.deed("org.example.blurred", "blurred")).toBe("blurred");
  });
});
