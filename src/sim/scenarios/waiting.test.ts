/**
 * Goal: a request that may wait is placed by the change that makes room for it, the oldest first;
 * what can never fit is not waited for; a wait ends with its time, with a delete, and survives the
 * death of the process.
 *
 * Method: by example in a little world whose hosts hold one large server each, and by a property:
 * random arrivals and departures of servers that fill a host, after each of which nobody may wait
 * while a host is free, and nobody may have been placed before one who began to wait earlier.
 *
 * Mutants that were caught: the usher that is not called by a batch; youngest first; that stops at
 * the first who does not fit; a newcomer that does not queue; `impossible` waited for as well; the
 * deadline left out; a wait kept on the row of a run that was cancelled; one that was let in and is
 * not told. Which changes wake at all is tried in sagas/room.test.ts.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { present } from '../../core/base/units.ts';
import { type RunRow, runs } from '../../core/conductor/rows.ts';
import { Usher } from '../../core/conductor/usher.ts';
import { explanations } from '../../core/scheduler/rows.ts';
import { servers } from '../../core/servers/rows.ts';
import { plainFlavors, tooLarge, wholeHost } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { linesOf, seen, serverIn, worldWith } from './tale.fixture.ts';

const HOSTS = ['h1', 'h2', 'h3'];
/** Long enough for a boot, far too short for a deadline. */
const A_WHILE_MS = 2_000;
const waiting = { flavor: wholeHost, wait_s: 3600 };

async function fullWorld(): Promise<{ world: LittleWorld; there: readonly string[] }> {
  const world = await worldWith();
  const there: string[] = [];
  for (const _ of HOSTS) there.push(await world.create({ flavor: wholeHost }));
  await world.rest();
  return { world, there };
}

async function begun(world: LittleWorld, about: object = waiting): Promise<string> {
  const uuid = await world.create(about);
  await world.wait(A_WHILE_MS);
  return uuid;
}

const runOf = (world: LittleWorld, uuid: string): RunRow =>
  present(
    seen(world)
      .rows(runs)
      .by('server_uuid', uuid)
      .find(({ saga }) => saga === 'create-server'),
    'a run',
  );
const waits = (world: LittleWorld, uuid: string) => runOf(world, uuid).waits;
const stateOf = (world: LittleWorld, uuid: string) => serverIn(world, uuid).vm_state;

async function leave(world: LittleWorld, uuid: string | undefined): Promise<void> {
  await world.destroy(present(uuid, 'a server'));
  await world.wait(A_WHILE_MS);
}

test('it waits, says for what and until when, holds nothing, and is placed by a release', async () => {
  const { world, there } = await fullWorld();
  const uuid = await begun(world);
  equal(stateOf(world, uuid), 'building');
  const { for_what, since_ms, until_ms } = present(waits(world, uuid), 'it does not wait');
  match(for_what, /^No valid host was found\. /);
  equal(until_ms - since_ms <= 3_600_000, true);
  equal(seen(world).books.consumers.has(uuid), false);
  equal(seen(world).rows(explanations).by('server_uuid', uuid).length, 1);
  await leave(world, there[1]);
  equal(stateOf(world, uuid), 'active');
  equal(waits(world, uuid), null);
  equal(linesOf(world, 'place').filter(({ run_id }) => run_id === runOf(world, uuid).id).length, 1);
  await world.rest();
  deepEqual(world.broken(), []);
});

test('nobody looks while nothing happens: an hour of waiting is no commit', async () => {
  const { world } = await fullWorld();
  const uuid = await begun(world);
  world.arm();
  await world.wait(3_000_000);
  equal(world.commits, 0);
  ok(waits(world, uuid) !== null);
});

test('the oldest first; one that does not fit keeps nobody waiting', async () => {
  const { world } = await fullWorld();
  const on = (host: string) => seen(world).rows(servers).by('host', host)[0]?.uuid;
  const choosy = { ...waiting, bounds: { only_hosts: ['h3'], ignore_hosts: [] } };
  const [head, first, second] = [
    await begun(world, choosy),
    await begun(world),
    await begun(world),
  ];
  await leave(world, on('h1'));
  deepEqual([stateOf(world, first), stateOf(world, second)], ['active', 'building']);
  ok(waits(world, head) !== null, 'it went where it may not go');
  await leave(world, on('h3'));
  deepEqual([stateOf(world, head), stateOf(world, second)], ['active', 'building']);
});

