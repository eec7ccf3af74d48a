/**
 * Goal: the feed tells when its records are gone, names whoever is gone, even where a number was
 * given again after a restart, and waits no longer than it was asked to.
 * Method: a ledger on the store's twin, which keeps few records and can be opened again; the route
 * is asked as the service asks it.
 *
 * Shown mutants, each noticed: names from the books alone; the age of a provider not looked at;
 * `next` of the last batch that was told.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { SIM_RECORDS_KEPT, SimDisk, SimStore } from '../../../sim/store.ts';
import type { Table } from '../../base/table.ts';
import { millis } from '../../base/units.ts';
import type { Draft } from '../../ledger/draft.ts';
import { setAggregates } from '../../ledger/inventory.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { createClass } from '../../ledger/names.ts';
import { createProvider, deleteProvider } from '../../ledger/provider.ts';
import { ledgerTables } from '../../ledger/rows.ts';
import { listChanges } from './changes.ts';

let now_ms = 0;
const slept: number[] = [];
const clock = {
  now: () => millis(0),
  wall: () => now_ms++,
  sleep: async (span: number) => {
    slept.push(span);
  },
};
const tables = ledgerTables as unknown as readonly Table[];
const open = (disk: SimDisk) => Ledger.open(tables, new SimStore(tables, {}, disk), clock);

const caller = {
  user_id: 'u',
  user_name: 'u',
  project_id: 'p',
  project_name: 'p',
  roles: ['admin'],
  system_scope: false,
};

// biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects, and fails else
async function ask(ledger: Ledger, query: Record<string, number>): Promise<any> {
  const about = { caller, params: {}, raw_query: '', body: undefined, headers: {} };
  const answered = await listChanges.handle({ ...about, query }, { ledger, clock });
  return answered.is === 'found' ? answered.body : answered;
}

const create = (uuid: string) => (draft: Draft) =>
  createProvider(draft, { uuid, name: uuid, parent_uuid: null });
const idOf = (draft: Draft, uuid: string): number => draft.books.provider(uuid)?.id ?? -1;
/** As before microversion 1.19: without a new generation, so that no row names the provider. */
const join = (uuid: string) => (draft: Draft) =>
  setAggregates(draft, idOf(draft, uuid), [`of ${uuid}`], undefined, true);
const remove = (uuid: string) => (draft: Draft) => deleteProvider(draft, idOf(draft, uuid));

test('records that were pruned are answered 410, with where to go on from', async () => {
  const ledger = await open(new SimDisk());
  await ledger.submit(create('a'));
  for (let n = 0; n < 2 * SIM_RECORDS_KEPT; n++) {
    await ledger.submit((draft) => setAggregates(draft, 1, [String(n)]));
  }
  const answer = await ask(ledger, { since: 0 });
  deepEqual([answer.is, answer.status], ['refused', 410]);
  match(answer.message, new RegExp(`everything again from sequence ${ledger.sequence}$`));
  equal((await ask(ledger, { since: ledger.sequence - 3 })).batches.length, 3);
});

test('each page names its providers as they were, whoever has their number now', async () => {
  const disk = new SimDisk();
  let ledger = await open(disk);
  for (const uuid of ['first', 'second']) {
    await ledger.submit(create(uuid));
    await ledger.submit(join(uuid));
    await ledger.submit(remove(uuid));
    ledger = await open(disk); // numbers are given anew from here on
  }
  await ledger.submit(create('third'));
  await ledger.submit(join('third'));
  equal(await ledger.read(({ books }) => books.provider('third')?.id), 1, 'no number was reused');
  for (const limit of [1, 2, 3, 100]) {
    const told: [string, string][] = [];
    for (let since = 0; since < ledger.sequence; ) {
      const { batches, next } = await ask(ledger, { since, limit });
      ok(next > since);
      for (const { changes } of batches) {
        for (const change of changes) {
          if (change.kind === 'aggregate') told.push([change.provider_uuid, change.aggregate_uuid]);
        }
      }
      since = next;
    }
    const both = (uuid: string): [string, string] => [uuid, `of ${uuid}`];
    const wanted = [both('first'), both('first'), both('second'), both('second'), both('third')];
    deepEqual(told, wanted, `with ${limit} batches a page`);
  }
});

test('batches that are not about the ledger are passed over, and nobody waits for ever', async () => {
  const ledger = await open(new SimDisk());
  await ledger.submit((draft) => createClass(draft, 'CUSTOM_X'));
  deepEqual(await ask(ledger, { since: 0 }), { batches: [], next: 1, newest: 1 });
  deepEqual(await ask(ledger, { since: 1, wait_ms: 90_000 }), { batches: [], next: 1, newest: 1 });
  deepEqual(slept, [30_000]);
});
