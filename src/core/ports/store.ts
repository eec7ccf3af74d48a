/**
 * The store: tables on disk, and the one transaction that writes them. Twins: real/sqlite-store.ts
 * and sim/store.ts; both keep store.contract.ts.
 *
 *   begin ──► { sequence, missed } ──► decide in memory ──► commit(batch) ──► done / no / lost
 *                                              └──────────► rollback
 *
 *   ST1  between `begin` and its end nobody else begins: the head row is locked;
 *   ST2  `commit` writes all of the batch, its change record and the new sequence, or nothing;
 *   ST3  after `done` the batch survives the death of the process and of the machine;
 *   ST4  after `no` nothing of it is there, now or ever; after `lost` it may be, and the next
 *        `begin` tells: it is among the `missed`;
 *   ST5  `load` gives every row of one moment and the sequence of that moment;
 *   ST6  `records` gives what was committed, whoever has begun what: without a turn of its own.
 *
 * The store keeps rows; it decides nothing and knows no meaning.
 */
import type { Change, Table } from '../base/table.ts';
import type { Reply } from './reply.ts';

/** What one commit changed. Change records let another process catch up; they are pruned. */
export interface Batch {
  /** The sequence that the head row has once this batch is committed: one more than before. */
  readonly sequence: number;
  readonly changes: readonly Change[];
}

export interface Head {
  readonly sequence: number;
  /** What others (or a commit of our own whose answer was lost) wrote after `since`, in order. */
  readonly missed: readonly Batch[];
  /**
   * The wall clock of the store, which all who share it go by; left out: everybody's own will do.
   */
  readonly now_ms?: number;
}

/** Why a store would not: each says what its caller does next. */
export type StoreRefusal =
  /** The disk is full, or an I/O error; nothing was written. Answer 503; try again later. */
  | { readonly why: 'unavailable'; readonly message: string }
  /** Too far behind: the records after `since` have been pruned. Load everything again. */
  | { readonly why: 'pruned' };

export interface Store {
  /** Whether other processes write to it as well; left out: none does. */
  readonly shared?: boolean;
  /**
   * Visits every row of every table, in primary-key order within a table; tables in given order.
   */
  load(visit: (table: Table, row: object) => void): Promise<{ sequence: number }>;
  begin(since: number): Promise<Reply<Head, StoreRefusal>>;
  commit(batch: Batch): Promise<Reply<void, StoreRefusal>>;
  /** Ends a transaction that has nothing to write. */
  rollback(): Promise<void>;
  /** The first `limit` batches after `since`, in order; fewer where there are no more. */
  records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>>;
  close(): Promise<void>;
}
