/**
 * Goal: one process a run (F1, F2): who may take it, and who may still write.
 * Method: two owners on one ledger in memory, with a wall clock that the test sets.
 *
 * Mutants tried by hand, each caught: a lease that never runs out, or always has; a fence that does
 * not rise; a `held` that looks at the owner alone, or at the fence alone.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Draft } from '../ledger/draft.ts';
import { State } from '../ledger/state.ts';
import { held, LEASE_MS, type Owner, renew, takeOver, wearsThin } from './leases.ts';
import { conductorTables, type RunRow, runs } from './rows.ts';

const one: Owner = { name: 'one', sole: false };
const two: Owner = { name: 'two', sole: false };
const START_MS = 1_000_000;

const run = (id: string, about: Partial<RunRow> = {}): RunRow => ({
  id,
  saga: 'tried',
  server_uuid: null,
  input: {},
  state: 'running',
  cursor: null,
  known: {},
  tried: [],
  retreat_to: null,
  error: null,
  cancel_requested: false,
  waits: null,
  owner: one.name,
  lease_until_ms: START_MS + LEASE_MS,
  fence: 1,
  started_at_ms: START_MS,
  ended_at_ms: null,
  ...about,
});

/** The books, looked at `after_ms` later. */
function books(...rows: RunRow[]) {
  const state = new State(conductorTables as never);
  const at = (after_ms: number) => new Draft(state, START_MS + after_ms);
  for (const row of rows) at(0).put(runs, row);
  return at;
}

test('a run is left alone while its lease lasts, and taken when it has run out', () => {
  const at = books(run('a'));
  deepEqual(takeOver(at(LEASE_MS), two), []);
  const [taken] = takeOver(at(LEASE_MS + 1), two);
  equal(taken?.owner, 'two');
  equal(taken?.fence, 2);
  equal(taken?.lease_until_ms, START_MS + LEASE_MS + 1 + LEASE_MS);
});

test('whoever lost a run may not write for it, even when it gets its name back', () => {
  const at = books(run('a'));
  equal(held(at(0), 'a', one, 1)?.id, 'a');
  takeOver(at(LEASE_MS + 1), two);
  equal(held(at(LEASE_MS + 1), 'a', one, 1), null);
  equal(held(at(LEASE_MS + 1), 'a', one, 2), null);
  equal(held(at(LEASE_MS + 1), 'a', two, 2)?.id, 'a');
  takeOver(at(3 * LEASE_MS), one);
  equal(held(at(3 * LEASE_MS), 'a', one, 1), null);
  equal(held(at(3 * LEASE_MS), 'a', one, 3)?.id, 'a');
});

test('the only process there is need not wait, and leaves ended runs alone', () => {
  const at = books(run('a'), run('b', { state: 'undoing' }), run('c', { state: 'done' }));
  const taken = takeOver(at(0), { name: 'two', sole: true });
  deepEqual(
    taken.map(({ id, fence }) => [id, fence]),
    [
      ['a', 2],
      ['b', 2],
    ],
  );
});

test('what is ours stays ours, under the same fence', () => {
  const at = books(run('a'));
  equal(takeOver(at(0), one)[0]?.fence, 1);
});

test('a lease is written anew when a third of it is gone, by its owner alone', () => {
  const at = books(run('a'));
  equal(wearsThin(at(LEASE_MS / 3), run('a')), false);
  equal(wearsThin(at(LEASE_MS / 3 + 1), run('a')), true);
  const later = at(LEASE_MS / 2);
  renew(later, two, ['a', 'unknown']);
  equal(later.changes.length, 0);
  renew(later, one, ['a', 'unknown']);
  equal(later.rows(runs).get('a')?.lease_until_ms, START_MS + LEASE_MS / 2 + LEASE_MS);
});
