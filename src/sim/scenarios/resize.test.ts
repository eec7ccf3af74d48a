/**
 * Goal: resizes and cold migrations, told row by row (8.2 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong; what
 * each side holds is read from the books at every stop.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, serverIn, tell } from './tale.fixture.ts';

const medium = present(plainFlavors[1], 'a flavor');
const SMALL = { VCPU: 1, MEMORY_MB: 1024, DISK_GB: 10 };
const MEDIUM = { VCPU: 2, MEMORY_MB: 4096, DISK_GB: 10 };

async function made(world: LittleWorld): Promise<{ uuid: string; source: string }> {
  const uuid = await world.create();
  await world.rest();
  return { uuid, source: present(serverIn(world, uuid).host, 'a host') };
}

tell({
  'ACC-020 resize and confirm: the new flavor on the destination, the source free': async (
    open,
  ) => {
    const world = await open();
    const { uuid, source } = await made(world);
    const begun = await world.resize(uuid, medium);
    const migration = begun?.is === 'done' ? begun.value.run_id : '';
    await world.rest();
    const { host, vm_state, flavor } = serverIn(world, uuid);
    ok(host !== null && host !== source);
    deepEqual([vm_state, flavor.name], ['resized', 'medium']);
    deepEqual(heldBy(world, uuid), { [host]: MEDIUM });
    deepEqual(heldBy(world, migration), { [source]: SMALL });
    deepEqual(world.broken(), []);
    await world.confirmResize(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    deepEqual(heldBy(world, uuid), { [host]: MEDIUM });
    deepEqual(heldBy(world, migration), {});
  },
});
