/**
 * Old runs go: the newest RUNS_KEPT stay for people to read, and so do all that may still matter:
 * those under way, and those that got stuck, which may hold something until their server is gone.
 *
 * Age is told by the rows themselves: a shelf has no order, and a restart gives it another one.
 */
import { byNumber, byText } from '../base/order.ts';
import type { Draft } from '../ledger/draft.ts';
import { type RunRow, runSteps, runs } from './rows.ts';

export const RUNS_KEPT = 20_000;
/** How many too many there may be: each pruning looks at every run, so there should be few. */
const SURPLUS_MAX = 64;

export function prune(draft: Draft, runs_kept = RUNS_KEPT, surplus_max = SURPLUS_MAX): void {
  const shelf = draft.rows(runs);
  const surplus = shelf.size - runs_kept;
  if (surplus <= surplus_max) return;
  const over = [...shelf.values()].filter(isOver).sort(byAge);
  for (const run of over.slice(0, surplus)) forget(draft, run);
}

const isOver = ({ state }: RunRow): boolean => state === 'done' || state === 'undone';
const byAge = (a: RunRow, b: RunRow): number =>
  byNumber(a.started_at_ms, b.started_at_ms) || byText(a.id, b.id);

function forget(draft: Draft, run: RunRow): void {
  for (const line of draft.rows(runSteps).by('run_id', run.id)) draft.remove(runSteps, line);
  draft.remove(runs, run);
}
