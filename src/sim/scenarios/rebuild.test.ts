/**
 * Goal: what happens to servers where they are, told row by row: deletes that can be taken back
 * (8.1 of the acceptance table), rebuilds (8.4), and what a failed rebuild or image leaves behind.
 * Method: each row in a little world of three hosts; what the row says goes wrong, goes wrong.
 * Mutants that these killed: a topology that may change; a row not turned back by the undo; a
 * server without a host that is kept; one that is restored and still counts as put away.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { done } from '../../core/ports/reply.ts';
import type { RefitWish } from '../../core/sagas/operations.ts';
import { type ImageRow, images, servers } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, linesOf, seen, serverIn, tell, worldWith } from './tale.fixture.ts';

const HOUR_S = 3600;

/** An image that asks for this. */
const putImage = (world: LittleWorld, id: string, properties: ImageRow['properties'] = {}) =>
  world.write((draft) => {
    draft.put(images, {
      ...{ id, name: id, status: 'active', visibility: 'public', owner: '' },
      ...{ disk_format: 'raw', container_format: 'bare', size_bytes: 1, checksum: '' },
      ...{ min_disk_gib: 0, min_ram_mib: 0, protected: false, tags: [], properties },
      ...{ created_at_ms: 0, updated_at_ms: 0 },
    });
    return done(undefined);
  });

const dropImages = (world: LittleWorld) =>
  world.write((draft) => {
    for (const row of [...draft.rows(images).values()]) draft.remove(images, row);
    return done(undefined);
  });

const to = (image_id: string): RefitWish => ({ is: 'rebuild', about: { image_id } });

async function made(world: LittleWorld, about = {}): Promise<string> {
  const uuid = await world.create(about);
  await world.rest();
  return uuid;
}

const restorable = { reclaim_after_s: HOUR_S };

tell({
  'ACC-010 a deleted server keeps its hold, and so does one that is restored': async (open) => {
    const world = await open('none', 'refuse', 1, restorable);
    const uuid = await made(world);
    const held = heldBy(world, uuid);
    await world.destroy(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'soft-delete');
    deepEqual(heldBy(world, uuid), held);
    await world.switchPower(uuid, 'restore');
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    deepEqual(heldBy(world, uuid), held);
    await world.reclaim(0);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active', 'what was restored is reclaimed');
  },
  'ACC-010 once its time is over it is gone, and holds nothing': async (open) => {
    const world = await open('none', 'refuse', 1, restorable);
    const uuid = await made(world);
    await world.destroy(uuid);
    await world.rest();
    await world.reclaim(HOUR_S);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'soft-delete', 'too early');
    await world.wait((HOUR_S + 1) * 1000);
    await world.reclaim(HOUR_S);
    await world.rest();
    equal(seen(world).rows(servers).has(uuid), false);
    deepEqual(heldBy(world, uuid), {});
  },
  'ACC-010 a server that was never there is not kept': async (open) => {
    const world = await open('boot', 'refuse', 99, restorable);
    world.arm();
    const uuid = await made(world);
    equal(serverIn(world, uuid).vm_state, 'error');
    await world.destroy(uuid);
    await world.rest();
    equal(seen(world).rows(servers).has(uuid), false);
  },
  'ACC-083 another image takes no new room, even on a host that is full': async (open) => {
    const world = await open();
    const flavor = { ...plainFlavors[0], vcpus: 4, memory_mib: 8192 } as never;
    const uuid = await made(world, { flavor });
    const held = heldBy(world, uuid);
    await putImage(world, 'other');
    equal((await world.refit(uuid, to('other')))?.is, 'done');
    await world.rest();
    equal(serverIn(world, uuid).image_id, 'other');
    deepEqual(heldBy(world, uuid), held);
    await dropImages(world);
  },
  'ACC-083 traits that the new image requires are enforced': async (open) => {
    const world = await open();
    const uuid = await made(world);
    await putImage(world, 'here', { 'trait:HW_CPU_X86_AVX2': 'required' });
    await putImage(world, 'nowhere', { 'trait:CUSTOM_NOWHERE': 'required' });
    const refused = await world.refit(uuid, to('nowhere'));
    ok(refused?.is === 'no' && refused.why.why === 'unfit');
    match(refused.why.message, /lacks the required trait CUSTOM_NOWHERE/);
    deepEqual([serverIn(world, uuid).image_id, serverIn(world, uuid).task_state], [null, null]);
    equal((await world.refit(uuid, to('here')))?.is, 'done');
    await world.rest();
    await dropImages(world);
  },
  'ACC-083 a trait that the flavor forbids and the image requires is a conflict': async (open) => {
    const world = await open();
    const extra_specs = { 'trait:CUSTOM_X': 'forbidden' };
    const uuid = await made(world, { flavor: { ...plainFlavors[0], extra_specs } });
    await putImage(world, 'wants-it', { 'trait:CUSTOM_X': 'required' });
    const refused = await world.refit(uuid, to('wants-it'));
    ok(refused?.is === 'no' && refused.why.why === 'unfit');
    equal(serverIn(world, uuid).vm_state, 'active');
    await dropImages(world);
  },
  'ACC-084 a rebuild that would change the topology is refused; the same one is not': async (
    open,
  ) => {
    const world = await open();
    const uuid = await made(world);
    await putImage(world, 'two-nodes', { hw_numa_nodes: '1' });
    await putImage(world, 'as-it-is', {});
    const refused = await world.refit(uuid, to('two-nodes'));
    ok(refused?.is === 'no' && refused.why.why === 'unfit');
    match(refused.why.message, /NUMA topology/);
    equal((await world.refit(uuid, to('as-it-is')))?.is, 'done');
    await world.rest();
    equal(serverIn(world, uuid).image_id, 'as-it-is');
    await dropImages(world);
  },
});

