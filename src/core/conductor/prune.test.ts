/**
 * Goal: the oldest ended runs go, with their lines; whatever is under way stays.
 * Method: more runs than are kept, some of them under way.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Draft } from '../ledger/draft.ts';
import { State } from '../ledger/state.ts';
import { prune } from './prune.ts';
import { conductorTables, type RunRow, type RunStepRow, runSteps, runs } from './rows.ts';

function books(states: readonly RunRow['state'][]): Draft {
  const draft = new Draft(new State(conductorTables as never), 0);
  states.forEach((state, at) => {
    draft.put(runs, { id: `r${at}`, state } as RunRow);
    draft.put(runSteps, { run_id: `r${at}`, position: 0 } as RunStepRow);
  });
  return draft;
}
const ids = (draft: Draft) => [...draft.rows(runs).values()].map(({ id }) => id);

test('the oldest go, with their lines', () => {
  const draft = books(['done', 'undone', 'stuck', 'done']);
  prune(draft, 2);
  deepEqual(ids(draft), ['r2', 'r3']);
  equal(draft.rows(runSteps).size, 2);
});

test('what is under way stays, however old', () => {
  const draft = books(['running', 'undoing', 'retreating', 'done']);
  prune(draft, 1);
  deepEqual(ids(draft), ['r0', 'r1', 'r2', 'r3']);
  prune(draft, 0);
  deepEqual(ids(draft), ['r0', 'r1', 'r2']);
});

test('as many as are kept are kept', () => {
  const draft = books(['done', 'done']);
  prune(draft, 2);
  deepEqual(ids(draft), ['r0', 'r1']);
});
