/**
 * Takes shelved servers off their hosts once they have lain there long enough, and those whose
 * offloading came to nothing once more.
 */

import { type Millis, millis } from '../base/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { servers } from '../servers/rows.ts';
import { shelvedServers } from '../servers/shelved.ts';
import type { Operations } from './operations.ts';

const LOOK_EVERY: Millis = millis(60_000);

export interface ShelfLifeParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly operations: Pick<Operations, 'shelveOffload'>;
  /** -1: they stay. */
  readonly shelved_offload_s: number;
}

export class ShelfLife {
  readonly #parts: ShelfLifeParts;
  #stopped = false;

  constructor(parts: ShelfLifeParts) {
    this.#parts = parts;
  }

  async watch(): Promise<void> {
    if (this.#parts.shelved_offload_s < 0) return;
    while (!this.#stopped) {
      await this.#parts.clock.sleep(LOOK_EVERY);
      if (!this.#stopped) await this.look();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async look(): Promise<void> {
    const { ledger, clock, operations, shelved_offload_s } = this.#parts;
    const since_ms = clock.wall() - shelved_offload_s * 1000;
    const due = await ledger.read((view) =>
      [...view.rows(shelvedServers).values()]
        .filter(({ shelved_at_ms }) => shelved_at_ms <= since_ms)
        .filter(({ server_uuid }) => view.rows(servers).get(server_uuid)?.host !== null)
        .map(({ server_uuid }) => server_uuid),
    );
    for (const uuid of due) await operations.shelveOffload(uuid, { bound_by_locks: false });
  }
}
