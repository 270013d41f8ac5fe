// One whole picture of a turn: from those that are here, or asked for. Once it is there it stays, also when the state
// lets go of it to make room for others.

import { useEffect, useState } from "preact/hooks";
import type { Desk } from "../desk";
import { pictureKey } from "../state/turns";

interface Shown {
  key: string;
  blob: Blob | null;
  trouble: string | null;
}

export function usePicture(desk: Desk, turn: string, index: number): { blob: Blob | null; trouble: string | null } {
  const key = pictureKey(turn, index);
  const [shown, show] = useState<Shown | null>(null);
  const known = desk.state.pictures[key] ?? null;
  useEffect(() => {
    if (known) return show({ key, blob: known, trouble: null });
    let gone = false;
    desk.ask({ kind: "show", turn, index }, "pictures").then(
      ({ message, blobs }) => {
        const at = message.pictures.findIndex((picture) => !picture.thumb);
        if (!gone) show({ key, blob: blobs[at] ?? null, trouble: null });
      },
      (error: Error) => {
        if (!gone) show({ key, blob: null, trouble: error.message });
      },
    );
    return () => {
      gone = true;
    };
  }, [desk, key]);
  if (shown?.key === key) return shown;
  return { blob: known, trouble: null };
}
