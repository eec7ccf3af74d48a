/**
 * Goal: the oldest runs that are over go, with their lines, whatever order the rows are in; what is
 * under way or stuck stays.
 * Method: more runs than are kept; the shelf has the youngest first, as a restart may have it.
 * Mutants that this killed: in the shelf's order; stuck runs too; one more than the surplus; a
 * pruning at each run.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Draft } from '../ledger/draft.ts';
import { State } from '../ledger/state.ts';
import { prune } from './prune.ts';
import { conductorTables, type RunRow, type RunStepRow, runSteps, runs } from './rows.ts';

/** `r0` is the oldest, and the last on the shelf. */
function books(states: readonly RunRow['state'][]): Draft {
  const draft = new Draft(new State(conductorTables as never), 0);
  for (const [at, state] of [...states.entries()].reverse()) {
    draft.put(runs, { id: `r${at}`, state, started_at_ms: at } as RunRow);
    draft.put(runSteps, { run_id: `r${at}`, position: 0 } as RunStepRow);
  }
  return draft;
}
const ids = (draft: Draft) => [...draft.rows(runs).values()].map(({ id }) => id).sort();

test('the oldest go, with their lines', () => {
  const draft = books(['done', 'undone', 'done', 'done']);
  prune(draft, 2, 0);
  deepEqual(ids(draft), ['r2', 'r3']);
  equal(draft.rows(runSteps).size, 2);
});

test('what is under way or stuck stays, however old', () => {
  const draft = books(['running', 'undoing', 'retreating', 'stuck', 'done', 'done']);
  prune(draft, 5, 0);
  deepEqual(ids(draft), ['r0', 'r1', 'r2', 'r3', 'r5']);
  prune(draft, 0, 0);
  deepEqual(ids(draft), ['r0', 'r1', 'r2', 'r3']);
});

test('a few too many are put up with, and then all of them go', () => {
  const draft = books(['done', 'done', 'done', 'done']);
  prune(draft, 2, 2);
  equal(ids(draft).length, 4);
  prune(draft, 2, 1);
  deepEqual(ids(draft), ['r2', 'r3']);
});
