/**
 * Goal: trees of providers stay trees (P1 to P4), reports keep I1 to I3, names that callers bring
 * keep their ids.
 * Method: random creations, moves, renames and deletions beside a model that knows only parents;
 * then reports, names and reshapes by example.
 *
 * Shown mutants, each noticed: a subtree that keeps its old root; a loop through a grandchild let
 * in; a parent deleted; a name freed by nobody; an inventory in use taken away; the same traits
 * again raising the generation.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { claimAll } from './claim.ts';
import { Draft } from './draft.ts';
import {
  plainInventory,
  putInventory,
  setAggregates,
  setInventories,
  setTraits,
} from './inventory.ts';
import { createClass, createTrait, removeClass, removeTrait, renameClass } from './names.ts';
import { changeProvider, createProvider, deleteProvider } from './provider.ts';
import { reshape } from './reshape.ts';
import { ledgerTables } from './rows.ts';
import { CUSTOM_ID_MIN, STANDARD_CLASSES, STANDARD_TRAITS, seedStandards } from './standard.ts';
import { State } from './state.ts';

const NOW_MS = 1;
function fresh(): Draft {
  const draft = new Draft(new State(ledgerTables), NOW_MS);
  seedStandards(draft);
  return draft;
}
/** What a decision came to; a refused one leaves nothing, as the ledger sees to. */
function tried(draft: Draft, decide: () => { is: 'done' } | { is: 'no'; why: { why: string } }) {
  const { mark } = draft;
  const decision = decide();
  if (decision.is === 'done') return 'done';
  draft.rollback(mark);
  return decision.why.why;
}

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const name = fc.constantFrom(...NAMES);
const step = fc.oneof(
  fc.record({ do: fc.constant('create' as const), it: name, parent: fc.option(name) }),
  fc.record({ do: fc.constant('move' as const), it: name, parent: fc.option(name) }),
  fc.record({ do: fc.constant('rename' as const), it: name, to: name }),
  fc.record({ do: fc.constant('delete' as const), it: name }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Parents by UUID; names by UUID. */
interface Model {
  readonly parents: Map<string, string | null>;
  readonly names: Map<string, string>;
}

function lineOf({ parents }: Model, uuid: string): string[] {
  const parent = parents.get(uuid) ?? null;
  return [uuid, ...(parent === null ? [] : lineOf({ parents } as Model, parent))];
}

/** What the model expects of a step; it takes the step where that is 'done'. */
function expected(model: Model, one: Step): string {
  const { parents, names } = model;
  const there = parents.has(one.it);
  if (one.do !== 'create' && !there) return 'nobody';
  switch (one.do) {
    case 'create':
      if (one.parent !== null && !parents.has(one.parent)) return 'no-parent';
      if (there) return 'uuid-taken';
      if ([...names.values()].includes(one.it)) return 'name-taken';
      parents.set(one.it, one.parent);
      names.set(one.it, one.it);
      return 'done';
    case 'move':
      if (one.parent !== null && !parents.has(one.parent)) return 'no-parent';
      if (one.parent !== null && lineOf(model, one.parent).includes(one.it)) return 'loop';
      parents.set(one.it, one.parent);
      return 'done';
    case 'rename':
      if ([...names].some(([uuid, held]) => held === one.to && uuid !== one.it))
        return 'name-taken';
      names.set(one.it, one.to);
      return 'done';
    case 'delete':
      if ([...parents.values()].includes(one.it)) return 'has-children';
      parents.delete(one.it);
      names.delete(one.it);
      return 'done';
  }
}

function taken(draft: Draft, one: Step): string {
  const id = draft.books.provider(one.it)?.id;
  if (one.do === 'create') {
    const asked = { uuid: one.it, name: one.it, parent_uuid: one.parent };
    return tried(draft, () => createProvider(draft, asked));
  }
  if (id === undefined) return 'nobody';
  switch (one.do) {
    case 'move':
      return tried(draft, () => changeProvider(draft, id, { parent_uuid: one.parent }));
    case 'rename':
      return tried(draft, () => changeProvider(draft, id, { name: one.to }));
    case 'delete':
      return tried(draft, () => deleteProvider(draft, id));
  }
}

test('P1 to P4: whatever is done, trees are trees, and each knows its root', () => {
  const seen: Record<string, number> = {};
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const draft = fresh();
      const { books } = draft;
      const model: Model = { parents: new Map(), names: new Map() };
      for (const one of steps) {
        const outcome = expected(model, one);
        equal(taken(draft, one), outcome, JSON.stringify(one));
        const what = `${one.do} ${outcome}`;
        seen[what] = (seen[what] ?? 0) + 1;
      }
      for (const uuid of model.parents.keys()) {
        const row = books.provider(uuid);
        const parent = model.parents.get(uuid) ?? null;
        equal(row === undefined ? null : row.name, model.names.get(uuid));
        equal(books.provider(parent ?? '')?.id ?? null, row?.parent_id);
        equal(books.provider(lineOf(model, uuid).at(-1) as string)?.id, row?.root_id);
      }
      equal([...books.trees.values()].flat().length, model.parents.size);
    }),
    { seed: 7, numRuns: 1500 },
  );
  for (const what of ['create done', 'move done', 'move loop', 'rename name-taken']) {
    ok((seen[what] ?? 0) > 50, `${what}: ${seen[what]}`);
  }
  for (const what of ['delete has-children', 'delete done', 'create no-parent']) {
    ok((seen[what] ?? 0) > 50, `${what}: ${seen[what]}`);
  }
});

