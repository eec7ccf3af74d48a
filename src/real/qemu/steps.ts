/**
 * What this host remembers of steps that are over, on disk before it is acted upon.
 *
 *   closed    never act again
 *   taken     landings that have got their guest
 *   departed  sendings that were carried out, and how long their guest stood still
 *   lives     how often the driver was opened
 */
import { Recent } from '../../core/base/recent.ts';
import type { GuestShelf } from '../../core/ports/guest-shelf.ts';
import type { StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';

const KEYS_KEPT = 4096;

interface Shelved {
  readonly version: 1;
  readonly lives: number;
  readonly closed: readonly [StepKey, true][];
  readonly taken: readonly [StepKey, true][];
  readonly departed: readonly [StepKey, number][];
}

export class Steps {
  readonly closed = new Recent<true>(KEYS_KEPT);
  readonly taken = new Recent<true>(KEYS_KEPT);
  readonly departed = new Recent<number>(KEYS_KEPT);
  readonly lives: number;
  readonly #shelf: GuestShelf;

  private constructor(shelf: GuestShelf, before: Shelved | null) {
    this.#shelf = shelf;
    this.lives = (before?.lives ?? 0) + 1;
    for (const [key] of before?.closed ?? []) this.closed.set(key, true);
    for (const [key] of before?.taken ?? []) this.taken.set(key, true);
    for (const [key, downtime_ms] of before?.departed ?? []) this.departed.set(key, downtime_ms);
  }

  static async open(shelf: GuestShelf): Promise<Decision<Steps, string>> {
    const found = await shelf.load();
    if (found.is !== 'done') return no(found.is === 'no' ? found.why : 'the disk does not answer');
    const before = found.value as Shelved | null;
    if (before !== null && before.version !== 1) {
      return no(`steps were kept in version ${String(before.version)}; this program knows 1`);
    }
    const steps = new Steps(shelf, before);
    const kept = await steps.keep();
    return kept.is === 'no' ? kept : done(steps);
  }

  async close(...keys: readonly (StepKey | null)[]): Promise<Decision<void, string>> {
    for (const key of keys) if (key !== null) this.closed.set(key, true);
    return this.keep();
  }

  async keep(): Promise<Decision<void, string>> {
    const shelved: Shelved = {
      version: 1,
      lives: this.lives,
      closed: this.closed.newest(KEYS_KEPT),
      taken: this.taken.newest(KEYS_KEPT),
      departed: this.departed.newest(KEYS_KEPT),
    };
    const kept = await this.#shelf.save(shelved);
    return kept.is === 'lost' ? no('the disk does not answer') : kept;
  }
}
