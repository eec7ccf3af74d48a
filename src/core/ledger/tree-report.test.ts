/**
 * Goal: T1 to T4 of a tree report: all or nothing, quiet when repeated, never over unseen changes,
 * one tree afterwards.
 * Method: random reports (any order of providers, moves, renames, removals, wrong parents, stale
 * generations) one after the other on one ledger; a plain picture of the tree beside it says what
 * a report that was taken must have left, and that a refused one left nothing.
 *
 * Shown mutants, each noticed: providers placed in the report's order; inventories written although
 * they are as reported; generations not compared; others removed from the root downwards.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { SimStore } from '../../sim/store.ts';
import type { Table } from '../base/table.ts';
import { millis } from '../base/units.ts';
import type { Books } from './books.ts';
import { claimAll } from './claim.ts';
import { plainInventory } from './inventory.ts';
import { Ledger } from './ledger.ts';
import { ledgerTables } from './rows.ts';
import { type ReportedProvider, reportTree, type TreeReport } from './tree-report.ts';

const clock = { now: () => millis(0), wall: () => 42, sleep: async () => {} };
const tables = ledgerTables as unknown as readonly Table[];
const ledgerNew = () => Ledger.open(tables, new SimStore(tables), clock);

const UUIDS = ['a', 'b', 'c', 'd', 'e'];

/** Everything about the providers, in plain values. */
const pictureOf = (books: Books) =>
  UUIDS.flatMap((uuid) => {
    const row = books.provider(uuid);
    if (row === undefined) return [];
    const { id, name, generation, parent_id, root_id } = row;
    const uuidOf = (other: number | null) => (other === null ? null : books.row(other).uuid);
    return [
      {
        uuid,
        name,
        generation,
        parent: uuidOf(parent_id),
        root: uuidOf(root_id),
        totals: [...(books.inventories[id]?.values() ?? [])].map(({ total }) => total),
        traits: [...(books.providerTraits[id] ?? [])].toSorted(),
        aggregates: [...(books.providerAggregates[id] ?? [])].toSorted(),
      },
    ];
  });

/** Mostly reports that can be taken, so that histories get somewhere. */
const mostly = <T>(usual: T, ...rare: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...rare));

function reported(uuid: string): fc.Arbitrary<ReportedProvider> {
  const about = {
    uuid: fc.constant(uuid),
    name: mostly(uuid, `${uuid}-new`, 'taken'),
    parent_uuid: uuid === 'a' ? fc.constant(null) : mostly('a', ...UUIDS),
    inventories: fc.constantFrom([], [plainInventory(0, 4)], [plainInventory(0, 8)]),
    trait_ids: fc.subarray([1, 2]),
    aggregate_uuids: fc.subarray(['x', 'y']),
  };
  const seen = { seen_generation: mostly<number | null>(0, 1, 2, 3, null) };
  const requiredKeys: ('uuid' | 'name' | 'parent_uuid')[] = ['uuid', 'name', 'parent_uuid'];
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(about, { requiredKeys }) },
    fc.record({ ...about, ...seen }, { requiredKeys }),
  );
}

const report: fc.Arbitrary<TreeReport> = fc
  .shuffledSubarray(UUIDS.slice(1))
  .chain((uuids) => fc.shuffledSubarray(['a', ...uuids], { minLength: uuids.length + 1 }))
  .chain((uuids) =>
    fc.record({
      root_uuid: fc.constant('a'),
      providers: fc.tuple(...uuids.map(reported)),
      remove_others: fc.boolean(),
    }),
  );

function assertTaken(books: Books, { providers, remove_others }: TreeReport): void {
  const picture = new Map(pictureOf(books).map((one) => [one.uuid, one]));
  for (const one of providers) {
    const is = picture.get(one.uuid);
    equal(is?.root, 'a'); // T4
    equal(is.name, one.name);
    equal(is.parent, one.parent_uuid);
    if (one.inventories !== undefined)
      deepEqual(
        is.totals,
        one.inventories.map((i) => i.total),
      );
    if (one.trait_ids !== undefined) deepEqual(is.traits, one.trait_ids);
    if (one.aggregate_uuids !== undefined) deepEqual(is.aggregates, one.aggregate_uuids);
  }
  if (remove_others) equal(picture.size, providers.length);
}

