/**
 * Goal: one process a run (F1, F2): who may take it, and who may still write.
 * Method: two owners on one ledger in memory, with a wall clock that the test sets.
 *
 * Mutants tried by hand, each caught: a lease that never runs out, or always has; a fence that does
 * not rise; a `held` that looks at the owner alone, or at the fence alone; a process without a row
 * that is taken for a living one; `resign` and `introduce` that do nothing.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Draft } from '../ledger/draft.ts';
import { State } from '../ledger/state.ts';
import { held, introduce, keep, LEASE_MS, type Owner, resign, takeOver } from './leases.ts';
import { conductorTables, processes, type RunRow, runs } from './rows.ts';

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
  stuck: null,
  trace: null,
  owner: one.name,
  fence: 1,
  started_at_ms: START_MS,
  ended_at_ms: null,
  ...about,
});

/** The books, looked at `after_ms` later; `one` said at the start that it is there. */
function books(...rows: RunRow[]) {
  const state = new State(conductorTables as never);
  const at = (after_ms: number) => new Draft(state, START_MS + after_ms);
  keep(at(0), one);
  for (const row of rows) at(0).put(runs, row);
  return at;
}

test('a run is left alone while its process keeps its lease, and taken when that has run out', () => {
  const at = books(run('a'));
  deepEqual(takeOver(at(LEASE_MS), two), []);
  const [taken] = takeOver(at(LEASE_MS + 1), two);
  deepEqual([taken?.owner, taken?.fence], ['two', 2]);
  equal(
    at(LEASE_MS + 1)
      .rows(processes)
      .has('one'),
    false,
    'the dead are forgotten',
  );
});

test('a lease that is kept lasts on, by one row for all runs', () => {
  const at = books(run('a'), run('b'));
  const later = at(LEASE_MS);
  keep(later, one);
  equal(later.changes.length, 1);
  deepEqual(takeOver(at(2 * LEASE_MS), two), []);
  equal(takeOver(at(2 * LEASE_MS + 1), two).length, 2);
  equal(later.rows(processes).get('one'), undefined);
});

test('whoever lost a run may not write for it, even when it gets its name back', () => {
  const at = books(run('a'));
  equal(held(at(0), 'a', one, 1)?.id, 'a');
  keep(at(LEASE_MS + 1), two);
  takeOver(at(LEASE_MS + 1), two);
  equal(held(at(LEASE_MS + 1), 'a', one, 1), null);
  equal(held(at(LEASE_MS + 1), 'a', one, 2), null);
  equal(held(at(LEASE_MS + 1), 'a', two, 2)?.id, 'a');
  takeOver(at(3 * LEASE_MS), one);
  equal(held(at(3 * LEASE_MS), 'a', one, 1), null);
  equal(held(at(3 * LEASE_MS), 'a', one, 3)?.id, 'a');
});

test('the only process there is need not wait, keeps no row, and leaves ended runs alone', () => {
  const at = books(run('a'), run('b', { state: 'undoing' }), run('c', { state: 'done' }));
  const sole = { name: 'two', sole: true };
  keep(at(0), sole);
  equal(at(0).rows(processes).has('two'), false);
  const taken = takeOver(at(0), sole);
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

test('who begins its first run says first that it is there; who resigns leaves its runs at once', () => {
  const at = books();
  introduce(at(0), two);
  at(0).put(runs, run('a', { owner: two.name }));
  deepEqual(takeOver(at(LEASE_MS), one), []);
  const unchanged = at(LEASE_MS);
  introduce(unchanged, two);
  equal(unchanged.changes.length, 0, 'it is known');
  resign(at(1), two);
  equal(takeOver(at(1), one)[0]?.owner, 'one');
});
