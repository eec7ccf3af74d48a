/**
 * Goal: each rule of claims, told once by an example; what is refused, and with which facts.
 * Method: the sample fleet in memory, claims in order; ledger.property.test.ts tries the rest.
 */
import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { checkBooks, overFull } from './audit.ts';
import { type Claim, claimAll } from './claim.ts';
import { Draft } from './draft.ts';
import { plainCell } from './inventory.ts';
import * as rows from './rows.ts';
import {
  CHILD,
  claimOf,
  disk,
  dump,
  HOST,
  inventory,
  OTHER,
  onCell,
  sampleFleet,
  VCPU,
  vcpus,
} from './sample.ts';
import { State } from './state.ts';

function fleet() {
  const state = new State(rows.ledgerTables);
  for (const change of sampleFleet) state.apply(change);
  return new Draft(state, 1000);
}

/** Claims as a request does: what is refused is taken back. Gives 'done', or the refusal. */
function claim(draft: Draft, ...claims: Claim[]): unknown {
  const mark = draft.mark;
  const before = dump(draft);
  const decision = claimAll(draft, claims);
  if (decision.is === 'no') draft.rollback(mark);
  if (decision.is === 'no') equal(dump(draft), before); // L2
  deepEqual(checkBooks(draft), []);
  return decision.is === 'done' ? 'done' : decision.why;
}

const used = ({ books }: Draft, provider: number) => books.column(VCPU).used[provider];

test('a claim replaces all that its consumer held', () => {
  const draft = fleet();
  equal(claim(draft, claimOf('a', [vcpus(HOST, 4), disk(5)])), 'done');
  equal(claim(draft, claimOf('a', [vcpus(OTHER, 2)])), 'done');
  deepEqual([used(draft, HOST), used(draft, OTHER)], [0, 2]);
});

test('a claim names in whose name it was made, and when; whoever acts no longer is not named', () => {
  const draft = fleet();
  const row = (uuid: string) => draft.books.consumers.get(uuid)?.row;
  draft.as('run/step', () => claim(draft, claimOf('a', [vcpus(HOST, 1)])));
  deepEqual([row('a')?.claimed_by, row('a')?.updated_at_ms], ['run/step', 1000]);
  throws(() => draft.as('run/other', () => present(undefined, 'nothing')));
  claim(draft, claimOf('b', [vcpus(HOST, 1)]));
  equal(row('b')?.claimed_by, null);
  claim(draft, claimOf('a', [vcpus(HOST, 2)]));
  equal(row('a')?.claimed_by, null);
});

test('L1: the limit is (8 − 1) × 1.5 = 10.5, so 10 fit and 11 do not', () => {
  const draft = fleet();
  const full = { why: 'full', used: 0, limit: 10, ...vcpus(HOST, 11) };
  deepEqual(claim(draft, claimOf('a', [vcpus(HOST, 11)])), full);
  equal(claim(draft, claimOf('a', [vcpus(HOST, 10)])), 'done');
  const next = { why: 'full', used: 10, limit: 10, ...vcpus(HOST, 1) };
  deepEqual(claim(draft, claimOf('b', [vcpus(HOST, 1)])), next);
});

test('units: at least 2, at most 4, in steps of 2', () => {
  for (const amount of [1, 3, 6]) {
    const why = { why: 'units', ...vcpus(CHILD, amount) };
    deepEqual(claim(fleet(), claimOf('a', [vcpus(CHILD, amount)])), why);
  }
  equal(claim(fleet(), claimOf('a', [vcpus(CHILD, 4)])), 'done');
});

test('a class that the provider has none of is refused by name', () => {
  const asked = { provider_id: HOST, resource_class_id: 2, amount: 1 };
  deepEqual(claim(fleet(), claimOf('a', [asked])), { why: 'no-inventory', ...asked });
});

test('consumers change together: a move leaves the source with the operation', () => {
  const draft = fleet();
  claim(draft, claimOf('server', [vcpus(HOST, 4), disk(15)]));
  const server = claimOf('server', [vcpus(OTHER, 4), disk(15)]);
  equal(claim(draft, server, claimOf('move', [vcpus(HOST, 4)])), 'done');
  deepEqual([used(draft, HOST), used(draft, OTHER)], [4, 4]); // L5: both are held

  // L6: the shared disk named by both would be charged twice, and 30 of 20 is too much.
  const why = { why: 'full', used: 15, limit: 20, ...disk(15) };
  deepEqual(claim(draft, server, claimOf('move', [vcpus(HOST, 4), disk(15)])), why);
});

