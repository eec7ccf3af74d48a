/**
 * Goal: persistent memory, told row by row (8.8 of the acceptance table): which namespaces a server
 * holds at each stop of its life, that its guest is told of those and no others, and that one which
 * was let go is nobody's until it is clean. With it, what else only a host's driver can see to.
 * Method: a little world whose hosts have two namespaces of one label and one of another.
 * Mutants that were caught: a namespace that is free at once after its use; a guest that is told of
 * none, or not of how it is to be run; `hw:pmem` without a topology.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import type { FlavorRow } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { resized, runIdOf } from './resize.fixture.ts';
import { heldBy, type Open, seen, serverIn, tell } from './tale.fixture.ts';

const [small, medium] = plainFlavors;
const namespaces = { '4GB': 2, LARGE: 1 };
const SMALL_ONE = 'CUSTOM_PMEM_NAMESPACE_4GB';
const LARGE_ONE = 'CUSTOM_PMEM_NAMESPACE_LARGE';

const withSpecs = (flavor: FlavorRow | undefined, extra_specs: FlavorRow['extra_specs']) => ({
  ...present(flavor, 'a flavor'),
  extra_specs,
});
const one = withSpecs(small, { 'hw:pmem': '4GB' });
const two = withSpecs(medium, { 'hw:pmem': '4GB, large' });

/** The namespaces that a consumer holds, by host. */
const namesOf = (world: LittleWorld, consumer: string): string[] => {
  const { books } = seen(world);
  const held = books.consumers.get(consumer)?.devices ?? [];
  return held.map(({ provider_id, device }) => `${books.row(provider_id).name} ${device}`).sort();
};

const guestOf = (world: LittleWorld, host: string, uuid: string) =>
  world
    .machine(host)
    .look()
    .find(({ spec }) => spec.uuid === uuid)?.spec;

const pmemIn = (held: Record<string, number> | undefined) => [held?.[SMALL_ONE], held?.[LARGE_ONE]];

async function besideItself(open: Open) {
  const world = await open('none', 'refuse', 1, { namespaces, resize_to_same_host: true });
  const uuid = await world.create({ flavor: one });
  await world.rest();
  const source = present(serverIn(world, uuid).host, 'a host');
  await world.closeAllBut(source);
  const move = runIdOf(await world.resize(uuid, two));
  await world.rest();
  deepEqual([serverIn(world, uuid).host, serverIn(world, uuid).vm_state], [source, 'resized']);
  return { world, uuid, source, move };
}

tell({
  'ACC-140 a server boots with a namespace, and its guest is told which': async (open) => {
    const world = await open('none', 'refuse', 1, { namespaces });
    const uuid = await world.create({ flavor: two });
    await world.rest();
    const host = present(serverIn(world, uuid).host, 'a host');
    deepEqual(pmemIn(heldBy(world, uuid)[host]), [1, 1]);
    deepEqual(namesOf(world, uuid), [`${host} pmem:4GB-0`, `${host} pmem:LARGE-0`]);
    const guest = guestOf(world, host, uuid);
    deepEqual(
      guest?.devices?.map(({ address }) => address),
      ['/dev/dax0.0', '/dev/dax0.2'],
    );
    equal(guest?.nodes.length, 1);
  },

  'ACC-140 a namespace that was let go is nobody’s until it is clean': async (open) => {
    const world = await open('none', 'refuse', 1, { namespaces: { LARGE: 1 } });
    const large = withSpecs(small, { 'hw:pmem': 'LARGE' });
    const made: string[] = [];
    for (let at = 0; at < 3; at++) made.push(await world.create({ flavor: large }));
    await world.rest();
    deepEqual(
      made.map((uuid) => serverIn(world, uuid).vm_state),
      ['active', 'active', 'active'],
    );
    await world.destroy(present(made[0], 'one'));
    await world.rest();
    const next = await world.create({ flavor: large });
    await world.rest();
    deepEqual(namesOf(world, next), []);
    equal(serverIn(world, next).vm_state, 'error');
  },

  'ACC-140 a resize has namespaces on both sides; confirmed, only the new ones': async (open) => {
    const world = await open('none', 'refuse', 1, { namespaces });
    const { uuid, source, migration, destination } = await resized(world, two, { flavor: one });
    deepEqual(namesOf(world, uuid), [`${destination} pmem:4GB-0`, `${destination} pmem:LARGE-0`]);
    deepEqual(namesOf(world, migration), [`${source} pmem:4GB-0`]);
    await world.confirmResize(uuid);
    await world.rest();
    deepEqual(namesOf(world, migration), []);
    deepEqual(namesOf(world, uuid), [`${destination} pmem:4GB-0`, `${destination} pmem:LARGE-0`]);
  },

  'ACC-140 a resize on the same host takes another namespace, and gives it back': async (open) => {
    const { world, uuid, source, move } = await besideItself(open);
    deepEqual(namesOf(world, uuid), [`${source} pmem:4GB-1`, `${source} pmem:LARGE-0`]);
    deepEqual(namesOf(world, move), [`${source} pmem:4GB-0`]);
    await world.revertResize(uuid);
    await world.rest();
    deepEqual(namesOf(world, uuid), [`${source} pmem:4GB-0`]);
    deepEqual(namesOf(world, move), []);
    deepEqual(
      guestOf(world, source, uuid)?.devices?.map(({ id }) => id),
      ['pmem:4GB-0'],
    );
  },

  'ACC-140 a resize on the same host that is confirmed lets the old namespace go': async (open) => {
    const { world, uuid, source, move } = await besideItself(open);
    await world.confirmResize(uuid);
    await world.rest();
    deepEqual(namesOf(world, uuid), [`${source} pmem:4GB-1`, `${source} pmem:LARGE-0`]);
    deepEqual(namesOf(world, move), []);
  },

  'ACC-140 locked memory and real time reach the host as they were asked': async (open) => {
    const world = await open();
    const asked = withSpecs(medium, {
      ...{ 'hw:cpu_policy': 'dedicated', 'hw:cpu_realtime': 'true', 'hw:cpu_realtime_mask': '^0' },
      ...{ 'hw:locked_memory': 'true', 'hw:mem_page_size': 'small' },
    });
    const uuid = await world.create({ flavor: asked });
    await world.rest();
    const host = present(serverIn(world, uuid).host, 'a host');
    deepEqual(guestOf(world, host, uuid)?.manner, { locked_memory: true, realtime_vcpus: [1] });
  },
});
