// The steps that can be undone and done again, and the memory that they may take. It stands alone because what to forget
// is a rule of its own, whatever a step is made of.

import { type Step, weight } from "./tiles";

/** How many bytes the steps may take in all. */
const HISTORY_BYTES = 192_000_000;
/** How many steps are kept even above that, unless one of them alone takes more. */
const HISTORY_STEPS = 50;

export class History {
  private steps: Step[] = [];
  /** How many of the steps are done; the others have been undone. */
  private done = 0;
  private bytes = 0;

  constructor(
    private readonly limit = HISTORY_BYTES,
    private readonly least = HISTORY_STEPS,
  ) {}

  get canUndo(): boolean {
    return this.done > 0;
  }

  get canRedo(): boolean {
    return this.done < this.steps.length;
  }

  /** Keeps what was just done, and forgets what had been undone before it. */
  push(step: Step): void {
    for (const undone of this.steps.splice(this.done)) this.bytes -= weight(undone);
    this.steps.push(step);
    this.bytes += weight(step);
    const huge = this.steps.some((one) => weight(one) > this.limit);
    const keep = huge ? 1 : this.least;
    while (this.bytes > this.limit && this.steps.length > keep) {
      const oldest = this.steps.shift();
      this.bytes -= oldest ? weight(oldest) : 0;
    }
    this.done = this.steps.length;
  }

  /** The step to undo now. */
  back(): Step | undefined {
    return this.canUndo ? this.steps[--this.done] : undefined;
  }

  /** The step to do again now. */
  forward(): Step | undefined {
    return this.canRedo ? this.steps[this.done++] : undefined;
  }

  empty(): void {
    this.steps = [];
    this.done = 0;
    this.bytes = 0;
  }
}
