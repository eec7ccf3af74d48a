/**
 * Goal: whoever looks at hosts hears of those that report, and of those that are heard again after
 * they were given up, and of no others.
 * Method: a muster on a ledger in memory; beats and reports in turn.
 * Mutant that this killed: a host that was down is not told of until its next report.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { SimStore } from '../../sim/store.ts';
import { millis } from '../base/units.ts';
import { Ledger } from '../ledger/ledger.ts';
import { ledgerTables } from '../ledger/rows.ts';
import { seedLedger } from '../ledger/standard.ts';
import { silent } from '../ports/journal.ts';
import { done } from '../ports/reply.ts';
import { Muster } from './muster.ts';
import { plainReport as report } from './report.fixture.ts';
import { fleetTables } from './rows.ts';
import { forceDown } from './status.ts';

test('a host that is heard again is told of, as one that reports', async () => {
  const clock = { now: () => millis(0), wall: () => 1_000, sleep: async () => {} };
  const tables = [...ledgerTables, ...fleetTables] as never;
  const ledger = await Ledger.open(tables, new SimStore(tables), clock);
  equal((await seedLedger(ledger)).is, 'done');
  const told: string[] = [];
  const reported = (host: string) => void told.push(host);
  const muster = new Muster({ ledger, clock, journal: silent, reported });
  const beat = { host: 'h1', incarnation: 1 };
  equal((await muster.report(report)).is, 'done');
  deepEqual(told, ['h1']);
  equal((await muster.beat(beat)).is, 'done');
  deepEqual(told, ['h1'], 'nothing is new');
  await ledger.submit((draft) => done(forceDown(draft, 'h1', true).is));
  equal((await muster.beat(beat)).is, 'done');
  deepEqual(told, ['h1', 'h1'], 'it was given up, and is there');
  equal((await muster.beat({ host: 'h2', incarnation: 1 })).is, 'no');
  deepEqual(told, ['h1', 'h1']);
  equal(muster.beats, 2, 'those that were taken');
});
