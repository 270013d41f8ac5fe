// The prompts that were sent before, to search and to take one up again.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Icon } from "../icons";
import type { State } from "../state";
import { type Spoken, spoken } from "../state/prompt";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { takeUp } from "./actions";
import { PickList } from "./picklist";
import { matching } from "./recall";

const MOST = 60;
const PAUSE_MS = 250;

export function Earlier({ words, desk, state }: { words: Words; desk: Desk; state: State }) {
  return (
    <Popover label={words.earlierPrompts} face={<Icon name="clock" />} buttonClass="pochade-tool pochade-earlier">
      {(close) => <Search words={words} desk={desk} state={state} close={close} />}
    </Popover>
  );
}

function Search({ words, desk, state, close }: { words: Words; desk: Desk; state: State; close: () => void }) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<readonly Spoken[]>([]);
  const complete = state.turns.length >= state.total;

  useEffect(() => {
    if (complete || query.trim() === "") return setFound([]);
    const own = new AbortController();
    const timer = setTimeout(async () => {
      const answer = await desk.ask({ kind: "find", query, starred: false }, "found").catch(() => null);
      if (answer && !own.signal.aborted) setFound(answer.message.turns);
    }, PAUSE_MS);
    return () => {
      own.abort();
      clearTimeout(timer);
    };
  }, [desk, query, complete]);

  const here = matching(spoken(state), query);
  const known = new Set(here.map(({ prompt }) => prompt));
  const all = [...here, ...found.filter(({ prompt }) => !known.has(prompt))].slice(0, MOST);

  const pick = (prompt: string) => {
    close();
    void takeUp(desk, prompt, all.find((one) => one.prompt === prompt)?.turn ?? null);
  };

  return (
    <PickList
      search={words.searchPrompts}
      label={words.earlierPrompts}
      query={query}
      onQuery={setQuery}
      choices={all.map(({ prompt }) => ({
        key: prompt,
        face: (
          <span class="pochade-earlier-prompt" dir="auto">
            {prompt}
          </span>
        ),
      }))}
      empty={query === "" ? words.noEarlier : words.noneFound}
      onPick={pick}
    />
  );
}
