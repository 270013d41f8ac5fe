// Thumbnails on demand: views say what they show and lack, and a little later one message asks for it. Whatever was
// scrolled past meanwhile is not asked for at all.

export const SETTLE_MS = 60;
/** How many at once: few enough that the first are soon there and nothing else waits long behind them. */
export const BATCH = 24;
/** How long until a question that got no answer is asked once more. */
export const AGAIN_MS = 5_000;

export class Wanted {
  private asked = new Set<string>();
  private wanted: readonly string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting = false;

  /** `ask` asks for the thumbnails of at most BATCH turns and ends with the turns of those that came. */
  constructor(private ask: (turns: string[]) => Promise<readonly string[]>) {}

  /** What is seen and lacking now, instead of what was wanted before. */
  want(turns: readonly string[]): void {
    this.wanted = turns;
    if (this.waiting || turns.length === 0) return;
    this.timer ??= setTimeout(() => this.send(), SETTLE_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wanted = [];
  }

  private send(): void {
    this.timer = undefined;
    const turns = this.wanted.filter((turn) => !this.asked.has(turn)).slice(0, BATCH);
    if (turns.length === 0) return;
    for (const turn of turns) this.asked.add(turn);
    this.waiting = true;
    const over = (came: readonly string[]) => {
      // One that did not come stays asked for: asking once more would only be refused once more.
      for (const turn of came) this.asked.delete(turn);
      this.waiting = false;
      this.want(this.wanted.filter((turn) => !turns.includes(turn)));
    };
    const lost = () => {
      for (const turn of turns) this.asked.delete(turn);
      this.waiting = false;
      if (this.wanted.length > 0) this.timer ??= setTimeout(() => this.send(), AGAIN_MS);
    };
    this.ask(turns).then(over, lost);
  }
}
