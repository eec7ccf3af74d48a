/**
 * Goal: the books keep their sums and orders (B1, B2, B4) under single rows put, put over and taken
 * away in any order, and a list of changes that is taken back leaves no trace (L2).
 * Method: random row changes on a draft; after each the books are audited; at the end all is rolled
 * back and the books must be what they were. The audit itself is shown books that were tampered
 * with, once for each thing that it looks at.
 *
 * Shown mutants, each noticed: an allocation put over another adds without taking the old one off;
 * a hold put over another is not weighed off; a holder is forgotten with its first class; lists
 * that grow at their end; a provider that moves and stays in its old tree.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Table } from '../base/table.ts';
import { checkBooks } from './audit.ts';
import type { Books } from './books.ts';
import { Draft } from './draft.ts';
import * as rows from './rows.ts';
import { CHILD, dump, HOST, inventory, OTHER, provider, SHARED, sampleFleet } from './sample.ts';
import { State } from './state.ts';

function fleet() {
  const state = new State(rows.ledgerTables);
  for (const change of sampleFleet) state.apply(change);
  const draft = new Draft(state, 0);
  for (const uuid of ['a', 'b', 'c']) {
    const who = {
      project_id: 'p',
      user_id: 'u',
      consumer_type: null,
      claimed_by: null,
      generation: 1,
    };
    draft.put(rows.consumers, { uuid, ...who, created_at_ms: 0, updated_at_ms: 0 });
  }
  // Two classes on one provider.
  draft.put(rows.inventories, inventory(HOST, 2, 50));
  for (const cell of [0, 1]) {
    const pool = { provider_id: HOST, cell, size_kib: 2048, total: 9, reserved: 0 };
    draft.put(rows.cellPages, pool);
  }
  return draft;
}

const consumer_uuid = fc.constantFrom('a', 'b', 'c');
const host = fc.constantFrom(HOST, OTHER);
const used = fc.integer({ min: 1, max: 9 });
const row = <Row extends object>(
  table: Table<Row>,
  model: { [C in keyof Row]: fc.Arbitrary<Row[C]> },
) =>
  fc
    .record(model)
    .map((made) => ({ table: table as unknown as Table, row: made as unknown as Row }));
const spot = fc.constantFrom<[number, number][]>([HOST, 0], [HOST, 2], [OTHER, 0], [CHILD, 0]);

const allocation = fc.tuple(consumer_uuid, spot, used).map(([consumer_uuid, [p, c], used]) => ({
  table: rows.allocations as unknown as Table,
  row: { consumer_uuid, provider_id: p, resource_class_id: c, used, updated_at_ms: 0 },
}));
const moved = fc.constantFrom(null, HOST, OTHER).map((parent) => ({
  table: rows.providers as unknown as Table,
  row: provider(SHARED, parent),
}));
const change = fc.record({
  gone: fc.boolean(),
  what: fc.oneof(
    { weight: 4, arbitrary: allocation },
    {
      weight: 3,
      arbitrary: row(rows.cellHolds, {
        consumer_uuid,
        provider_id: host,
        guest_node: fc.nat(1),
        cell: fc.nat(1),
        vcpus: used,
        memory_mib: used,
        exact: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: row(rows.slots, {
        consumer_uuid,
        group_uuid: fc.constantFrom('affinity', 'fault-domain'),
        provider_id: host,
        member: fc.constant('m'),
        domain: fc.constant('x'),
      }),
    },
    {
      weight: 3,
      arbitrary: row(rows.cpuPins, {
        consumer_uuid,
        provider_id: host,
        cpu: fc.nat(2),
        guest_node: fc.constant(0),
        use: fc.constant('vcpu' as const),
        vcpu: fc.nat(1),
      }),
    },
    row(rows.cellCpus, {
      provider_id: host,
      cell: fc.nat(1),
      cores: fc.constantFrom([{ cpus: [0, 1], threads: 2 }], [{ cpus: [2], threads: 1 }]),
    }),
    row(rows.providerTraits, { provider_id: host, trait_id: fc.constantFrom(1, 2) }),
    row(rows.providerAggregates, { provider_id: host, aggregate_uuid: fc.constantFrom('r', 's') }),
    row(rows.cells, {
      provider_id: host,
      cell: fc.nat(2),
      vcpus: used,
      cpus: used,
      memory_mib: used,
      memory_limit_mib: used,
    }),
    {
      weight: 3,
      arbitrary: row(rows.pageHolds, {
        consumer_uuid,
        provider_id: fc.constant(HOST),
        guest_node: fc.nat(1),
        cell: fc.nat(1),
        size_kib: fc.constant(2048),
        pages: used,
      }),
    },
    row(rows.cellPages, {
      provider_id: fc.constant(HOST),
      cell: fc.nat(1),
      size_kib: fc.constantFrom(2048, 1_048_576),
      total: used,
      reserved: fc.constant(0),
    }),
    moved,
  ),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Removes the row if it is there and may go; else puts it. */
