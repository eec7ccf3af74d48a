/**
 * The pulse of a process: what is wrong with it now, by name. Whoever asks is answered in time,
 * whatever does not answer us.
 *
 *   asked ─► felt within FELT_MS? ─► as felt
 *               └─ else the store is asked, for ANSWER_WITHIN_MS at most; by one for all
 *
 *   PU1  an answer takes no longer than ANSWER_WITHIN_MS, and is no older than that and FELT_MS;
 *   PU2  however many ask, the store is asked once in FELT_MS.
 */
import { type Millis, millis } from '../../base/units.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import { done } from '../../ports/reply.ts';
import type { TroubleName } from './troubles.ts';

export const ANSWER_WITHIN_MS = millis(1_500);
export const FELT_MS = 500;
/** How long a write that the store refused is held against it, if none succeeded since. */
const REFUSED_MS = 5_000;

export interface PulseParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Whether what it carries on is its own. */
  readonly holdsLease: () => boolean;
  /** Whether the broker, if one is named, is there. */
  readonly hasBroker: () => boolean;
}

export class Pulse {
  readonly #parts: PulseParts;
  #felt: { readonly at: Millis; readonly store: Promise<TroubleName | null> } | null = null;
  phase: 'starting' | 'up' | 'stopping' = 'starting';

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  async troubles(): Promise<readonly TroubleName[]> {
    const { clock, holdsLease, hasBroker } = this.#parts;
    if (this.#felt === null || clock.now() - this.#felt.at >= FELT_MS) {
      this.#felt = { at: clock.now(), store: this.#feel() };
    }
    const store = await this.#felt.store;
    const found: TroubleName[] = this.phase === 'up' ? [] : [this.phase];
    if (store !== null) found.push(store);
    if (this.phase === 'up' && !holdsLease()) found.push('lease-lost');
    if (!hasBroker()) found.push('broker-away');
    return found;
  }

  async #feel(): Promise<TroubleName | null> {
    const { ledger, clock } = this.#parts;
    const before = ledger.sequence;
    const tooLate = clock.sleep(ANSWER_WITHIN_MS).then(() => 'silent' as const);
    const heard = await Promise.race([this.#reach(), tooLate]);
    if (heard !== 'silent') return heard;
    if (ledger.sequence === before) return 'database-lost';
    return ledger.shared ? 'ledger-behind' : null; // it works, with more to do than that
  }

  /** Asks the store for what is new, or where nobody else writes, for a turn. */
  async #reach(): Promise<TroubleName | null> {
    const { ledger, clock } = this.#parts;
    try {
      const reply = ledger.shared
        ? await ledger.current()
        : await ledger.submit(() => done(undefined));
      if (ledger.isBehind) return 'ledger-behind';
      const { refused_at } = ledger;
      const refused = refused_at !== null && clock.now() - refused_at < REFUSED_MS;
      return reply.is === 'done' && !refused ? null : 'database-lost';
    } catch {
      return 'ledger-broken';
    }
  }
}
