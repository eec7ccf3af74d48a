/**
 * A store that keeps nothing: for fleets whose size is of interest, and whose rows are in memory
 * once already. A commit takes a while, as on a disk, so that those who wait make one batch.
 */
import { millis } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';
import { done } from '../core/ports/reply.ts';
import type { Batch, Store } from '../core/ports/store.ts';

const COMMIT = millis(2);

export class ForgetfulStore implements Store {
  readonly #clock: Pick<Clock, 'sleep'>;
  #sequence = 0;
  /** Of all records so far. */
  characters = 0;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  load = async () => ({ sequence: 0 });
  begin = async () => done({ sequence: this.#sequence, missed: [] });
  rollback = async () => {};
  records = async () => done([]);
  close = async () => {};

  commit = async (batch: Batch) => {
    await this.#clock.sleep(COMMIT);
    this.#sequence = batch.sequence;
    return done(undefined);
  };

  /** What a store does for the change record of a batch. */
  record({ changes }: Batch): void {
    this.characters += JSON.stringify(changes).length;
  }
}
