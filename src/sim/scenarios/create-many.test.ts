/**
 * Goal: requests for many servers are decided together: none is made where too few fit, and nothing
 * is left of those that would have; else as many as fit are made, and each of them has its place.
 *
 * Method: by example, and against an oracle that is as simple as can be: the same servers in a twin
 * world, asked for one after the other. Random flavors, counts, groups and guests that are there
 * already; the counters prove that each kind of outcome was tried.
 *
 * Mutants that were caught: the rollback of the whole request left out (what a refused one took
 * stays); the rollback of the one that found no place left out (a server too many); `least` with >
 * instead of >=; no second place tried for `affinity`, or the last one taken instead of the best;
 * the name numbered though one alone was made; the explanation lost.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { present } from '../../core/base/units.ts';
import { runs } from '../../core/conductor/rows.ts';
import { explanations } from '../../core/scheduler/rows.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { seen, serverIn, worldWith } from './tale.fixture.ts';

const [small, medium, large] = plainFlavors;
const flavor = (of: typeof small) => ({ flavor: present(of, 'a flavor') });
const packed = (of: typeof small) => ({
  flavor: { ...flavor(of).flavor, extra_specs: { 'plimsoll:policy': 'pack' } },
});
type Told = Awaited<ReturnType<LittleWorld['together']>>;
const madeOf = (told: Told): readonly ServerRow[] => (told?.is === 'done' ? told.value : []);
const namesIn = (world: LittleWorld) =>
  [...seen(world).rows(servers).values()].map(({ name }) => name).sort();

test('three are made together, share a reservation, and each has its place at once', async () => {
  const world = await worldWith();
  const made = madeOf(await world.together(3, 3, { name: 'web' }));
  deepEqual(
    made.map(({ name }) => name),
    ['web-1', 'web-2', 'web-3'],
  );
  equal(new Set(made.map(({ reservation_id }) => reservation_id)).size, 1);
  match(made[0]?.reservation_id ?? '', /^r-[0-9a-f]{8}$/);
  for (const { uuid, host } of made) {
    ok(host !== null, 'no place');
    ok(seen(world).books.consumers.has(uuid), 'it holds nothing');
  }
  await world.rest();
  for (const { uuid } of made) equal(serverIn(world, uuid).vm_state, 'active');
  deepEqual(world.broken(), []);
});

test('fewer than the least: nothing is made, nothing held, and the reason is kept', async () => {
  const world = await worldWith();
  const group_uuid = await world.group('anti-affinity');
  const told = await world.together(4, 5, { group_uuid });
  ok(told?.is === 'no' && told.why.why === 'no-valid-host', JSON.stringify(told));
  match(told.why.message, /^Only 3 would fit\. No valid host was found\. /);
  const view = seen(world);
  ok(view.rows(explanations).has(told.why.explanation_id ?? ''), 'no explanation');
  deepEqual([view.rows(servers).size, view.rows(runs).size], [0, 0]);
  equal(view.books.consumers.size, 0);
  equal(view.books.slotsOf.get(group_uuid)?.size ?? 0, 0);
  deepEqual(world.broken(), []);
});

test('as many as fit are made where that is enough; one alone gets no number', async () => {
  const world = await worldWith();
  const group_uuid = await world.group('anti-affinity');
  equal(madeOf(await world.together(1, 5, { group_uuid, name: 'db' })).length, 3);
  deepEqual(namesIn(world), ['db-1', 'db-2', 'db-3']);
  const other = await worldWith();
  for (const _ of [1, 2]) await other.create({ ...flavor(medium), name: 'there' });
  const two = await other.group('anti-affinity');
  await other.create({ group_uuid: two, name: 'there' });
  await other.create({ group_uuid: two, name: 'there' });
  await other.rest();
  equal(madeOf(await other.together(1, 3, { group_uuid: two, name: 'db' })).length, 1);
  equal(namesIn(other).at(0), 'db');
});

test('ACC-104 affinity: the place is taken that has room for all of them, not the first one', async () => {
  const world = await worldWith();
  const group_uuid = await world.group('affinity');
  // Who packs begins on a host that is full by half.
  await fillAllBut(world, 'h2');
  const made = madeOf(await world.together(5, 5, { group_uuid, ...packed(small) }));
  equal(made.length, 5);
  equal(new Set(made.map(({ host }) => host)).size, 1);
  await world.rest();
  deepEqual(world.broken(), []);
});

/** Leaves room for three or so on each other host, and for more on that one. */
async function fillAllBut(world: LittleWorld, host: string): Promise<void> {
  for (const other of ['h1', 'h3'].filter((name) => name !== host)) {
    const bounds = { only_hosts: [other], ignore_hosts: [] };
    await world.create({ ...flavor(medium), bounds });
  }
  await world.rest();
}

const about = fc.record({
  there: fc.array(fc.constantFrom('small', 'medium'), { maxLength: 6 }),
  flavor: fc.constantFrom('small', 'medium', 'large'),
  policy: fc.constantFrom(null, null, 'anti-affinity', 'affinity', 'soft-anti-affinity'),
  packs: fc.boolean(),
  least: fc.integer({ min: 1, max: 8 }),
  more: fc.nat(4),
});
type About = typeof about extends fc.Arbitrary<infer A> ? A : never;
const flavorOf = { small: flavor(small), medium: flavor(medium), large: flavor(large) } as const;

async function twin({ there, flavor: kind, policy, packs }: About) {
  const world = await worldWith();
  for (const one of there) await world.create(flavorOf[one as 'small']);
  await world.rest();
  const group_uuid = policy === null ? null : await world.group(policy as 'affinity');
  const asked = flavorOf[kind as 'small'];
  return { world, ask: { ...(packs ? packed(asked.flavor) : asked), group_uuid } };
}

/** How many of them find a place when they are asked for one after the other. */
async function oneByOne(drawn: About): Promise<number> {
  const { world, ask } = await twin(drawn);
  for (let count = 0; count < drawn.least + drawn.more; count++) {
    const uuid = await world.create(ask);
    await world.rest();
    if (serverIn(world, uuid).vm_state === 'error') return count;
  }
  return drawn.least + drawn.more;
}

test('all or nothing leaks nothing; as many as fit is as many as one by one', async () => {
  const tried = { none: 0, some: 0, all: 0, better: 0, grouped: 0 };
  await fc.assert(
    fc.asyncProperty(about, async (drawn) => {
      const { world, ask } = await twin(drawn);
      const before = [seen(world).rows(servers).size, seen(world).books.consumers.size];
      const most = drawn.least + drawn.more;
      const told = await world.together(drawn.least, most, ask);
      ok(told !== undefined && told.is !== 'lost');
      const made = madeOf(told);
      const alone = await oneByOne(drawn);
      if (drawn.policy !== null) tried.grouped++;
      if (told.is === 'no') {
        tried.none++;
        ok(alone < drawn.least, `${alone} fit, and ${drawn.least} were enough`);
        const after = [seen(world).rows(servers).size, seen(world).books.consumers.size];
        deepEqual(after, before);
      } else {
        ok(made.length >= drawn.least);
        if (drawn.policy === 'affinity') ok(made.length >= alone, `${made.length} < ${alone}`);
        else equal(made.length, alone);
        tried[made.length > alone ? 'better' : made.length === most ? 'all' : 'some']++;
      }
      await world.rest();
      for (const { uuid } of made) equal(serverIn(world, uuid).vm_state, 'active');
      deepEqual(world.broken(), []);
    }),
    { numRuns: 120, seed: 5 },
  );
  for (const [what, times] of Object.entries(tried)) ok(times > 2, `${what}: ${times}`);
});
