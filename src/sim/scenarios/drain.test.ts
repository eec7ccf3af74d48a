/**
 * Goal: a host is drained, whatever is on it: each server is elsewhere, or its reason is told.
 * Method: little worlds of three hosts with servers in every state; the drainer looks again and
 * again, as it does by itself; the process dies in between.
 *
 * Watched to be caught: a drain that begins more at once than allowed, a plan that leaves its
 * claims in the books, a move whose failure nobody notes, one that is never begun again, or always.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { hosts } from '../../core/fleet/rows.ts';
import { disableHost, enableHost } from '../../core/fleet/status.ts';
import { type DrainRow, drains } from '../../core/servers/drains.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, seen, serverIn, worldWith } from './tale.fixture.ts';

/** So many servers, all on h1; gives their ids. */
async function crowded(world: LittleWorld, count: number): Promise<string[]> {
  for (const name of ['h2', 'h3']) await world.write((draft) => disableHost(draft, name, null));
  const uuids: string[] = [];
  for (let at = 0; at < count; at++) uuids.push(await world.create());
  await world.rest();
  for (const name of ['h2', 'h3']) await world.write((draft) => enableHost(draft, name));
  return uuids;
}

async function drained(world: LittleWorld, host: string, moves_max = 2): Promise<DrainRow> {
  await world.soon(world.drainer.start(host, moves_max));
  await untilOver(world, host);
  const row = seen(world).rows(drains).get(host);
  ok(row !== undefined);
  return row;
}

const stateOf = (world: LittleWorld, host: string) => seen(world).rows(drains).get(host)?.state;

async function untilOver(world: LittleWorld, host: string): Promise<void> {
  for (let looks = 0; looks < 20 && stateOf(world, host) === 'running'; looks++) {
    await world.soon(world.drainer.look());
    await world.rest();
    await world.wait(20_000);
  }
}

const planOf = async (world: LittleWorld, host: string) => {
  const reply = await world.soon(world.drainer.plan(host));
  ok(reply?.is === 'done', JSON.stringify(reply));
  return reply.value;
};

test('running, stopped and shelved servers leave, each in its way, as was planned', async () => {
  const world = await worldWith('none', 'refuse', 1, { shelved_offload_s: -1 });
  const [runs = '', off = '', shelf = ''] = await crowded(world, 3);
  await world.switchPower(off, 'stop');
  await world.shelve(shelf);
  await world.rest();
  const plan = await planOf(world, 'h1');
  const ways = Object.fromEntries(plan.map((move) => [move.server_uuid, move.how]));
  deepEqual(ways, { [runs]: 'live', [off]: 'cold', [shelf]: 'offload' });
  equal(plan.filter(({ why }) => why !== null).length, 0);
  const { state } = await drained(world, 'h1');
  equal(state, 'done');
  for (const move of plan) {
    const { host, vm_state } = serverIn(world, move.server_uuid);
    equal(host, move.to);
    deepEqual(Object.keys(heldBy(world, move.server_uuid)), host === null ? [] : [host]);
    ok(['active', 'stopped', 'shelved_offloaded'].includes(vm_state), vm_state);
  }
  deepEqual(world.guestsOn('h1'), []);
  equal(seen(world).rows(hosts).get('h1')?.status, 'disabled');
  deepEqual(world.broken(), []);
});

test('a plan changes nothing', async () => {
  const world = await worldWith();
  const uuids = await crowded(world, 3);
  const before = uuids.map((uuid) => heldBy(world, uuid));
  await planOf(world, 'h1');
  deepEqual(
    uuids.map((uuid) => heldBy(world, uuid)),
    before,
  );
  equal(stateOf(world, 'h1'), undefined);
  deepEqual(world.broken(), []);
});

