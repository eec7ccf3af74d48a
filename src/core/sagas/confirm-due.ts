/**
 * Confirms moves whose time is up, though nobody has.
 *
 *   a commit brings or takes a move ─► the earliest time is looked for ─► sleep ─► confirm
 *
 * Nothing is asked over and over: it sleeps until the time that the move's own row names. A move
 * that may not be confirmed yet (somebody is at work on its server) is come back to.
 */
import { type Millis, millis } from '../base/units.ts';
import { Nap } from '../conductor/nap.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { resizes } from '../servers/resizes.ts';
import type { Operations } from './operations.ts';

const LONGEST: Millis = millis(3_600_000);
/** How soon one that is due, and could not be confirmed, is come back to. */
const AGAIN_MS = 10_000;

export interface ConfirmDueParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly operations: Pick<Operations, 'confirmResize'>;
}

export class ConfirmDue {
  readonly #parts: ConfirmDueParts;
  readonly #nap = new Nap();
  #stopped = false;

  constructor(parts: ConfirmDueParts) {
    this.#parts = parts;
    parts.ledger.subscribe(({ changes }) => {
      if (changes.some(({ table }) => table === resizes.name)) this.#nap.poke();
    });
  }

  async watch(): Promise<void> {
    while (!this.#stopped) {
      const wait = await this.look();
      if (!this.#stopped) await this.#nap.take(this.#parts.clock, wait);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#nap.poke();
  }

  /** Confirms what is due; gives for how long there is nothing to do. */
  async look(): Promise<Millis> {
    const { ledger, clock, operations } = this.#parts;
    const now_ms = clock.wall();
    const timed = await ledger.read((view) =>
      [...view.rows(resizes).values()].flatMap(({ server_uuid, confirm_at_ms }) =>
        confirm_at_ms === null ? [] : { server_uuid, in_ms: confirm_at_ms - now_ms },
      ),
    );
    for (const { server_uuid, in_ms } of timed) {
      if (in_ms <= 0) await operations.confirmResize(server_uuid, { bound_by_locks: false });
    }
    const waits = timed.map(({ in_ms }) => (in_ms > 0 ? in_ms : AGAIN_MS));
    return millis(Math.min(LONGEST, ...waits));
  }
}