test('of several those that fit are placed, and each of the others waits by itself', async () => {
  const { world, there } = await fullWorld();
  await leave(world, there[0]);
  const made = await world.together(1, 3, waiting);
  await world.wait(A_WHILE_MS);
  const uuids = made?.is === 'done' ? made.value.map(({ uuid }) => uuid) : [];
  equal(uuids.length, 3);
  const states = () => uuids.map((uuid) => stateOf(world, uuid));
  deepEqual(states(), ['active', 'building', 'building']);
  ok(uuids.slice(1).every((uuid) => waits(world, uuid) !== null));
  const late = await begun(world);
  await leave(world, there[1]);
  const [, ...others] = states();
  deepEqual(others.toSorted(), ['active', 'building'], 'one of the two, before who came late');
  equal(stateOf(world, late), 'building');
  await leave(world, there[2]);
  deepEqual([...states(), stateOf(world, late)], ['active', 'active', 'active', 'building']);
  await leave(world, late);
  deepEqual(world.broken(), []);
  const never = await world.together(1, 3, { ...waiting, flavor: tooLarge });
  equal(
    never?.is === 'no' && never.why.why,
    'no-valid-host',
    'what can never be is not waited for',
  );
});

test('when its time is up it is in error, with the reason; what can never be is so at once', async () => {
  const { world } = await fullWorld();
  const uuid = await begun(world, { flavor: wholeHost, wait_s: 60 });
  await world.wait(61_000);
  const { vm_state, fault } = serverIn(world, uuid);
  deepEqual([vm_state, fault?.reason], ['error', 'no-room']);
  ok(
    seen(world)
      .rows(explanations)
      .has(fault?.explanation_id ?? ''),
  );
  const never = await begun(world, { flavor: tooLarge, wait_s: 60 });
  deepEqual([stateOf(world, never), serverIn(world, never).fault?.reason], ['error', 'impossible']);
  await world.rest();
  deepEqual(world.broken(), []);
});

test('who may wait takes its place behind those who do, though there is room at the moment', async () => {
  const { world, there } = await fullWorld();
  const first = await begun(world);
  const { call } = Usher.prototype;
  Usher.prototype.call = () => undefined;
  await leave(world, there[0]);
  const second = await begun(world);
  Usher.prototype.call = call;
  match(waits(world, second)?.for_what ?? '', /^Others wait/);
  deepEqual([stateOf(world, first), stateOf(world, second)], ['building', 'building']);
  equal(stateOf(world, await begun(world, { wait_s: 60 })), 'active', 'the usher is not awake');
  deepEqual([stateOf(world, first), stateOf(world, second)], ['active', 'building']);
  await leave(world, there[1]);
  equal(stateOf(world, second), 'active');
});

test('a delete ends the wait; who waits behind it goes on waiting', async () => {
  const { world, there } = await fullWorld();
  const first = await begun(world);
  const second = await begun(world);
  await leave(world, first);
  equal(seen(world).rows(servers).has(first), false);
  const ended = seen(world).rows(runs).by('server_uuid', first);
  deepEqual(
    ended.map(({ state, waits: still }) => [state, still]),
    [
      ['undone', null],
      ['done', null],
    ],
  );
  ok(waits(world, second) !== null);
  await leave(world, there[0]);
  equal(stateOf(world, second), 'active');
  await world.rest();
  deepEqual(world.broken(), []);
});

test('a wait survives the process, and so does its place in the row', async () => {
  const { world, there } = await fullWorld();
  const first = await begun(world);
  const second = await begun(world);
  world.crash();
  await world.wait(A_WHILE_MS);
  ok(waits(world, first) !== null && waits(world, second) !== null);
  await leave(world, there[2]);
  deepEqual([stateOf(world, first), stateOf(world, second)], ['active', 'building']);
});

