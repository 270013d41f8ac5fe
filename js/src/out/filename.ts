// A file's name made of a prompt: one that every system takes, that shows what it says, and that a shell needs no
// quotes for. It stands alone because a prompt may hold anything that a person, or a page, can write.

const MOST_LETTERS = 60;
/** File systems count bytes, some of them only 143 of them. */
const MOST_BYTES = 120;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;
const NO_LETTERS = /[^\p{L}\p{M}\p{N}_]+/gu;
/** What Windows keeps for its devices, whatever the ending. */
const RESERVED = /^(con|prn|aux|nul|conin|conout|(com|lpt)[0-9¹²³])$/i;

export function fileName(prompt: string, index: number, count: number, ending: "png" | "jpg" | "webp"): string {
  const words = prompt
    .normalize("NFC")
    .replace(INVISIBLE, "")
    .replace(NO_LETTERS, "-")
    .replace(/^[-\p{M}]+|-+$/gu, "");
  const short = shortened(words);
  const name = short === "" ? "picture" : RESERVED.test(short) ? `picture-${short}` : short;
  return `${name}${count > 1 ? `-${index + 1}` : ""}.${ending}`;
}

/** Cuts between two words where that leaves enough of them. */
function shortened(words: string): string {
  const encoder = new TextEncoder();
  const letters = [...words];
  let most = Math.min(letters.length, MOST_LETTERS);
  while (encoder.encode(letters.slice(0, most).join("")).length > MOST_BYTES) most--;
  if (most === letters.length) return words;
  const cut = letters.slice(0, most).join("");
  const gap = cut.lastIndexOf("-");
  return (gap > cut.length / 2 ? cut.slice(0, gap) : cut).replace(/-+$/, "");
}
