/**
 * Goal: the tales of a server's life that are worth telling by name.
 * Method: each is played in a little world of three hosts; at its end every promise must hold.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { runs } from '../../core/conductor/rows.ts';
import { explanations } from '../../core/scheduler/rows.ts';
import { servers } from '../../core/servers/rows.ts';
import { tooLarge } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { linesOf, seen, serverIn, worldWith } from './tale.fixture.ts';

const HOUR_MS = 3_600_000;

const holds = (world: LittleWorld, uuid: string) => seen(world).books.consumers.has(uuid);
/** The last line of that name: how it stands, and how often it was asked. */
const line = (world: LittleWorld, name: string) => linesOf(world, name).at(-1);

test('a server is created, moved and deleted', async () => {
  const world = await worldWith();
  const uuid = await world.create();
  await world.rest();
  const first = serverIn(world, uuid);
  equal(first.vm_state, 'active');
  await world.migrate(uuid);
  await world.rest();
  const second = serverIn(world, uuid);
  equal(second.vm_state, 'active');
  ok(second.host !== first.host, 'it did not move');
  deepEqual(world.broken(), []);
  await world.destroy(uuid);
  await world.rest();
  equal(seen(world).rows(servers).size, 0);
  equal(seen(world).books.consumers.size, 0);
  deepEqual(world.broken(), []);
});

test('a server that fits nowhere ends in error, holds nothing, and says why', async () => {
  const world = await worldWith();
  const uuid = await world.create({ flavor: tooLarge });
  await world.rest();
  const { vm_state, fault, host } = serverIn(world, uuid);
  equal(vm_state, 'error');
  equal(host, null);
  match(fault?.message ?? '', /^No valid host was found\. /);
  ok(
    seen(world)
      .rows(explanations)
      .has(fault?.explanation_id ?? ''),
    'no explanation',
  );
  equal(holds(world, uuid), false);
  equal(world.ends('create-server'), 'undone');
  deepEqual(world.broken(), []);
});

test('a boot that is refused is tried on each host, then given up', async () => {
  const world = await worldWith('boot', 'refuse', 99);
  world.arm();
  const uuid = await world.create();
  await world.rest();
  deepEqual(
    linesOf(world, 'boot')
      .map(({ host }) => host)
      .sort(),
    ['h1', 'h2', 'h3'],
  );
  equal(serverIn(world, uuid).vm_state, 'error');
  equal(serverIn(world, uuid).fault?.reason, 'tried-in-vain');
  deepEqual(world.broken(), []);
});

test('a named destination that refuses is not exchanged for another', async () => {
  const world = await worldWith('landing', 'refuse', 99);
  const uuid = await world.create();
  await world.rest();
  const { host } = serverIn(world, uuid);
  world.arm();
  await world.migrate(uuid, host === 'h2' ? 'h3' : 'h2');
  await world.rest();
  equal(world.ends('live-migrate'), 'undone');
  equal(serverIn(world, uuid).host, host);
  deepEqual(world.broken(), []);
});

test('what cannot be moved is refused at once', async () => {
  const world = await worldWith();
  const uuid = await world.create();
  const building = await world.migrate(uuid);
  equal(building?.is === 'no' && building.why.why, 'wrong-state');
  await world.rest();
  const { host } = serverIn(world, uuid);
  const nobody = await world.migrate('nobody');
  equal(nobody?.is === 'no' && nobody.why.why, 'unknown-server');
  const nowhere = await world.migrate(uuid, 'nowhere');
  equal(nowhere?.is === 'no' && nowhere.why.why, 'unknown-host');
  const itself = await world.migrate(uuid, host);
  ok(itself?.is === 'no' && itself.why.why === 'no-valid-host');
  ok(
    seen(world)
      .rows(explanations)
      .has(itself.why.explanation_id ?? ''),
    'no explanation',
  );
  equal(serverIn(world, uuid).task_state, null);
  deepEqual(world.broken(), []);
});

test('a host that died does not hold up a delete once the fleet knows', async () => {
  const world = await worldWith();
  const uuid = await world.create();
  await world.rest();
  const host = serverIn(world, uuid).host ?? '';
  world.kill(host);
  await world.destroy(uuid);
  await world.wait(HOUR_MS);
  equal(world.ends('delete-server'), 'running');
  ok((line(world, 'destroy')?.attempts ?? 0) > 3, 'it is not seen to wait');
  await world.believe(host, 'down');
  await world.rest();
  equal(world.ends('delete-server'), 'done');
  equal(line(world, 'destroy')?.state, 'waived');
  equal(seen(world).books.consumers.size, 0);
  deepEqual(world.broken(), []);
});

test('a boot that may have happened on a dead host is tried nowhere else', async () => {
  const world = await worldWith('boot', 'late', 99);
  world.onStrike = () => {
    world.onStrike = () => {};
    world.kill('h1');
    void world.believe('h1', 'down');
  };
  world.arm();
  const uuid = await world.create();
  await world.rest();
  equal(world.ends('create-server'), 'undone');
  equal(line(world, 'boot')?.state, 'waived');
  equal(line(world, 'boot')?.host, 'h1');
  equal(serverIn(world, uuid).vm_state, 'error');
  equal(holds(world, uuid), false);
});

test('a switchover without an answer is settled, however long that takes', async () => {
  const world = await worldWith('switchover', 'drop');
  const uuid = await world.create();
  await world.rest();
  const destination = serverIn(world, uuid).host === 'h2' ? 'h3' : 'h2';
  world.onStrike = () => world.kill(destination);
  world.arm();
  await world.migrate(uuid, destination);
  await world.wait(HOUR_MS);
  equal(world.ends('live-migrate'), 'running');
  equal(line(world, 'switchover')?.state, 'settling');
  await world.believe(destination, 'down');
  await world.wait(HOUR_MS);
  equal(world.ends('live-migrate'), 'running'); // nobody guesses
  await world.destroy(uuid);
  await world.rest(); //                           and a delete need not know
  equal(seen(world).rows(servers).size, 0);
  equal(seen(world).books.consumers.size, 0);
  deepEqual(world.broken(), []);
});

test('two deletes are one', async () => {
  const world = await worldWith();
  const uuid = await world.create();
  await world.destroy(uuid);
  await world.destroy(uuid);
  await world.rest();
  equal(world.ends('delete-server'), 'done');
  equal(seen(world).rows(servers).size, 0);
  deepEqual(world.broken(), []);
});

test('a run of a saga that no one knows is stuck, and others go on', async () => {
  const world = await worldWith();
  world.excused = ['O4'];
  const uuid = await world.create();
  await world.upgrade([]);
  await world.rest();
  equal(world.ends('create-server'), 'stuck');
  const [run] = [...seen(world).rows(runs).values()];
  equal(run?.error?.message, 'no saga named create-server');
  await world.upgrade();
  await world.destroy(uuid);
  const other = await world.create();
  await world.rest();
  equal(serverIn(world, other).vm_state, 'active');
  equal(seen(world).rows(servers).has(uuid), false);
  equal(holds(world, uuid), false);
  deepEqual(world.broken(), []);
});
