// The question where a picture comes from. It stands alone so that what is said of one picture never reaches a view
// that has gone on to another.

import type { Desk } from "../desk";
import type { CredentialsOf } from "../protocol";

export type Found = { told: CredentialsOf } | { trouble: string };

/** Asks the kernel; returns what ends the asking, after which no answer is taken. */
export function askWhence(desk: Desk, turn: string, index: number, take: (found: Found) => void): () => void {
  let over = false;
  const end = (found: Found) => {
    if (!over) take(found);
  };
  desk.ask({ kind: "credentials", turn, index }, "credentials").then(
    ({ message }) => end({ told: message }),
    (error: Error) => end({ trouble: error.message }),
  );
  return () => {
    over = true;
  };
}
