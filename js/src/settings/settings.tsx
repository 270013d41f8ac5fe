// The row under the prompt: size, number and seed always, every other setting that is not the model's own choice, and
// all of them behind one button. A click on one opens its control alone.

import type { ComponentChildren } from "preact";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { State } from "../state";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { reset } from "./actions";
import { Field, Shape } from "./fields";
import { ratioOf } from "./sizes";
import { changed, type SettingName, shownFor, told } from "./summary";
import "./settings.css";

const ALWAYS: readonly SettingName[] = ["size", "n", "seed"];

export function SettingsPopover({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const { settings, abilities } = state;
  if (!settings) return null;
  const set = changed(settings);
  const shown = shownFor(abilities);
  const inRow = [...ALWAYS, ...set.filter((name) => !ALWAYS.includes(name))];
  return (
    <fieldset class="pochade-settings" disabled={!desk.able} aria-label={words.settings}>
      {inRow.map((name) => (
        <Popover
          key={name}
          label={words.labelled(words.settingNames[name], told(name, settings, words))}
          buttonClass={`pochade-pill${set.includes(name) ? " pochade-pill-set" : ""}`}
          face={<Face words={words} state={state} name={name} />}
          disabled={!desk.able}
        >
          {(close) => (
            <Panel
              words={words}
              name={set.includes(name) ? words.settingNames[name] : null}
              onReset={() => {
                reset(desk, [name]);
                close();
              }}
            >
              {shown.includes(name) ? (
                <Field words={words} desk={desk} state={state} name={name} />
              ) : (
                <p class="pochade-note">{words.notForModel}</p>
              )}
            </Panel>
          )}
        </Popover>
      ))}
      <Popover
        label={set.length > 0 ? words.settingsChanged(set.length) : words.settings}
        buttonClass="pochade-pill"
        face={<Icon name="sliders" />}
        disabled={!desk.able}
      >
        {() => (
          <div class="pochade-all-settings">
            {shown.map((name) => (
              <Field key={name} words={words} desk={desk} state={state} name={name} />
            ))}
            <button type="button" class="pochade-plain" disabled={set.length === 0} onClick={() => reset(desk, set)}>
              {words.resetAll}
            </button>
          </div>
        )}
      </Popover>
    </fieldset>
  );
}

function Panel(props: { words: Words; name: string | null; onReset(): void; children: ComponentChildren }) {
  return (
    <div class="pochade-one-setting">
      {props.children}
      {props.name ? (
        <button type="button" class="pochade-plain" onClick={props.onReset}>
          {props.words.resetOne(props.name)}
        </button>
      ) : null}
    </div>
  );
}

function Face({ words, state, name }: { words: Words; state: State; name: SettingName }) {
  const { settings, abilities } = state;
  if (!settings) return null;
  const text = told(name, settings, words);
  if (name === "size") {
    const usual = abilities?.shapes[0];
    const ratio = ratioOf(settings.size ?? "") ?? (usual ? usual.width / usual.height : 1);
    return (
      <>
        <Shape ratio={ratio} side={16} />
        {text}
      </>
    );
  }
  if (name === "seed") {
    return (
      <>
        <Icon name={settings.seed === null ? "dice" : "lock"} />
        {text}
      </>
    );
  }
  return <>{text}</>;
}
