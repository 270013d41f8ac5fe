// Where a prompt is written and sent, with the pictures that go with it and what it will be painted with.

import { useEffect, useRef } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import { SettingsPopover } from "../settings/settings";
import type { State } from "../state";
import { spoken } from "../state/prompt";
import { useChanges } from "../store";
import type { Words } from "../words";
import { straight } from "../words/straight";
import { blocked, command, commandsOf, effectOf, firstNumber, setAside, setDraft, submit } from "./actions";
import { answer, attachFiles, canRefer, editAttachment, referTo, remove, upload, watchUploads } from "./attaching";
import { Chips } from "./chips";
import { keepDraft, keptDraft } from "./drafts";
import { Earlier } from "./earlier";
import { PromptField } from "./field";
import { hintsOf, useHints } from "./hinting";
import { useIntake } from "./intake";
import type { Told } from "./judging";
import "./prompt.css";

export function Composer({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const { able } = desk;
  const root = useRef<HTMLDivElement>(null);
  useChanges(desk.mask);
  useDraft(desk, state);
  useHints(desk, state);
  useEffect(() => watchUploads(desk), [desk]);
  useIntake(root, { able, label: words.dropHere, take: (files) => void attachFiles(desk, files) });

  const why = blocked(state);
  const changing = state.source !== null || state.current !== null;
  return (
    <div ref={root} class="pochade-compose">
      <div class="pochade-composer">
        <Chips
          words={words}
          attachments={state.attachments}
          source={state.source}
          first={firstNumber(state)}
          onEdit={state.abilities?.edit === false ? undefined : (key) => editAttachment(desk, key)}
          onRefer={canRefer(desk) ? () => referTo(desk) : undefined}
          onMove={(key, by) => desk.store.dispatch({ type: "shift", key, by })}
          onRemove={(key) => remove(desk, key)}
          onRetry={(key) => void upload(desk, key)}
        />
        <Questions words={words} desk={desk} state={state} />
        <PromptField
          words={words}
          value={state.draft}
          placeholder={changing ? words.describeChange : words.describePicture}
          disabled={!able}
          earlier={spoken(state).map(({ prompt }) => prompt)}
          commands={commandsOf(state)}
          refused={state.refused}
          hints={[...state.told.map((told) => tell(told, words)), ...hintsOf(state, words)]}
          onInput={(draft) => setDraft(desk, draft)}
          onSend={() => submit(desk, words)}
          onSetAside={(text) => setAside(desk, text)}
          onCommand={(text) => command(desk, text, words)}
          onSearch={() => root.current?.querySelector<HTMLElement>(".pochade-earlier")?.click()}
        />
        <div class="pochade-send">
          <Attach words={words} desk={desk} disabled={!able} />
          <Earlier words={words} desk={desk} state={state} />
          <span class="pochade-hint">
            {(why && words.blocked[why]) ?? words.effects[effectOf(state, desk.mask?.painted ?? 0)]}
          </span>
          <button type="button" class="pochade-primary" disabled={why !== null} onClick={() => submit(desk, words)}>
            {words.generate}
          </button>
        </div>
      </div>
      <SettingsPopover words={words} desk={desk} state={state} />
    </div>
  );
}

function Attach({ words, desk, disabled }: { words: Words; desk: Desk; disabled: boolean }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="pochade-tool"
        aria-label={words.attach}
        title={words.attach}
        disabled={disabled}
        onClick={() => chooser.current?.click()}
      >
        <Icon name="image" />
      </button>
      <input
        ref={chooser}
        type="file"
        hidden
        multiple
        accept="image/*"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          if (chooser.current) chooser.current.value = ""; // so that the same file can be chosen again
          void attachFiles(desk, files);
        }}
      />
    </>
  );
}

/** One large picture after the other: it is scaled only where the person says so. */
function Questions({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const question = state.questions[0];
  if (!question) return null;
  const { file, width, height, to } = question;
  const asked = `${words.large(straight(file.name) || words.pasted, width, height)} ${words.scaleTo(to[0], to[1])}`;
  return (
    <fieldset class="pochade-question" aria-label={asked}>
      <p role="status">{asked}</p>
      <button type="button" class="pochade-primary" onClick={() => void answer(desk, question, true)}>
        {words.scale}
      </button>
      <button type="button" class="pochade-plain" onClick={() => void answer(desk, question, false)}>
        {words.leaveOut}
      </button>
    </fieldset>
  );
}

function tell(told: Told, words: Words): string {
  if (told.what === "left") return words.leftOut(told.count, told.most);
  return told.what === "none" ? words.takesNone : words.told[told.what](told.name || words.pasted);
}

/** What is written is kept until it is sent, also when the page is loaded again. */
function useDraft(desk: Desk, { session, draft }: State): void {
  const name = session?.name;
  const restored = useRef<string | null>(null);
  useEffect(() => {
    if (!name) return; // a box that is not the Studio's has its draft kept elsewhere
    if (restored.current === name) keepDraft(name, draft);
    else {
      restored.current = name;
      const kept = keptDraft(name);
      if (draft === "" && kept !== "") setDraft(desk, kept);
    }
  }, [desk, name, draft]);
}
