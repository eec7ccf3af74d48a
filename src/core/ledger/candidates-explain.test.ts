/**
 * Goal: an explanation tells the truth about the search. It names a failure exactly where the
 * search finds nothing; its funnel counts those whom the search would take; its numbers are the
 * inventory's.
 * Method: random little fleets (trees, sharing, traits, aggregates, reserved amounts) and random
 * questions of one to three groups; each compared with the search itself. Then one fleet by hand
 * for each kind of failure.
 *
 * Shown mutants, each noticed: `room` compared with `>`; aggregates of group '' without the root's;
 * sharing providers left out of a tree's reach; the law of same_subtree left away.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Books } from './books.ts';
import type { CandidateAsk, Group } from './candidates.ts';
import { findCandidates } from './candidates.ts';
import { constraintsOf, meets } from './candidates-constraints.ts';
import { explainCandidates } from './candidates-explain.ts';
import { planOf } from './candidates-plan.ts';
import { plainInventory } from './inventory.ts';
import * as rows from './rows.ts';
import { SHARING } from './standard.ts';

const CLASSES = [0, 1, 2];
const TRAITS = [SHARING, 10_001, 10_002];
const AGGREGATES = ['red', 'blue'];

interface Given {
  readonly parent: number | null;
  readonly totals: readonly (number | null)[];
  readonly used: number;
  readonly max_unit: number;
  readonly traits: readonly number[];
  readonly aggregates: readonly string[];
}

function booksOf(given: readonly Given[]): Books {
  const books = new Books();
  const put = (table: { readonly name: string }, row: object) =>
    books.apply({ table: table.name, row, gone: false });
  const at = { created_at_ms: 0, updated_at_ms: 0 };
  put(rows.consumers, { uuid: 'c', project_id: 'p', user_id: 'u', consumer_type: null, ...at });
  const rootOf: number[] = [];
  for (const [index, one] of given.entries()) {
    const id = index + 1;
    const parent_id = one.parent === null || index === 0 ? null : (one.parent % index) + 1;
    rootOf[id] = parent_id === null ? id : (rootOf[parent_id] as number);
    const about = { uuid: `uuid-${id}`, name: `host-${id}`, generation: 0 };
    put(rows.providers, { id, parent_id, root_id: rootOf[id], ...about, ...at });
    for (const [class_id, total] of one.totals.entries()) {
      if (total === null) continue;
      const inventory = { ...plainInventory(class_id, total), max_unit: one.max_unit };
      put(rows.inventories, { ...inventory, provider_id: id, updated_at_ms: 0 });
      const used = Math.min(one.used, total);
      const spot = { consumer_uuid: 'c', provider_id: id, resource_class_id: class_id };
      if (used > 0) put(rows.allocations, { ...spot, used, updated_at_ms: 0 });
    }
    for (const trait_id of one.traits) put(rows.providerTraits, { provider_id: id, trait_id });
    for (const aggregate_uuid of one.aggregates) {
      put(rows.providerAggregates, { provider_id: id, aggregate_uuid });
    }
  }
  return books;
}

const given: fc.Arbitrary<Given> = fc.record({
  parent: fc.option(fc.nat(9), { nil: null }),
  totals: fc.tuple(...CLASSES.map(() => fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }))),
  used: fc.integer({ min: 0, max: 3 }),
  max_unit: fc.integer({ min: 1, max: 4 }),
  traits: fc.subarray(TRAITS),
  aggregates: fc.subarray(AGGREGATES),
});

const groupAs = (suffix: string): fc.Arbitrary<Group> =>
  fc.record({
    suffix: fc.constant(suffix),
    resources: fc
      .subarray(CLASSES, { minLength: 1, maxLength: 2 })
      .chain((ids) => fc.tuple(...ids.map((id) => amountOf(id))))
      .map((amounts) => new Map(amounts)),
    any_traits: rarely(fc.subarray(TRAITS, { minLength: 1 })),
    forbidden_traits: fc.subarray(TRAITS, { maxLength: 1 }),
    any_aggregates: rarely(fc.subarray(AGGREGATES, { minLength: 1 })),
    forbidden_aggregates: fc.subarray(AGGREGATES, { maxLength: 1 }).filter((s) => s.length < 2),
    in_tree: fc.constant(null),
  });

const amountOf = (id: number) => fc.tuple(fc.constant(id), fc.integer({ min: 1, max: 3 }));
const rarely = <T>(one: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<T[]>([]) },
    { weight: 1, arbitrary: one.map((x) => [x]) },
  );

const ask: fc.Arbitrary<CandidateAsk> = fc
  .subarray(['', 'A', 'B'], { minLength: 1 })
  .chain((suffixes) => {
    const suffixed = suffixes.filter((suffix) => suffix !== '');
    return fc.record({
      groups: fc.tuple(...suffixes.map(groupAs)),
      isolate: fc.boolean(),
      same_subtrees: fc.constantFrom([], ...(suffixed.length > 1 ? [[suffixed]] : [])),
      root_traits: fc.constantFrom([], [10_001]),
      root_forbidden_traits: fc.constantFrom([], [10_002]),
      nested: fc.constant(true),
      limit: fc.constant(0),
    });
  });

test('a failure is named exactly where the search finds nothing', () => {
  const tried = { empty: 0, found: 0, kinds: new Set<string>() };
  fc.assert(
    fc.property(fc.array(given, { minLength: 1, maxLength: 7 }), ask, (fleet, asked) => {
      const books = booksOf(fleet);
      const { candidates } = findCandidates(books, asked, 1);
      const { first, nearest, cut, steps } = explainCandidates(books, asked);
      equal(cut, false);
      equal(first === null, candidates.length > 0, JSON.stringify(steps));
      equal(nearest === null, first === null);
      if (first === null) {
        tried.found++;
        ok(steps.every(({ after }) => after > 0));
      } else {
        tried.empty++;
        tried.kinds.add(first.asked.is);
      }
    }),
    { numRuns: 3000, seed: 1 },
  );
  ok(tried.empty > 500 && tried.found > 200, JSON.stringify(tried));
  for (const kind of ['inventory', 'units', 'room', 'trait', 'aggregate', 'together', 'isolate']) {
    ok(tried.kinds.has(kind), `no failure of the kind ${kind}`);
  }
});

test('the constraints of a slot are what the search accepts, provider by provider', () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(given, { minLength: 1, maxLength: 7 }), ask, (fleet, asked) => {
      const books = booksOf(fleet);
      const plan = planOf(books, asked);
      for (const slot of plan.slots) {
        const constraints = constraintsOf(plan, slot);
        for (const root of books.trees.keys()) {
          const anchor = slot.suffixed ? null : root;
          for (let provider = 1; provider <= fleet.length; provider++) {
            const all = constraints.every((c) => meets(books, c, provider, anchor));
            equal(all, slot.accepts(provider, root));
            if (all) accepted++;
            else refused++;
          }
        }
      }
    }),
    { numRuns: 1000, seed: 2 },
  );
  ok(accepted > 1000 && refused > 1000, `${accepted} accepted, ${refused} refused`);
});

// ── by hand ──────────────────────────────────────────────────────────────────────────────────

const host = (more: Partial<Given> = {}): Given => ({
  parent: null,
  totals: [4, null, null],
  used: 0,
  max_unit: 9,
  traits: [],
  aggregates: [],
  ...more,
});
const group = (suffix: string, amounts: [number, number][], more: Partial<Group> = {}): Group => ({
  suffix,
  resources: new Map(amounts),
  any_traits: [],
  forbidden_traits: [],
  any_aggregates: [],
  forbidden_aggregates: [],
  in_tree: null,
  ...more,
});
const asking = (groups: Group[], more: Partial<CandidateAsk> = {}): CandidateAsk => ({
  groups,
  isolate: false,
  same_subtrees: [],
  root_traits: [],
  root_forbidden_traits: [],
  nested: true,
  limit: 0,
  ...more,
});
const told = (fleet: Given[], asked: CandidateAsk) => {
  const { first, nearest } = explainCandidates(booksOf(fleet), asked);
  return [first, nearest].map((miss) => ({
    is: miss?.asked.is,
    provider: miss?.provider_id,
    needed: miss?.shortfall?.needed,
    available: miss?.shortfall?.available,
  }));
};

test('of hosts without room, the first and the roomiest are told, with their numbers', () => {
  const fleet = [host({ used: 3 }), host({ used: 1 }), host({ used: 2 }), host({ totals: [] })];
  deepEqual(told(fleet, asking([group('', [[0, 4]])])), [
    { is: 'room', provider: 1, needed: 4, available: 1 },
    { is: 'room', provider: 2, needed: 4, available: 3 },
  ]);
});

test('groups that fit one by one, but not together, are told with their sum', () => {
  const groups = [group('A', [[0, 3]]), group('B', [[0, 2]])];
  const miss = { is: 'together', provider: 1, needed: 5, available: 4 };
  deepEqual(told([host()], asking(groups)), [miss, miss]);
});

test('isolated groups are told how many providers there are for them', () => {
  const groups = [group('A', [[0, 1]]), group('B', [[0, 1]])];
  const miss = { is: 'isolate', provider: 1, needed: 2, available: 1 };
  deepEqual(told([host()], asking(groups, { isolate: true })), [miss, miss]);
});

test('one tree with each half of it is not one that has both', () => {
  const fleet = [host({ totals: [4, null, null] }), host({ totals: [null, 4, null] })];
  deepEqual(
    told(
      fleet,
      asking([
        group('', [
          [0, 1],
          [1, 1],
        ]),
      ]),
    )[0],
    {
      is: 'inventory',
      provider: 1,
      needed: 1,
      available: 0,
    },
  );
});

test('without any provider there is nothing to be told', () => {
  const { first, steps } = explainCandidates(new Books(), asking([group('', [[0, 1]])]));
  equal(first, null);
  ok(steps.every(({ before }) => before === 0));
});
