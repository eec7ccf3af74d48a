/** Old runs go: the newest RUNS_KEPT stay for people to read, and all that are under way. */
import type { Draft } from '../ledger/draft.ts';
import { ended, type RunRow, runSteps, runs } from './rows.ts';

export const RUNS_KEPT = 20_000;
/** The most that one request takes away, so that none is slow. */
const AT_ONCE_MAX = 8;

export function prune(draft: Draft, runs_kept = RUNS_KEPT): void {
  const shelf = draft.rows(runs);
  const surplus = Math.min(shelf.size - runs_kept, AT_ONCE_MAX);
  if (surplus <= 0) return;
  for (const run of oldest(shelf.values(), surplus)) forget(draft, run);
}

/** The first few, in order of arrival; those under way are passed over, and cost their place. */
function oldest(all: IterableIterator<RunRow>, count: number): RunRow[] {
  const found: RunRow[] = [];
  for (let seen = 0; seen < count; seen++) {
    const { value: run, done } = all.next();
    if (done) break;
    if (ended(run)) found.push(run);
  }
  return found;
}

function forget(draft: Draft, run: RunRow): void {
  for (const line of draft.rows(runSteps).by('run_id', run.id)) draft.remove(runSteps, line);
  draft.remove(runs, run);
}
