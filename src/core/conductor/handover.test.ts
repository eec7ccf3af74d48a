/**
 * Goal: what a process leaves when it is told to stop goes on elsewhere once that is heard, and
 * not at the next look for dead ones.
 * Method: two ledgers on one disk, and a clock that never wakes anybody: whatever is taken over is
 * taken because it was heard of.
 * Mutant that this killed: a conductor that does not hear of processes.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { SimDisk, SimStore } from '../../sim/store.ts';
import { millis } from '../base/units.ts';
import { Ledger } from '../ledger/ledger.ts';
import { silent } from '../ports/journal.ts';
import { done } from '../ports/reply.ts';
import type { Store } from '../ports/store.ts';
import { Conductor } from './conductor.ts';
import { keep, resign } from './leases.ts';
import { conductorTables, type RunRow, runs } from './rows.ts';

const one = { name: 'one', sole: false };
const two = { name: 'two', sole: false };
const clock = { now: () => millis(0), wall: () => 0, sleep: () => new Promise<void>(() => {}) };

const run = {
  ...{ id: 'r', saga: 'of-a-newer-program', server_uuid: null, input: {}, state: 'running' },
  ...{
    cursor: null,
    known: {},
    tried: [],
    retreat_to: null,
    error: null,
    stuck: null,
    trace: null,
  },
  ...{ cancel_requested: false, waits: null, owner: one.name, fence: 1 },
  ...{ started_at_ms: 0, ended_at_ms: null },
} as RunRow;

test('what a process leaves is taken up once that is heard', async () => {
  const disk = new SimDisk();
  const tables = conductorTables as never;
  const open = () => {
    const store: Store = new SimStore(tables, {}, disk);
    const shared = new Proxy(store, {
      get: (at, name) => {
        if (name === 'shared') return true;
        const value: unknown = Reflect.get(at, name);
        return typeof value === 'function' ? value.bind(at) : value;
      },
    });
    return Ledger.open(tables, shared, clock);
  };
  const [left, stays] = [await open(), await open()];
  const conductor = new Conductor<null>({
    ...{ ledger: stays, clock, journal: silent, sagas: [], world: null, owner: two },
    wire: { ask: () => Promise.reject(new Error('nobody is asked')) },
    unreachable: () => false,
    fenced: () => false,
    makesRoom: () => false,
  });
  await left.submit((draft) => {
    keep(draft, one);
    draft.put(runs, run);
    return done(undefined);
  });
  await conductor.recover();
  equal((await stays.read((view) => view.rows(runs).get('r')))?.owner, 'one', 'it lives');

  await left.submit((draft) => done(resign(draft, one)));
  await stays.current();
  await conductor.idle();
  await stays.submit((draft) => done(draft.rows(runs).size));
  const now = await stays.read((view) => view.rows(runs).get('r'));
  deepEqual([now?.owner, now?.fence], ['two', 2]);
  conductor.stop();
});