test('what is over-full lets its holders shrink, stay and change hands, and nobody grow', () => {
  const draft = fleet();
  claim(draft, claimOf('a', [vcpus(OTHER, 6)]));
  draft.put(rows.inventories, inventory(OTHER, VCPU, 3));
  deepEqual(overFull(draft), [{ of: 'VCPU of provider 2', used: 6, limit: 3 }]);
  equal(claim(draft, claimOf('a', [vcpus(OTHER, 6)])), 'done');
  equal(claim(draft, claimOf('a', [vcpus(HOST, 6)]), claimOf('b', [vcpus(OTHER, 6)])), 'done');
  equal(claim(draft, claimOf('b', [vcpus(OTHER, 5)])), 'done');
  const why = { why: 'full', used: 0, limit: 3, ...vcpus(OTHER, 6) };
  deepEqual(claim(draft, claimOf('b', [vcpus(OTHER, 6)])), why);
});

test('a consumer is as the caller saw it, or the claim is refused', () => {
  const draft = fleet();
  const stale = { why: 'consumer-generation', consumer_uuid: 'a' };
  deepEqual(claim(draft, claimOf('a', [vcpus(HOST, 1)], { seen_generation: 1 })), stale);
  equal(claim(draft, claimOf('a', [vcpus(HOST, 1)], { seen_generation: null })), 'done');
  deepEqual(claim(draft, claimOf('a', [vcpus(HOST, 2)], { seen_generation: null })), stale);
  equal(claim(draft, claimOf('a', [vcpus(HOST, 2)], { seen_generation: 1 })), 'done');
});

test('who lets go of everything is gone; quietly, it raises no generation', () => {
  const draft = fleet();
  const cells = [onCell(HOST, 0, 1)];
  equal(claim(draft, claimOf('a', [vcpus(HOST, 1), disk(1)], { cells })), 'done');
  equal(claim(draft, claimOf('a', [], { quietly: true })), 'done');
  equal(draft.books.consumers.size, 0);
  equal(draft.books.row(HOST).generation, 1);
  equal(draft.books.row(OTHER).generation, 0);
});

test('L3: a NUMA cell is held to what it has, and an over-full one lets holds change hands', () => {
  const draft = fleet();
  const [cells, amounts] = [[onCell(HOST, 0, 3)], [vcpus(HOST, 3)]];
  equal(claim(draft, claimOf('a', amounts, { cells })), 'done');
  const why = {
    why: 'cell-full',
    provider_id: HOST,
    cell: 0,
    resource: 'vcpus',
    asked: 3,
    free: 1,
  };
  deepEqual(claim(draft, claimOf('b', amounts, { cells })), why);

  draft.put(rows.cells, plainCell(HOST, 0, 2, 10));
  const away = claimOf('a', [vcpus(OTHER, 3)], { cells: [onCell(OTHER, 0, 3)] });
  equal(claim(draft, away, claimOf('move', amounts, { cells })), 'done');
  throws(() => draft.remove(rows.cells, draft.books.heldCell({ provider_id: HOST, cell: 0 }).row));
});

const inGroup = (group_uuid: string, member: string, provider_id: number, domain = '') =>
  claimOf(member, [vcpus(provider_id, 1)], {
    slots: [{ group_uuid, provider_id, member, domain }],
  });

test('L3: the rules of groups are kept, and a refusal names the group', () => {
  const draft = fleet();
  const groups = ['anti-affinity', 'affinity', 'fault-domain'] as const;
  const why = (policy: string, provider_id: number) => ({
    why: 'group',
    provider_id,
    group_uuid: policy,
    policy,
  });
  for (const group of groups) equal(claim(draft, inGroup(group, `${group}-1`, HOST, 'x')), 'done');
  deepEqual(claim(draft, inGroup('anti-affinity', 'b', HOST)), why('anti-affinity', HOST));
  equal(claim(draft, inGroup('anti-affinity', 'b', OTHER)), 'done');
  deepEqual(claim(draft, inGroup('affinity', 'c', OTHER)), why('affinity', OTHER));
  equal(claim(draft, inGroup('affinity', 'c', HOST)), 'done');
  deepEqual(claim(draft, inGroup('fault-domain', 'd', HOST, 'y')), why('fault-domain', HOST));
  equal(claim(draft, inGroup('fault-domain', 'd', HOST, 'x')), 'done');
});

test('in a move the member is on both sides of its group, and in nobody’s way', () => {
  const draft = fleet();
  claim(draft, inGroup('affinity', 'a', HOST));
  const slots = [{ group_uuid: 'affinity', provider_id: HOST, member: 'a', domain: '' }];
  const move = claimOf('move', [vcpus(HOST, 1)], { slots });
  equal(claim(draft, inGroup('affinity', 'a', OTHER), move), 'done');
  ok(draft.books.slotsOf.get('affinity')?.size === 2);
});

test('to claim the same twice in one call is our own bug', () => {
  throws(() => claim(fleet(), claimOf('a', [vcpus(HOST, 1), vcpus(HOST, 2)])), /twice/);
  throws(() => claim(fleet(), claimOf('a', []), claimOf('a', [])), /twice/);
});
