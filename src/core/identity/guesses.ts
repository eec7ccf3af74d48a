/**
 * Slows down who guesses passwords: after GUESSES_FREE wrong ones in a row, each further one makes
 * the account wait twice as long, up to WAIT_MS_MAX, before any password is looked at again.
 *
 *   wrong in a row   1 2 3 4 5   6   7   8 …   13 and more
 *   waits            0           1s  2s  4s …  2 min
 *
 * Kept in memory by each process: an attacker gets as many tries as there are processes, times
 * these. A name nobody has is slowed as well, so the answer never tells which names there are.
 */
export const GUESSES_FREE = 5;
export const WAIT_MS_MAX = 120_000;
/** The names remembered; the one that was wrong longest ago is forgotten first. */
const NAMES_MAX = 10_000;

interface Record {
  readonly wrong: number;
  readonly until_ms: number;
}

export class Guesses {
  readonly #records = new Map<string, Record>();

  /** How long this account still has to wait; 0 when it may try. */
  wait(account: string, now_ms: number): number {
    return Math.max(0, (this.#records.get(account)?.until_ms ?? 0) - now_ms);
  }

  wrong(account: string, now_ms: number): void {
    const wrong = (this.#records.get(account)?.wrong ?? 0) + 1;
    const beyond = wrong - GUESSES_FREE;
    const span_ms = beyond <= 0 ? 0 : Math.min(WAIT_MS_MAX, 1000 * 2 ** Math.min(beyond - 1, 20));
    this.#records.delete(account);
    this.#records.set(account, { wrong, until_ms: now_ms + span_ms });
    if (this.#records.size > NAMES_MAX) {
      const [oldest] = this.#records.keys();
      if (oldest !== undefined) this.#records.delete(oldest);
    }
  }

  right(account: string): void {
    this.#records.delete(account);
  }
}