test('room that is made while nobody is there to see it is found at the next start', async () => {
  const { world, there } = await fullWorld();
  const uuid = await begun(world);
  await world.believe('h1', 'down');
  await leave(
    world,
    there.find((one) => serverIn(world, one).host === 'h1'),
  );
  ok(waits(world, uuid) !== null, 'it went to a host that is down');
  const up = world.believe('h1', 'up');
  world.crash();
  await up;
  await world.wait(A_WHILE_MS);
  await world.believe('h1', 'up');
  await world.wait(A_WHILE_MS);
  equal(stateOf(world, uuid), 'active');
});

test('a host that comes back, and a group with more room, wake as well', async () => {
  const world = await worldWith();
  for (const host of HOSTS) await world.believe(host, 'down');
  const uuid = await begun(world, { wait_s: 600 });
  match(waits(world, uuid)?.for_what ?? '', /No valid host/);
  await world.believe('h2', 'up');
  await world.wait(A_WHILE_MS);
  equal(serverIn(world, uuid).host, 'h2');
  const group_uuid = await world.group('anti-affinity');
  equal(stateOf(world, await begun(world, { group_uuid })), 'active');
  const other = await begun(world, { group_uuid, wait_s: 600 });
  ok(waits(world, other) !== null, 'the group was broken');
  await world.regroup(group_uuid, 'anti-affinity', 2);
  await world.wait(A_WHILE_MS);
  equal(stateOf(world, other), 'active');
  await world.rest();
  deepEqual(world.broken(), []);
});

const moves = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('come' as const) },
    { weight: 3, arbitrary: fc.constant('go' as const) },
    { weight: 3, arbitrary: fc.constant('both' as const) },
    { weight: 1, arbitrary: fc.constant('small' as const) },
    { weight: 1, arbitrary: fc.constant('crash' as const) },
  ),
  { minLength: 4, maxLength: 14 },
);

test('nobody waits while a host is free, and nobody is placed before one who waits longer', async () => {
  const tried = { placed_later: 0, waiting_at_end: 0, crashes: 0 };
  await fc.assert(
    fc.asyncProperty(moves, fc.infiniteStream(fc.nat(20)), async (played, picks) => {
      const world = await worldWith();
      const asked: string[] = [];
      const everWaited = new Set<string>();
      for (const move of played) {
        const there = [...seen(world).rows(servers).values()].map(({ uuid }) => uuid);
        const goes = there[picks.next().value % Math.max(1, there.length)];
        const leaves = move === 'go' || move === 'both';
        // At once: one comes in the very moment in which another makes room.
        const left = leaves && goes !== undefined ? world.destroy(goes) : null;
        if (move === 'come' || move === 'both') asked.push(await world.create(waiting));
        if (move === 'small') await world.create({ flavor: present(plainFlavors[0], 'one') });
        if (move === 'crash') world.crash();
        if (move === 'crash') tried.crashes++;
        await left;
        await world.wait(A_WHILE_MS);
        const living = asked.filter((uuid) => seen(world).rows(servers).has(uuid));
        const still = living.filter((uuid) => waits(world, uuid) !== null);
        for (const uuid of still) everWaited.add(uuid);
        const first = living.indexOf(still[0] ?? '');
        const after = first < 0 ? [] : living.slice(first).filter((uuid) => !still.includes(uuid));
        for (const uuid of after) ok(!everWaited.has(uuid), 'it was overtaken');
        const taken = new Set([...seen(world).rows(servers).values()].map(({ host }) => host));
        const free = HOSTS.filter((host) => !taken.has(host));
        ok(still.length === 0 || free.length === 0, `${still.length} wait, and ${free} is free`);
      }
      for (const uuid of everWaited) {
        const server = seen(world).rows(servers).get(uuid);
        if (server?.vm_state === 'active') tried.placed_later++;
        else if (server !== undefined) tried.waiting_at_end++;
      }
      await world.rest();
      deepEqual(world.broken(), []);
    }),
    { numRuns: 80, seed: 3 },
  );
  for (const [what, times] of Object.entries(tried)) ok(times > 5, `${what}: ${times}`);
});