test('a rebuild that its host refuses leaves the server as it was, with what it holds', async () => {
  const world = await worldWith('refit', 'refuse');
  const uuid = await made(world);
  const [before, held] = [serverIn(world, uuid), heldBy(world, uuid)];
  world.arm();
  const about = { image_id: 'other', name: 'renamed', metadata: { a: 'b' } };
  await world.refit(uuid, { is: 'rebuild', about });
  await world.rest();
  const after = serverIn(world, uuid);
  const seenIn = ({ image_id, name, metadata, vm_state }: typeof after) => [
    ...[image_id, name, metadata, vm_state],
  ];
  deepEqual(seenIn(after), seenIn(before));
  deepEqual(heldBy(world, uuid), held);
  equal(world.ends('rebuild-server'), 'undone');
  deepEqual(world.broken(), []);
});

test('an image that is deleted while it is saved is not made again', async () => {
  const world = await worldWith('upload', 'drop');
  const uuid = await made(world);
  world.arm();
  world.onStrike = () => void dropImages(world);
  await world.createImage(uuid);
  await world.rest();
  equal(world.ends('image-server'), 'undone');
  equal(seen(world).rows(images).size, 0);
  equal(serverIn(world, uuid).task_state, null);
  deepEqual(world.broken(), []);
});

test('a delete that can be taken back waits for what is under way, and cancels nothing', async () => {
  const world = await worldWith('none', 'refuse', 1, restorable);
  const uuid = await made(world);
  const before = serverIn(world, uuid).host;
  await world.migrate(uuid);
  await world.destroy(uuid);
  await world.rest();
  const { host, vm_state, task_state, run_id } = serverIn(world, uuid);
  deepEqual([vm_state, task_state, run_id, host === before], ['soft-delete', null, null, false]);
  equal(world.ends('live-migrate'), 'done');
  equal(linesOf(world, 'off').length, 1);
  deepEqual(world.broken(), []);
});
