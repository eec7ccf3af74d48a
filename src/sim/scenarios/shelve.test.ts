/**
 * Goal: shelving and unshelving, told row by row (8.4 and 8.6 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 *
 * Watched to be caught: a zone that is not kept, a quota that is not asked.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { hosts } from '../../core/fleet/rows.ts';
import { done } from '../../core/ports/reply.ts';
import { quotas } from '../../core/servers/quota-rows.ts';
import { images } from '../../core/servers/rows.ts';
import { PROJECT } from '../asks.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

async function made(world: LittleWorld): Promise<{ uuid: string; home: string }> {
  const uuid = await world.create();
  await world.rest();
  return { uuid, home: homeOf(world, uuid) };
}

const homeOf = (world: LittleWorld, uuid: string): string => serverIn(world, uuid).host ?? '';
const hostsOf = (world: LittleWorld, uuid: string): string[] => Object.keys(heldBy(world, uuid));

async function shelved(world: LittleWorld): Promise<string> {
  const { uuid } = await made(world);
  await world.shelve(uuid);
  await world.rest();
  equal(serverIn(world, uuid).vm_state, 'shelved_offloaded');
  return uuid;
}

tell({
  'ACC-085 shelved and offloaded it holds nothing; unshelved it holds where it is': async (
    open,
  ) => {
    const world = await open();
    const uuid = await shelved(world);
    deepEqual(hostsOf(world, uuid), []);
    equal(homeOf(world, uuid), '');
    for (const named of [null, 'h3']) {
      const [image, ...others] = [...seen(world).rows(images).values()];
      deepEqual([image?.name, image?.status, others.length], ['server-shelved', 'active', 0]);
      ok((image?.size_bytes ?? 0) > 0, 'its disk is nowhere');
      await world.unshelve(uuid, { host: named });
      await world.rest();
      const { vm_state, host } = serverIn(world, uuid);
      equal(vm_state, 'active');
      deepEqual(hostsOf(world, uuid), [host]);
      equal(seen(world).rows(images).size, 0);
      if (named !== null) equal(host, named);
      await world.shelve(uuid);
      await world.rest();
    }
  },

  'ACC-085 shelved and not offloaded it holds its place, and starts there again': async (open) => {
    const world = await open('none', 'refuse', 1, { shelved_offload_s: -1 });
    const { uuid, home } = await made(world);
    await world.shelve(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'shelved');
    deepEqual(hostsOf(world, uuid), [home]);
    const elsewhere = await world.unshelve(uuid, { host: 'h1' });
    equal(elsewhere?.is === 'no' && elsewhere.why.why, 'wrong-state');
    await world.unshelve(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    equal(homeOf(world, uuid), home);
  },

  'ACC-085 a disk that cannot be kept: it stays shelved where it is, and holds its place': async (
    open,
  ) => {
    const world = await open('upload', 'refuse', 1);
    const { uuid, home } = await made(world);
    world.arm();
    await world.shelve(uuid);
    await world.rest();
    const { vm_state, task_state } = serverIn(world, uuid);
    deepEqual([vm_state, task_state, hostsOf(world, uuid)], ['shelved', null, [home]]);
    equal(seen(world).rows(images).size, 0);
    await world.shelveOffload(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'shelved_offloaded');
  },

  'ACC-086 a host that cannot start it is freed, and it stays on the shelf': async (open) => {
    const world = await open('boot', 'refuse', 99);
    const uuid = await shelved(world);
    world.arm();
    await world.unshelve(uuid, { host: 'h2' });
    await world.rest();
    const { vm_state, task_state } = serverIn(world, uuid);
    deepEqual([vm_state, task_state, homeOf(world, uuid)], ['shelved_offloaded', null, '']);
    deepEqual(hostsOf(world, uuid), []);
  },

  'ACC-088 an audit while it is unshelved frees nothing': async (open) => {
    const world = await open('boot', 'deaf', 1);
    const uuid = await shelved(world);
    world.arm();
    await world.unshelve(uuid, { host: 'h2' });
    await world.until(() => (linesOf(world, 'boot')[1]?.attempts ?? 0) > 0);
    await world.audit('h2');
    deepEqual(hostsOf(world, uuid), ['h2']);
    await world.rest();
    deepEqual([serverIn(world, uuid).vm_state, hostsOf(world, uuid)], ['active', ['h2']]);
  },

  'ACC-089 zone and host at unshelving: what fits is kept, what fails changes nothing': async (
    open,
  ) => {
    const world = await open();
    await world.write((draft) => {
      const row = draft.rows(hosts).get('h3');
      ok(row !== undefined);
      return done(draft.put(hosts, { ...row, availability_zone: 'far' }));
    });
    const uuid = await shelved(world);
    const apart = await world.unshelve(uuid, { host: 'h1', availability_zone: 'far' });
    ok(apart?.is === 'no' && apart.why.why === 'wrong-state');
    match(apart.why.message, /not in the availability zone/);
    await world.unshelve(uuid, { host: null, availability_zone: 'nowhere' });
    await world.rest();
    const { vm_state, availability_zone } = serverIn(world, uuid);
    deepEqual([vm_state, availability_zone], ['shelved_offloaded', null]);
    for (const [host, zone, kept] of combinations) {
      const to = zone === undefined ? { host } : { host, availability_zone: zone };
      const before = serverIn(world, uuid);
      const reply = await world.unshelve(uuid, to);
      await world.rest();
      if (kept === REFUSED) {
        equal(reply?.is === 'no' && reply.why.why, 'wrong-state', `${host} ${zone}`);
        deepEqual(serverIn(world, uuid), before);
        continue;
      }
      const { host: there, availability_zone: pinned } = serverIn(world, uuid);
      deepEqual([pinned, zoneOf(world, there ?? '')], [kept, kept ?? zoneOf(world, there ?? '')]);
      if (host !== null) equal(there, host);
      await world.shelve(uuid);
      await world.rest();
    }
  },

  'ACC-110 unshelving over quota is refused, and counts again once there is room': async (open) => {
    const world = await open();
    const uuid = await shelved(world);
    const limit = async (limits: Record<string, number>) =>
      world.write((draft) => done(draft.put(quotas, { project_id: PROJECT, user_id: '', limits })));
    await limit({ cores: 0 });
    const refused = await world.unshelve(uuid);
    equal(refused?.is === 'no' && refused.why.why, 'over-quota');
    await limit({ cores: 1, ram: -1 });
    equal((await world.unshelve(uuid))?.is, 'done');
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
  },
});

const REFUSED = 'refused';

/** host asked for, zone asked for (left out: as before), zone that it is pinned to then. */
const combinations: readonly (readonly [
  string | null,
  string | null | undefined,
  string | null,
])[] = [
  [null, undefined, null],
  ['h2', undefined, null],
  [null, 'far', 'far'],
  ['h3', undefined, 'far'],
  ['h1', 'nova', 'nova'],
  [null, undefined, 'nova'],
  ['h3', null, null],
  [null, null, null],
  // From no zone: host and zone together. From a zone: a host outside of it, another zone, its own.
  ['h3', 'nova', REFUSED],
  ['h3', 'far', 'far'],
  ['h1', undefined, REFUSED],
  [null, 'nova', 'nova'],
  ['h2', 'nova', 'nova'],
  ['h3', undefined, REFUSED],
  ['h3', 'far', 'far'],
  ['h2', null, null],
];

const zoneOf = (world: LittleWorld, host: string): string =>
  seen(world).rows(hosts).get(host)?.availability_zone ?? '';
