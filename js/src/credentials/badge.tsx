// The mark at the corner of a picture that is kept, and the panel behind it, which says where the picture comes from.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { Popover } from "../ui/popover";
import type { Words } from "../words";
import { Account } from "./account";
import { askWhence, type Found } from "./asking";
import "./credentials.css";

interface BadgeProps {
  words: Words;
  desk: Desk;
  turn: string;
  index: number;
}

export function CredentialsBadge(props: BadgeProps) {
  const { words } = props;
  return (
    <Popover
      label={words.credentials}
      title={words.withKey(words.credentials, "C")}
      shortcut="C"
      buttonClass="pochade-badge"
      face={<Mark />}
    >
      {(close) => <Panel {...props} onClose={close} />}
    </Popover>
  );
}

function Panel({ words, desk, turn, index, onClose }: BadgeProps & { onClose: () => void }) {
  const [found, setFound] = useState<{ turn: string; index: number; found: Found } | null>(null);
  useEffect(() => askWhence(desk, turn, index, (found) => setFound({ turn, index, found })), [desk, turn, index]);
  const here = found?.turn === turn && found.index === index ? found.found : null;
  return <Account words={words} found={here} onClose={onClose} />;
}

/** A pin with two letters in it, as people know the sign. */
function Mark() {
  return (
    <svg class="pochade-mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M12 2.5h0a9.5 9.5 0 0 1 9.5 9.5v8a1.5 1.5 0 0 1-1.5 1.5h-8a9.5 9.5 0 0 1 0-19Z" />
      <path d="M11.7 10.3a2.9 2.9 0 1 0 0 3.9M14.4 15.1V9.4M14.4 12.1c.2-1.7 1.2-2.6 2.9-2.5" />
    </svg>
  );
}
