/** Small random fleets and questions about them, and ways to write such by hand: for tests. */
import fc from 'fast-check';
import { Books } from './books.ts';
import type { CandidateAsk, Group } from './candidates.ts';
import { plainInventory } from './inventory.ts';
import * as rows from './rows.ts';
import { SHARING } from './standard.ts';

const CLASSES = [0, 1, 2];
const TRAITS = [SHARING, 10_001, 10_002];
const AGGREGATES = ['red', 'blue'];

export interface Given {
  readonly parent: number | null;
  readonly totals: readonly (number | null)[];
  readonly used: number;
  readonly max_unit: number;
  readonly traits: readonly number[];
  readonly aggregates: readonly string[];
}

export function booksOf(given: readonly Given[]): Books {
  const books = new Books();
  const put = (table: { readonly name: string }, row: object) =>
    books.apply({ table: table.name, row, gone: false });
  const at = { created_at_ms: 0, updated_at_ms: 0 };
  put(rows.consumers, {
    uuid: 'c',
    project_id: 'p',
    user_id: 'u',
    consumer_type: null,
    claimed_by: null,
    ...at,
  });
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
      put(rows.inventories, { ...inventory, overhead: 0, provider_id: id, updated_at_ms: 0 });
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

export const given: fc.Arbitrary<Given> = fc.record({
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

export const ask: fc.Arbitrary<CandidateAsk> = fc
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

export const host = (more: Partial<Given> = {}): Given => ({
  parent: null,
  totals: [4, null, null],
  used: 0,
  max_unit: 9,
  traits: [],
  aggregates: [],
  ...more,
});
export const group = (
  suffix: string,
  amounts: [number, number][],
  more: Partial<Group> = {},
): Group => ({
  suffix,
  resources: new Map(amounts),
  any_traits: [],
  forbidden_traits: [],
  any_aggregates: [],
  forbidden_aggregates: [],
  in_tree: null,
  ...more,
});
export const asking = (groups: Group[], more: Partial<CandidateAsk> = {}): CandidateAsk => ({
  groups,
  isolate: false,
  same_subtrees: [],
  root_traits: [],
  root_forbidden_traits: [],
  nested: true,
  limit: 0,
  ...more,
});
