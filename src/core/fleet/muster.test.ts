/**
 * Goal: whoever looks at hosts hears of those that report, and of those that are heard again after
 * they were given up, and of no others; and many that fall silent cost few commits.
 * Method: a muster on a ledger in memory; beats and reports in turn.
 * Mutants that this killed: a host that was down is not told of until its next report; silent hosts
 * are marked one after another.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { SimStore } from '../../sim/store.ts';
import { millis } from '../base/units.ts';
import { Ledger } from '../ledger/ledger.ts';
import { ledgerTables } from '../ledger/rows.ts';
import { seedLedger } from '../ledger/standard.ts';
import { silent } from '../ports/journal.ts';
import { done } from '../ports/reply.ts';
import { BEAT_EVERY_MS, SILENT_AFTER_MS } from './heartbeat.ts';
import { Muster } from './muster.ts';
import { plainReport as report } from './report.fixture.ts';
import { fleetTables, hosts } from './rows.ts';
import { forceDown } from './status.ts';

async function musterAt(now: () => number, reported: (host: string) => void = () => {}) {
  const clock = { now: () => millis(now()), wall: () => 1_000, sleep: async () => {} };
  const tables = [...ledgerTables, ...fleetTables] as never;
  const ledger = await Ledger.open(tables, new SimStore(tables), clock);
  equal((await seedLedger(ledger)).is, 'done');
  return { ledger, muster: new Muster({ ledger, clock, journal: silent, reported }) };
}

test('a host that is heard again is told of, as one that reports', async () => {
  const told: string[] = [];
  const { ledger, muster } = await musterAt(
    () => 0,
    (host) => void told.push(host),
  );
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

test('a room that falls silent is given up in one commit', async () => {
  let now_ms = 0;
  const { ledger, muster } = await musterAt(() => now_ms);
  const names = Array.from({ length: 40 }, (_, at) => `h${at}`);
  for (const [at, host] of names.entries()) {
    const uuid = `aaaaaaaa-0000-4000-8000-${String(at).padStart(12, '0')}`;
    equal((await muster.report({ ...report, host, uuid })).is, 'done');
  }
  const sequence = ledger.sequence;
  for (; now_ms <= SILENT_AFTER_MS; now_ms += BEAT_EVERY_MS) await muster.look();
  await muster.look();
  const states = await ledger.read((view) =>
    [...view.rows(hosts).values()].map(({ state }) => state),
  );
  deepEqual([...new Set(states)], ['down']);
  ok(ledger.sequence - sequence <= 2, `${ledger.sequence - sequence} commits`);
});