function make(draft: Draft, there: Map<string, object>, { gone, what }: Change) {
  const { table } = what;
  const key = `${table.name} ${table.key(what.row)}`;
  const removable = ![rows.providers.name, rows.cells.name, rows.cellPages.name].includes(
    table.name,
  );
  if (gone && removable && there.has(key)) {
    draft.remove(table, what.row);
    there.delete(key);
    return 'removed';
  }
  const over = draft.put(table, what.row) !== undefined;
  there.set(key, what.row);
  return over ? 'put over' : 'put';
}

/** What the audit says of sums and orders; whether anybody may hold it is not the question here. */
const wrongIn = (draft: Draft) => checkBooks(draft).filter((sentence) => sentence.startsWith('B'));

test('the books keep their sums and orders, and a rollback leaves no trace', () => {
  const seen: Record<string, number> = { put: 0, 'put over': 0, removed: 0 };
  const property = fc.property(fc.array(change, { maxLength: 40, size: '+1' }), (changes) => {
    const draft = fleet();
    const [mark, before] = [draft.mark, dump(draft)];
    const there = new Map<string, object>();
    for (const one of changes) {
      const how = make(draft, there, one);
      seen[how] = (seen[how] ?? 0) + 1;
      deepEqual(wrongIn(draft), []);
    }
    draft.rollback(mark);
    equal(dump(draft), before);
    deepEqual(wrongIn(draft), []);
  });
  fc.assert(property, { numRuns: 400 });
  for (const [what, times] of Object.entries(seen)) ok(times > 100, `${what}: ${times}`);
});

const hold = {
  consumer_uuid: 'a',
  provider_id: HOST,
  resource_class_id: 0,
  used: 3,
  updated_at_ms: 0,
};
const cellHold = {
  consumer_uuid: 'a',
  provider_id: HOST,
  guest_node: 0,
  cell: 0,
  vcpus: 1,
  memory_mib: 1,
  exact: false,
};
const pin = {
  provider_id: HOST,
  cpu: 0,
  consumer_uuid: 'a',
  guest_node: 0,
  use: 'vcpu' as const,
  vcpu: 0,
};
const page = {
  consumer_uuid: 'a',
  provider_id: HOST,
  guest_node: 0,
  cell: 0,
  size_kib: 2048,
  pages: 2,
};
const slot = {
  consumer_uuid: 'a',
  group_uuid: 'affinity',
  provider_id: HOST,
  member: 'a',
  domain: '',
};

/** Consumer a with one of each kind of hold, and nobody else. */
function held(): Draft {
  const draft = fleet();
  draft.put(rows.allocations, hold);
  draft.put(rows.cellHolds, cellHold);
  draft.put(rows.cpuPins, pin);
  draft.put(rows.pageHolds, page);
  draft.put(rows.slots, slot);
  for (const uuid of ['b', 'c']) {
    const { row } = draft.books.consumers.get(uuid) as { row: rows.ConsumerRow };
    draft.remove(rows.consumers, row);
  }
  return draft;
}

/** What the audit must say, and what was done to the books behind its back. */
const tampered: [RegExp, (books: Books) => unknown][] = [
  [/B1: class/, (books) => books.column(0).add(HOST, 1, 0)],
  [/B1: class/, (books) => books.column(0).add(HOST, 0, 1)],
  [/B4: .* not in its column/, (books) => books.column(0).overhead.fill(7)],
  [/B1: holders/, (books) => books.holders[HOST]?.clear()],
  [/B2/, (books) => Object.assign(books.heldCell(cellHold), { vcpus_used: 7 })],
  [/L4: .* has no allocation/, (books) => books.consumers.get('a')?.allocations.pop()],
  [/L4: .* which has none/, (books) => books.inventories[HOST]?.delete(0)],
  [/B4: tree/, (books) => books.trees.get(HOST)?.pop()],
  [/B4: the children/, (books) => books.children[HOST]?.pop()],
  [/B4: class/, (books) => books.column(0).drop(OTHER)],
  [/B4: trait/, (books) => books.traitBits.get(1)?.delete(HOST)],
  [/B4: aggregate/, (books) => books.aggregates.delete('rack')],
  [/B4: CPU 0 of provider 1 is kept otherwise/, (books) => books.pins.applyPin(pin, true)],
  [/B4: 1 CPUs are kept, 0 are held/, (books) => books.consumers.get('a')?.pins.pop()],
  [/G1: pages 1\/0\/2048: 2 kept, 0 held/, (books) => books.consumers.get('a')?.pages.pop()],
  [/G1: pages 1\/0\/2048: 4 kept, 2 held/, (books) => books.pages.weigh(page, 1)],
  [/B4: slots/, (books) => books.slotsOf.clear()],
  [
    /L3/,
    (books) => {
      const rule = { uuid: 'affinity', policy: 'anti-affinity', max_per_host: 0 } as const;
      books.slotGroups.set('affinity', rule);
    },
  ],
];

test('the audit finds each thing that is wrong', () => {
  deepEqual(checkBooks(held()), []);
  for (const [sentence, tamper] of tampered) {
    const draft = held();
    tamper(draft.books);
    const wrong = checkBooks(draft);
    ok(
      wrong.some((said) => sentence.test(said)),
      `${sentence}: ${wrong.join('; ')}`,
    );
  }
});
