/**
 * Leases: one conductor a run.
 *
 *   process ── keeps its lease, every LEASE_PACE ──► row of `process`
 *      │ owns                                           │ ran out, or is gone
 *      ▼                                                ▼
 *    runs ◄──────────────── taken over by ──────── another process
 *
 * The owner and its fencing token are in the run's row and are looked at in the same ledger request
 * as every write of the run's log. So a process that was thought dead and is not can still ask an
 * agent (who knows the key), but it can never again write down what came of it.
 *
 *   F1  a run has one owner; the fence rises with every change of owner;
 *   F2  a run is taken from another only once that process's lease has run out or was given up, or
 *       by the only process there is.
 *
 * One row a process is kept, however many runs it carries. Time is the batch's (`draft.now_ms`),
 * which is the database's where several processes share one; should it jump, two processes may work
 * on one run for a while, and it does no harm (F1).
 */
import { type Millis, millis } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import { processes, type RunRow, runs, underWay } from './rows.ts';

export const LEASE_MS = 3_000;
export const LEASE_PACE: Millis = millis(750);

export interface Owner {
  /** Names this life of this process; never used again by another. */
  readonly name: string;
  /** No other process can be at work on this store (SQLite): nothing to wait for. */
  readonly sole: boolean;
  /** Of the shape of the store, as its program knows it; left out: nobody asks. */
  readonly schema_version?: number;
}

/** The run as its owner may go on with it, or null when it is no longer ours. */
export function held(draft: Draft, id: string, owner: Owner, fence: number): RunRow | null {
  const run = draft.rows(runs).get(id);
  return run !== undefined && run.owner === owner.name && run.fence === fence ? run : null;
}

/** Takes every run that nobody carries on; gives all that are ours from now on. */
export function takeOver(draft: Draft, owner: Owner): RunRow[] {
  const shelf = draft.rows(runs);
  const open = underWay.flatMap((state) => shelf.by('state', state));
  const taken = open
    .filter((run) => owner.sole || run.owner === owner.name || !isAlive(draft, run.owner))
    .map((run) => take(draft, run, owner));
  forgetDead(draft);
  return taken;
}

function take(draft: Draft, run: RunRow, owner: Owner): RunRow {
  if (run.owner === owner.name) return run;
  const taken = { ...run, owner: owner.name, fence: run.fence + 1 };
  draft.put(runs, taken);
  return taken;
}

/** The run is ours if its process is gone. In any case its fence rises: late loops leave it. */
export function adopt(draft: Draft, run: RunRow, owner: Owner): RunRow {
  const mine = owner.sole || !isAlive(draft, run.owner);
  return { ...run, owner: mine ? owner.name : run.owner, fence: run.fence + 1 };
}

/** Whether the process may still be at work, for all that others know. */
const isAlive = (draft: Draft, name: string): boolean => {
  const row = draft.rows(processes).get(name);
  return row !== undefined && row.lease_until_ms >= draft.now_ms;
};

/** Its runs are taken; should it live after all, it writes its row again. */
function forgetDead(draft: Draft): void {
  for (const row of [...draft.rows(processes).values()]) {
    if (row.lease_until_ms < draft.now_ms) draft.remove(processes, row);
  }
}

/** Says that the process is there, for as long as a lease lasts. */
export function keep(draft: Draft, { name, sole, schema_version = 0 }: Owner): void {
  if (sole) return;
  const before = draft.rows(processes).get(name);
  draft.put(processes, {
    name,
    lease_until_ms: draft.now_ms + LEASE_MS,
    schema_version,
    started_at_ms: before?.started_at_ms ?? draft.now_ms,
  });
}

/** Before its first run is written, so that nobody takes that for a dead one's. */
export function introduce(draft: Draft, owner: Owner): void {
  if (!isAlive(draft, owner.name)) keep(draft, owner);
}

/** The process is about to end: its runs need not wait for its lease. */
export function resign(draft: Draft, { name }: Owner): void {
  const row = draft.rows(processes).get(name);
  if (row !== undefined) draft.remove(processes, row);
}
