// The turns of a session in a row, without a Studio around them: a click chooses one.

import { Banners } from "../banners";
import { earlier } from "../history/actions";
import { TurnRow } from "../history/row";
import { useChanges } from "../store";
import type { Words } from "../words";
import { Frame } from "./frame";
import type { StripDesk } from "./stripdesk";

export function StripPart({ words, desk: { desk, value, wanted } }: { words: Words; desk: StripDesk }) {
  useChanges(desk.store);
  useChanges(value);
  const { turns, total, thumbs } = desk.state;
  return (
    <Frame name={words.turnStrip}>
      <Banners words={words} desk={desk} state={desk.state} older={false} />
      {turns.length > 0 ? (
        <TurnRow
          words={words}
          turns={turns}
          current={value.value}
          thumbs={thumbs}
          left={total - turns.length}
          onPick={(turn) => value.set(turn)}
          onWant={(lacking) => wanted.want(lacking)}
          onEarlier={() => void earlier(desk)}
        />
      ) : (
        <p class="pochade-status">{words.noTurns}</p>
      )}
    </Frame>
  );
}
