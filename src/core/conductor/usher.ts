/**
 * The usher: has those who wait try again when something may have made room, the oldest first.
 *
 *   committed batch ─► can it have made room, and does anybody wait?
 *                          └─► one ledger request: of each in turn, would it go now? then its step
 *
 *   U1  a run that waits tries again here only, and a last time when its time is up: so it is the
 *       change that wakes it, and whoever began to wait later does not overtake it;
 *   U2  one that still does not fit keeps nobody behind it waiting;
 *   U3  what happens while they try is noticed, and they try again: at rest nobody waits who fits;
 *   U4  who waits is known from the rows alone, so another process can take their places over.
 */
import { byNumber, byText } from '../base/order.ts';
import { millis } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { done } from '../ports/reply.ts';
import { type RunRow, runs } from './rows.ts';

export interface UsherParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Does the step that the run waits in once more, where that would do any good. */
  readonly tryAgain: (draft: Draft, run: RunRow) => void;
  readonly broken: (bug: unknown) => void;
}

const LEDGER_PACE = millis(500);

export class Usher {
  readonly #parts: UsherParts;
  /** Those whom this process carries on. */
  readonly #waiting = new Map<string, RunRow>();
  #called = false;
  #busy = false;
  #stopped = false;

  constructor(parts: UsherParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** From now on it waits. */
  seat(run: RunRow): void {
    const known = this.#waiting.has(run.id);
    this.#waiting.set(run.id, run);
    if (!known) this.call();
  }

  /** Waits no longer; true if it did. */
  leave(id: string): boolean {
    return this.#waiting.delete(id);
  }

  /** There may be room. */
  call(): void {
    this.#called = true;
    if (!this.#busy) this.#letIn().catch(this.#parts.broken);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #letIn(): Promise<void> {
    const { ledger, clock } = this.#parts;
    this.#busy = true;
    while (this.#called && this.#waiting.size > 0 && !this.#stopped) {
      this.#called = false;
      const reply = await ledger.submit((draft) => done(this.#pass(draft)));
      if (reply.is === 'done' || this.#stopped) continue;
      this.#called = true;
      await clock.sleep(LEDGER_PACE);
    }
    this.#busy = false;
  }

  #pass(draft: Draft): void {
    for (const { id } of [...this.#waiting.values()].sort(byAge)) {
      const run = draft.rows(runs).get(id);
      if (run?.waits) this.#parts.tryAgain(draft, run);
    }
  }
}

const byAge = (a: RunRow, b: RunRow): number =>
  byNumber(a.started_at_ms, b.started_at_ms) || byText(a.id, b.id);
