/**
 * Leases: one conductor a run.
 *
 * The owner and its fencing token are in the run's row and are looked at in the same ledger request
 * as every write of the run's log. So a process that was thought dead and is not can still ask an
 * agent (who knows the key), but it can never again write down what came of it.
 *
 *   F1  a run has one owner; the fence rises with every change of owner;
 *   F2  a run is taken from another only after its lease ran out, or by the only process there is.
 *
 * Leases are kept by the wall clock of the batch (`draft.now_ms`), which is why a wrong clock may
 * make two processes work on one run for a while, and why it does no harm (F1).
 */
import type { Draft } from '../ledger/draft.ts';
import { type RunRow, runs, underWay } from './rows.ts';

export const LEASE_MS = 60_000;

export interface Owner {
  /** Names this life of this process; never used again by another. */
  readonly name: string;
  /** No other process can be at work on this store (SQLite): nothing to wait for. */
  readonly sole: boolean;
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
  return open.filter((run) => mayTake(draft, run, owner)).map((run) => take(draft, run, owner));
}

const mayTake = (draft: Draft, run: RunRow, owner: Owner): boolean =>
  owner.sole || run.owner === owner.name || run.lease_until_ms < draft.now_ms;

function take(draft: Draft, run: RunRow, owner: Owner): RunRow {
  if (run.owner === owner.name) return run;
  const taken = { ...run, ...leased(draft, owner), fence: run.fence + 1 };
  draft.put(runs, taken);
  return taken;
}

export const leased = (draft: Draft, owner: Owner) => ({
  owner: owner.name,
  lease_until_ms: draft.now_ms + LEASE_MS,
});

/** Whether more than a third of the lease is gone: time to write it anew. */
export const wearsThin = (draft: Draft, run: RunRow): boolean =>
  run.lease_until_ms - draft.now_ms < (LEASE_MS * 2) / 3;

/** Renews the leases of runs that wait long for an answer. */
export function renew(draft: Draft, owner: Owner, ids: Iterable<string>): void {
  for (const id of ids) {
    const run = draft.rows(runs).get(id);
    if (run?.owner !== owner.name || !wearsThin(draft, run)) continue;
    draft.put(runs, { ...run, ...leased(draft, owner) });
  }
}
