/** Deletes for good what was put away long enough ago: nobody has restored it. */
import { type Millis, millis } from '../base/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { softDeleted } from '../servers/soft-deleted.ts';
import type { Operations } from './operations.ts';

const LOOK_EVERY_MS = 60_000;

export interface ReclaimerParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly operations: Pick<Operations, 'deleteServer'>;
  /** 0: servers are not put away, and none is looked for. */
  readonly reclaim_after_s: number;
}

export class Reclaimer {
  readonly #parts: ReclaimerParts;
  #stopped = false;

  constructor(parts: ReclaimerParts) {
    this.#parts = parts;
  }

  async watch(): Promise<void> {
    const { clock, reclaim_after_s } = this.#parts;
    if (reclaim_after_s === 0) return;
    const pause: Millis = millis(Math.min(LOOK_EVERY_MS, reclaim_after_s * 1000));
    while (!this.#stopped) {
      await clock.sleep(pause);
      if (!this.#stopped) await this.look();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async look(): Promise<void> {
    const { ledger, clock, operations, reclaim_after_s } = this.#parts;
    const before_ms = clock.wall() - reclaim_after_s * 1000;
    const due = await ledger.read((view) =>
      [...view.rows(softDeleted).values()].filter((row) => row.deleted_at_ms <= before_ms),
    );
    for (const { server_uuid } of due) {
      await operations.deleteServer(server_uuid, { put_away_before_ms: before_ms });
    }
  }
}