test('a report is taken whole or not at all, and again without a trace', async () => {
  const tried = { taken: 0, moved: 0, removed: 0, refused: new Set<string>() };
  const play = fc.asyncProperty(fc.array(report, { minLength: 1, maxLength: 5 }), async (list) => {
    const ledger = await ledgerNew();
    for (const one of list) {
      const before = await ledger.read(({ books }) => pictureOf(books));
      const reply = await ledger.submit((draft) => reportTree(draft, one));
      const after = await ledger.read(({ books }) => pictureOf(books));
      if (reply.is !== 'done') {
        ok(reply.is === 'no');
        deepEqual(after, before); // T1
        tried.refused.add(reply.why.why);
        continue;
      }
      await ledger.read(({ books }) => assertTaken(books, one));
      assertSeen(before, after, one);
      tried.taken++;
      tried.removed += reply.value.removed.length;
      tried.moved += before.some(
        ({ uuid, parent }) => after.find((now) => now.uuid === uuid)?.parent !== parent,
      )
        ? 1
        : 0;
      const again = await ledger.submit((draft) => reportTree(draft, one));
      ok(again.is === 'done' && again.value.providers.every(({ changed }) => !changed)); // T2
      deepEqual(await ledger.read(({ books }) => pictureOf(books)), after);
    }
  });
  await fc.assert(play, { numRuns: 1500, seed: 7 });
  ok(tried.taken > 1000 && tried.moved > 100 && tried.removed > 100, JSON.stringify(tried));
  for (const why of ['name-taken', 'not-as-seen', 'outside', 'has-children'] as const) {
    ok(tried.refused.has(why), `never refused for ${why}`);
  }
});

/** T3: who was changed was as its author saw it. */
function assertSeen(
  before: ReturnType<typeof pictureOf>,
  after: ReturnType<typeof pictureOf>,
  { providers }: TreeReport,
): void {
  for (const { uuid, seen_generation } of providers) {
    const [was, is] = [before, after].map((all) => all.find((one) => one.uuid === uuid));
    const same = JSON.stringify({ ...was, root: '' }) === JSON.stringify({ ...is, root: '' });
    if (same || seen_generation === undefined) continue;
    equal(was?.generation ?? null, seen_generation);
  }
}

test('what is held is neither removed nor taken away, and the report is refused whole', async () => {
  const ledger = await ledgerNew();
  const root = { uuid: 'a', name: 'a', parent_uuid: null };
  const child = { uuid: 'b', name: 'b', parent_uuid: 'a', inventories: [plainInventory(0, 4)] };
  const tree = { root_uuid: 'a', providers: [child, root], remove_others: true };
  equal((await ledger.submit((draft) => reportTree(draft, tree))).is, 'done');
  const claim = { consumer_uuid: 'c', project_id: 'p', user_id: 'u', consumer_type: null };
  const provider_id = await ledger.read(({ books }) => books.provider('b')?.id ?? 0);
  const amounts = [{ provider_id, resource_class_id: 0, amount: 1 }];
  equal((await ledger.submit((draft) => claimAll(draft, [{ ...claim, amounts }]))).is, 'done');
  const before = await ledger.read(({ books }) => pictureOf(books));
  for (const [why, providers] of [
    ['has-allocations', [{ ...root, name: 'renamed' }]],
    [
      'inventory-in-use',
      [
        { ...root, name: 'renamed' },
        { ...child, inventories: [] },
      ],
    ],
  ] as const) {
    const reply = await ledger.submit((draft) => reportTree(draft, { ...tree, providers }));
    equal(reply.is === 'no' && reply.why.why, why);
    deepEqual(await ledger.read(({ books }) => pictureOf(books)), before);
  }
});

test('a report names its root, and nobody twice', async () => {
  const ledger = await ledgerNew();
  const root = { uuid: 'a', name: 'a', parent_uuid: null };
  const child = { uuid: 'b', name: 'b', parent_uuid: 'a' };
  for (const [why, providers] of [
    ['no-root', [child]],
    ['no-root', [{ ...root, parent_uuid: 'b' }, child]],
    ['named-twice', [root, child, child]],
    ['outside', [root, { ...child, parent_uuid: null }]],
    ['outside', [root, { ...child, parent_uuid: 'c' }, { uuid: 'c', name: 'c', parent_uuid: 'b' }]],
  ] as const) {
    const asked = { root_uuid: 'a', providers, remove_others: false };
    const reply = await ledger.submit((draft) => reportTree(draft, asked));
    equal(reply.is === 'no' && reply.why.why, why);
  }
});

test('a whole branch that is not named is removed, leaves first', async () => {
  const ledger = await ledgerNew();
  const chain = UUIDS.map((uuid, n) => ({ uuid, name: uuid, parent_uuid: UUIDS[n - 1] ?? null }));
  const tree = { root_uuid: 'a', providers: chain.toReversed(), remove_others: true };
  equal((await ledger.submit((draft) => reportTree(draft, tree))).is, 'done');
  const bare = { ...tree, providers: chain.slice(0, 2) };
  const reply = await ledger.submit((draft) => reportTree(draft, bare));
  deepEqual(reply.is === 'done' && reply.value.removed, ['c', 'd', 'e']);
});
