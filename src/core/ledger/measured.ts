/** What one turn of the ledger came to, for those who measure it. */
import type { Millis } from '../base/units.ts';
import type { Batch } from '../ports/store.ts';

export interface MeasuredTurn {
  /** How many requests it decided. */
  readonly requests: number;
  /** `nothing`: none of them had anything to write. */
  readonly outcome: 'done' | 'no' | 'lost' | 'nothing';
  /** What was written, by this process; null where nothing was. */
  readonly batch: Batch | null;
  /** From asking the store for the turn to its answer. */
  readonly took_ms: Millis;
}

export type Meter = (turn: MeasuredTurn) => void;