test('a paused server goes, and is paused where it comes to', async () => {
  const world = await worldWith();
  const [uuid = ''] = await crowded(world, 1);
  await world.switchPower(uuid, 'pause');
  await world.rest();
  const [move] = await planOf(world, 'h1');
  deepEqual([move?.how, move?.why], ['live', null]);
  equal((await drained(world, 'h1')).state, 'done');
  const { host, vm_state } = serverIn(world, uuid);
  ok(host !== 'h1' && vm_state === 'paused', `${vm_state} on ${host}`);
  deepEqual(world.broken(), []); // its guest is paused there, too
});

test('what cannot go is named before anything begins, and is what is left in the end', async () => {
  const world = await worldWith();
  const [runs = '', stays = ''] = await crowded(world, 2);
  await world.switchPower(stays, 'suspend');
  await world.rest();
  const plan = await planOf(world, 'h1');
  const named = plan.filter(({ why }) => why !== null).map(({ server_uuid }) => server_uuid);
  deepEqual(named, [stays]);
  const { state, moves } = await drained(world, 'h1');
  equal(state, 'incomplete');
  ok(moves[stays]?.why?.includes('suspended'));
  equal(serverIn(world, stays).host, 'h1');
  ok(serverIn(world, runs).host !== 'h1');
  await world.switchPower(stays, 'resume');
  await world.rest();
  equal((await drained(world, 'h1')).state, 'done'); // once more
  deepEqual(world.broken(), []);
});

test('no more at once than was said, and goes on when its process dies', async () => {
  const world = await worldWith();
  const uuids = await crowded(world, 3);
  await world.soon(world.drainer.start('h1', 1));
  await world.soon(world.drainer.look());
  const busy = () => uuids.filter((uuid) => serverIn(world, uuid).task_state === 'migrating');
  equal(busy().length, 1);
  await world.soon(world.drainer.look());
  equal(busy().length, 1);
  world.crash();
  await world.rest();
  await untilOver(world, 'h1');
  equal(stateOf(world, 'h1'), 'done');
  for (const uuid of uuids) ok(serverIn(world, uuid).host !== 'h1');
  deepEqual(world.broken(), []);
});

test('cancelled: what was begun ends, the rest stays, and the host is open again', async () => {
  const world = await worldWith();
  const uuids = await crowded(world, 3);
  await world.soon(world.drainer.start('h1', 1));
  await world.soon(world.drainer.look());
  await world.soon(world.drainer.cancel('h1'));
  await world.soon(world.drainer.look());
  await world.rest();
  equal(stateOf(world, 'h1'), 'cancelled');
  const there = uuids.filter((uuid) => serverIn(world, uuid).host === 'h1');
  equal(there.length, 2);
  equal(seen(world).rows(hosts).get('h1')?.status, 'enabled');
  deepEqual(world.broken(), []);
});

test('a move that comes to nothing once or twice is begun again', async () => {
  const world = await worldWith('switchover', 'refuse', 2);
  const [uuid = ''] = await crowded(world, 1);
  world.arm();
  const { state, moves } = await drained(world, 'h1');
  deepEqual([state, moves[uuid]?.tries, moves[uuid]?.why], ['done', 3, null]);
  ok(serverIn(world, uuid).host !== 'h1');
  deepEqual(world.broken(), []);
});

test('moves that come to nothing again and again are told with their reason', async () => {
  const world = await worldWith('landing', 'refuse', 99);
  const [uuid = ''] = await crowded(world, 1);
  world.arm();
  const { state, moves } = await drained(world, 'h1');
  equal(state, 'incomplete');
  ok((moves[uuid]?.why ?? '') !== '', 'no reason');
  equal(moves[uuid]?.tries, 3);
  equal(serverIn(world, uuid).host, 'h1');
  deepEqual(world.broken(), []);
});

test('a host that is down is not drained', async () => {
  const world = await worldWith();
  await world.fence('h1');
  const reply = await world.soon(world.drainer.start('h1', 2));
  equal(reply?.is === 'no' && reply.why.why, 'host-down');
  const nobody = await world.soon(world.drainer.plan('nowhere'));
  equal(nobody?.is === 'no' && nobody.why.why, 'unknown-host');
});