const VCPU = 0;
const DISK = 2;
function furnished(): { draft: Draft; one: number; two: number } {
  const draft = fresh();
  for (const uuid of ['one', 'two']) createProvider(draft, { uuid, name: uuid, parent_uuid: null });
  const [one = 0, two = 0] = ['one', 'two'].map((uuid) => draft.books.provider(uuid)?.id);
  setInventories(draft, one, [plainInventory(VCPU, 4), plainInventory(DISK, 10)]);
  return { draft, one, two };
}
const holds = (provider_id: number, amount: number) => ({
  consumer_uuid: 'c',
  project_id: 'p',
  user_id: 'u',
  consumer_type: null,
  amounts: amount === 0 ? [] : [{ provider_id, resource_class_id: VCPU, amount }],
});

test('I1 to I3: reports replace what was there, unless somebody holds a part of it', () => {
  const { draft, one } = furnished();
  claimAll(draft, [holds(one, 4)]);
  equal(draft.books.row(one).generation, 2);
  const smaller = [plainInventory(VCPU, 2)];
  equal(
    tried(draft, () => setInventories(draft, one, smaller, 1)),
    'provider-generation',
  );
  equal(
    tried(draft, () => setInventories(draft, one, [])),
    'inventory-in-use',
  );
  equal(
    tried(draft, () => setInventories(draft, one, smaller, 2)),
    'done',
  );
  deepEqual([...(draft.books.inventories[one]?.keys() ?? [])], [VCPU]);
  equal(
    tried(draft, () => claimAll(draft, [{ ...holds(one, 1), consumer_uuid: 'd' }])),
    'full',
  );

  setTraits(draft, one, [5, 6]);
  equal(draft.books.row(one).generation, 4);
  setTraits(draft, one, [6, 5]);
  equal(draft.books.row(one).generation, 4);
  setAggregates(draft, one, ['x'], undefined, true);
  equal(draft.books.row(one).generation, 4);
  setAggregates(draft, one, ['x']);
  equal(draft.books.row(one).generation, 5);
});

test('a provider goes with all that is its own, but not with what others hold', () => {
  const { draft, one } = furnished();
  setTraits(draft, one, [5]);
  setAggregates(draft, one, ['x']);
  claimAll(draft, [holds(one, 1)]);
  equal(
    tried(draft, () => deleteProvider(draft, one)),
    'has-allocations',
  );
  claimAll(draft, [holds(one, 0)]);
  equal(
    tried(draft, () => deleteProvider(draft, one)),
    'done',
  );
  equal(draft.books.column(VCPU).held.size, 0);
  equal(draft.books.traitBits.get(5)?.size, 0);
  equal(draft.books.aggregates.size, 0);
});

