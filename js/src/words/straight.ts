// What keeps a sentence of ours in its own direction. It stands alone because prompts and file names may hold controls
// that turn everything after them round.

/** Text of a stranger's for the middle of a sentence, without the controls that would turn the rest of it round. */
export function straight(text: string): string {
  return text.replace(/\p{Bidi_Control}/gu, "");
}
