// Which parts of a prompt a search found, as the kernel searches: every word of the query, in any case.

interface Part {
  text: string;
  found: boolean;
}

export function parts(prompt: string, query: string): Part[] {
  const lower = prompt.toLowerCase();
  const words = [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))];
  // Lower case may be longer than what it stands for (İ): then places in it say nothing about the prompt.
  if (words.length === 0 || lower.length !== prompt.length) return [{ text: prompt, found: false }];
  const hit = new Array<boolean>(prompt.length).fill(false);
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
      hit.fill(true, at, at + word.length);
    }
  }
  const found: Part[] = [];
  for (let from = 0, to = 0; from < prompt.length; from = to) {
    while (to < prompt.length && hit[to] === hit[from]) to++;
    found.push({ text: prompt.slice(from, to), found: hit[from] === true });
  }
  return found;
}
