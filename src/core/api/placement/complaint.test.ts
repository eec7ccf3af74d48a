/**
 * Goal: what the compiled check refuses has a complaint, and what it takes has none; complaints say
 * what clients look for.
 * Method: right bodies with each part changed in turn, and random values, against every schema of
 * a body, by the compiled check and by the complaint's own rules; then sentences by example.
 *
 * Shown mutants, each noticed: `required` unread; patterns of keys unread; lists unread; a type
 * taken for another; bounds one off.
 */
import { equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { PostAllocations, PutAllocations, Reshape } from './allocation-bodies.ts';
import * as bodies from './bodies.ts';
import { complaintOf, keepsTo, repr, type Schema } from './complaint.ts';

const UUID = 'aaaaaaaa-0000-4000-8000-000000000001';
const minors = Array.from({ length: 40 }, (_, minor) => minor);
const schemas = [
  ...new Set<TSchema>([
    ...minors.flatMap((minor) => [PutAllocations(minor), PostAllocations(minor), Reshape(minor)]),
    ...minors.flatMap((minor) => [bodies.NewProvider(minor), bodies.ChangedProvider(minor)]),
    bodies.ClassName,
    bodies.NewInventory,
    bodies.ChangedInventory,
    bodies.Inventories,
    bodies.Traits,
    bodies.BareAggregates,
    bodies.Aggregates,
  ]),
];

const LEAVES = [
  ...[
    -1,
    0,
    1,
    1.5,
    2 ** 31 - 1,
    2 ** 31,
    3.4e38,
    1e39,
    true,
    null,
    '',
    'VCPU',
    'vcpu',
    'CUSTOM_',
    UUID,
  ],
  ...[200, 201, 255, 256].map((length) => 'X'.repeat(length)),
  ...[248, 249].map((length) => `CUSTOM_${'A'.repeat(length)}`),
  ...[UUID.replaceAll('-', ''), `${UUID}0`, [], {}, [UUID, UUID], { extra: 1 }],
];
const leaf = fc.constantFrom(...LEAVES);
const key = fc.constantFrom(
  ...['name', 'uuid', 'parent_provider_uuid', 'resource_class', 'total', 'reserved', 'min_unit'],
  ...['inventories', 'resource_provider_generation', 'traits', 'aggregates', 'allocations'],
  ...['resources', 'project_id', 'user_id', 'consumer_generation', 'consumer_type', 'mappings'],
  ...['resource_provider', 'generation', 'VCPU', 'vcpu', UUID, '', 'extra', 'constructor'],
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('map'),
  ),
  map: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
}));

const held = { [UUID]: { resources: { VCPU: 1 } } };
const owner = { project_id: 'p', user_id: 'u' };
const right: readonly unknown[] = [
  { name: 'CUSTOM_A' },
  { name: 'a', uuid: UUID, parent_provider_uuid: null },
  { resource_class: 'VCPU', total: 1, reserved: 0, allocation_ratio: 1.5 },
  { resource_provider_generation: 0, total: 1, max_unit: 2 ** 31 - 1 },
  { resource_provider_generation: 0, inventories: { VCPU: { total: 1 } } },
  { resource_provider_generation: 0, traits: ['CUSTOM_A'] },
  { resource_provider_generation: 0, aggregates: [UUID] },
  [UUID],
  { allocations: [{ resource_provider: { uuid: UUID }, resources: { VCPU: 1 } }], ...owner },
  { allocations: held, ...owner, consumer_generation: null, mappings: { '': [UUID] } },
  { [UUID]: { allocations: held, ...owner, consumer_generation: 1, consumer_type: 'INSTANCE' } },
  {
    inventories: { [UUID]: { resource_provider_generation: 0, inventories: {} } },
    allocations: {},
  },
];

/** The value with each of its parts in turn replaced by each of the replacements. */
function* variations(whole: unknown, parts: readonly unknown[]): Generator<unknown> {
  yield* parts;
  if (typeof whole !== 'object' || whole === null) return;
  for (const [name, part] of Object.entries(whole)) {
    for (const other of variations(part, parts)) {
      const copy = Array.isArray(whole) ? [...whole] : { ...whole };
      yield Object.assign(copy, { [name]: other });
    }
  }
}

const checks = schemas.map((schema) => ({ schema, check: Compile(schema) }));
const tried = { taken: 0, refused: 0 };

function agree({ schema, check }: (typeof checks)[number], given: unknown): void {
  const plain = JSON.parse(JSON.stringify(given)) as unknown;
  const fits = check.Check(plain);
  equal(keepsTo(schema as Schema, plain), fits, JSON.stringify(plain));
  if (fits) tried.taken++;
  else tried.refused++;
  if (!fits) ok(complaintOf(schema, plain).includes('Failed validating'));
}

test('a body is refused by the compiled check exactly if there is something to complain of', () => {
  for (const one of checks) {
    for (const body of right)
      for (const given of [body, ...variations(body, LEAVES)]) agree(one, given);
  }
  fc.assert(
    fc.property(value, fc.constantFrom(...checks), (given, one) => agree(one, given)),
    { numRuns: 3000, seed: 5 },
  );
  ok(tried.taken > 300 && tried.refused > 5000, JSON.stringify(tried));
});

test('complaints say what clients of Placement look for', () => {
  const examples: readonly (readonly [TSchema, unknown, RegExp])[] = [
    [bodies.NewInventory, { resource_class: 'VCPU' }, /'total' is a required property/],
    [bodies.NewInventory, { resource_class: 'VCPU', total: 0 }, /0 is less than the minimum of 1/],
    [
      bodies.NewInventory,
      { resource_class: 'VCPU', total: 0 },
      /Failed validating 'minimum' in schema\['properties'\]\['total'\]/,
    ],
    [bodies.ClassName, { name: 'CUSTOM_A', b: 1 }, /not allowed \('b' was unexpected\)/],
    [bodies.ClassName, { name: 'FOO' }, /'FOO' does not match '\^CUSTOM_/],
    [PutAllocations(28), { allocations: {}, ...owner }, /'consumer_generation' is a required/],
    [PutAllocations(12), { allocations: {}, ...owner }, /\{\} does not have enough properties/],
    [PutAllocations(12), { allocations: { x: {} }, ...owner }, /does not match any of the regexes/],
    [bodies.BareAggregates, [UUID, UUID], /has non-unique elements/],
    [bodies.BareAggregates, ['x'], /'x' is not a 'uuid'.*Failed validating 'format'/s],
  ];
  for (const [schema, body, sentence] of examples) match(complaintOf(schema, body), sentence);
});

test('values are quoted as Python writes them', () => {
  equal(repr({ a: [true, null, 'x'], b: 1.5 }), "{'a': [True, None, 'x'], 'b': 1.5}");
});