test('clients who know of no overhead leave it as it is', () => {
  const { draft, one } = furnished();
  const overheads = () =>
    [...(draft.books.inventories[one]?.values() ?? [])].map((i) => i.overhead);
  putInventory(draft, one, { ...plainInventory(VCPU, 8), overhead: 2 });
  setInventories(draft, one, [plainInventory(VCPU, 9), plainInventory(DISK, 9)]);
  deepEqual(overheads(), [2, 0]);
  putInventory(draft, one, { ...plainInventory(VCPU, 8), overhead: 0 });
  deepEqual(overheads(), [0, 0]);
});

test('a reshape moves what is held with what it is held of, or nothing', () => {
  const { draft, one, two } = furnished();
  claimAll(draft, [holds(one, 3)]);
  const reports = [
    { provider_id: one, inventories: [plainInventory(DISK, 10)] },
    { provider_id: two, inventories: [plainInventory(VCPU, 4)] },
  ];
  equal(
    tried(draft, () => reshape(draft, reports, [])),
    'inventory-in-use',
  );
  equal(draft.books.column(VCPU).held.has(two), false);
  equal(
    tried(draft, () => reshape(draft, reports, [holds(two, 3)])),
    'done',
  );
  deepEqual([draft.books.column(VCPU).used[one], draft.books.column(VCPU).used[two]], [0, 3]);
  // Two reports and, on the second, a claim.
  deepEqual([draft.books.row(one).generation, draft.books.row(two).generation], [4, 3]);
  // Nothing new to make room for: one report only.
  equal(
    tried(draft, () => reshape(draft, [{ provider_id: one, inventories: [] }], [])),
    'done',
  );
  equal(draft.books.row(one).generation, 5);
});

test('S1: standard names are there once, in their places; custom ones come behind them', () => {
  const draft = fresh();
  const { books } = draft;
  equal(books.classes.size, STANDARD_CLASSES.length);
  equal(books.traits.size, STANDARD_TRAITS.length);
  equal(books.classByName.get('DISK_GB')?.id, DISK);
  const before = draft.mark;
  seedStandards(draft);
  equal(draft.mark, before);

  equal(
    tried(draft, () => createClass(draft, 'CUSTOM_A')),
    'done',
  );
  equal(
    tried(draft, () => createClass(draft, 'CUSTOM_A')),
    'name-taken',
  );
  equal(books.classByName.get('CUSTOM_A')?.id, CUSTOM_ID_MIN);
  equal(
    tried(draft, () => renameClass(draft, 'CUSTOM_A', 'CUSTOM_B')),
    'done',
  );
  equal(books.classByName.get('CUSTOM_B')?.id, CUSTOM_ID_MIN);
  equal(
    tried(draft, () => renameClass(draft, 'VCPU', 'CUSTOM_C')),
    'standard',
  );
  equal(
    tried(draft, () => removeClass(draft, 'VCPU')),
    'standard',
  );
  equal(
    tried(draft, () => removeClass(draft, 'CUSTOM_A')),
    'unknown',
  );
  equal(
    tried(draft, () => createTrait(draft, 'CUSTOM_T')),
    'done',
  );
  equal(
    tried(draft, () => removeTrait(draft, 'HW_CPU_X86_AVX')),
    'standard',
  );
});

test('names that somebody has are not taken away', () => {
  const { draft, one } = furnished();
  createClass(draft, 'CUSTOM_A');
  createTrait(draft, 'CUSTOM_T');
  setInventories(draft, one, [plainInventory(CUSTOM_ID_MIN, 1)]);
  setTraits(draft, one, [CUSTOM_ID_MIN]);
  equal(
    tried(draft, () => removeClass(draft, 'CUSTOM_A')),
    'in-use',
  );
  equal(
    tried(draft, () => removeTrait(draft, 'CUSTOM_T')),
    'in-use',
  );
  setInventories(draft, one, []);
  setTraits(draft, one, []);
  equal(
    tried(draft, () => removeClass(draft, 'CUSTOM_A')),
    'done',
  );
  equal(
    tried(draft, () => removeTrait(draft, 'CUSTOM_T')),
    'done',
  );
});
