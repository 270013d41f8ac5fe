// Which model paints: its name at the top, and behind it the list of those that could.

import { useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import { startNew } from "../prompt/actions";
import { type Choice, PickList } from "../prompt/picklist";
import type { ModelCard, WordList } from "../protocol";
import type { State } from "../state";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { straight } from "../words/straight";
import { askModels, useModel as changeModel } from "./actions";
import { isName, modelsFor } from "./choosing";
import "./settings.css";

export function ModelPicker({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  const { session, switching, gaveWay } = state;
  if (!session) return null;
  const fresh = state.current === null && state.source === null;
  return (
    <>
      <header class="pochade-header">
        <Popover
          label={words.model(session.model)}
          buttonClass="pochade-quiet pochade-model"
          face={
            <>
              <span>{switching ? words.switching : session.model}</span>
              <Icon name="down" />
            </>
          }
          disabled={!desk.able || switching !== null}
          onOpen={() => askModels(desk)}
        >
          {(close) => (
            <>
              <Models words={words} desk={desk} models={state.models} close={close} />
              <Known words={words} lists={state.abilities?.knows ?? []} />
            </>
          )}
        </Popover>
        <button type="button" class="pochade-quiet" disabled={fresh || !desk.able} onClick={() => startNew(desk)}>
          <Icon name="plus" />
          {words.newPicture}
        </button>
      </header>
      <div role="status" class="pochade-gave-way">
        {gaveWay.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {gaveWay.length > 0 ? (
          <button
            type="button"
            class="pochade-tool"
            aria-label={words.dismiss}
            title={words.dismiss}
            onClick={() => desk.store.dispatch({ type: "gave way" })}
          >
            <Icon name="close" />
          </button>
        ) : null}
      </div>
    </>
  );
}

interface ModelsProps {
  words: Words;
  desk: Desk;
  models: readonly ModelCard[];
  close(): void;
}

function Models({ words, desk, models, close }: ModelsProps) {
  const [query, setQuery] = useState("");
  const found = modelsFor(models, query);
  const choices: Choice[] = found.map((card) => ({
    key: card.name,
    checked: card.current,
    face: <ModelRow words={words} card={card} />,
  }));
  const typed = query.trim();
  if (isName(typed) && !found.some(({ name }) => name === typed)) {
    choices.push({
      key: typed,
      face: (
        <span class="pochade-model-row">
          <b>{words.otherModel(typed)}</b>
          <small>{words.otherModelHelp}</small>
        </span>
      ),
    });
  }
  const pick = (name: string) => {
    close();
    if (!models.some((card) => card.current && card.name === name)) changeModel(desk, name);
  };
  return (
    <PickList
      search={words.searchModels}
      label={words.models}
      query={query}
      onQuery={setQuery}
      choices={choices}
      empty={models.length === 0 ? words.loadingModels : words.noModels}
      onPick={pick}
    />
  );
}

/** What the model in use was taught, where its card lists it. */
export function Known({ words, lists }: { words: Words; lists: readonly WordList[] }) {
  if (lists.length === 0) return null;
  return (
    <details class="pochade-known">
      <summary>{words.known}</summary>
      <dl>
        {lists.map(({ name, words: list }) => (
          <>
            <dt>{words.knownLists[name] ?? straight(name)}</dt>
            <dd>{straight(list.join(words.comma))}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}

function ModelRow({ words, card }: { words: Words; card: ModelCard }) {
  const { licence, commercial, gigabytes, here } = card;
  const use = { yes: "", limited: words.limitedCommercial, no: words.notCommercial }[commercial];
  const facts = [
    gigabytes > 0 ? words.gigabytes(gigabytes) : "",
    here ? words.hereAlready : words.toDownload,
    licence,
    licence === "" ? "" : use,
  ].filter(Boolean);
  return (
    <span class="pochade-model-row">
      <b>
        {card.title}
        {card.current ? <Icon name="check" /> : null}
      </b>
      <small>{facts.join(" · ")}</small>
    </span>
  );
}
