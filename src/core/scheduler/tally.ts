/** How many hosts each filter of a class turned down, counted as its ranking is kept. */
export class Tally {
  /** By host: one more than the place of its filter; 0: it was not looked at yet. */
  readonly #found: Uint8Array;
  readonly #counts: number[];

  constructor(capacity: number, outcomes: number) {
    this.#found = new Uint8Array(capacity);
    this.#counts = new Array<number>(outcomes).fill(0);
  }

  set(id: number, outcome: number): void {
    const before = this.#found[id] as number;
    if (before === outcome + 1) return;
    if (before > 0) this.#counts[before - 1] = (this.#counts[before - 1] as number) - 1;
    this.#counts[outcome] = (this.#counts[outcome] as number) + 1;
    this.#found[id] = outcome + 1;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }
}
