/** What the scenarios of resizes and cold migrations share: a server, resized or not, and looks. */
import { deepEqual, equal } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import { runs } from '../../core/conductor/rows.ts';
import { resizes } from '../../core/servers/resizes.ts';
import type { FlavorRow } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, seen, serverIn } from './tale.fixture.ts';

export const medium = present(plainFlavors[1], 'a flavor');
export const SMALL = { VCPU: 1, MEMORY_MB: 1024, DISK_GB: 10 };
export const MEDIUM = { VCPU: 2, MEMORY_MB: 4096, DISK_GB: 10 };
export const HOSTS = ['h1', 'h2', 'h3'];

export async function made(world: LittleWorld, about: { flavor?: FlavorRow } = {}) {
  const uuid = await world.create(about);
  await world.rest();
  const source = present(serverIn(world, uuid).host, 'a host');
  return { uuid, source, others: HOSTS.filter((host) => host !== source) };
}

type Begun = { readonly is: string; readonly value?: unknown } | undefined;
export const runIdOf = (reply: Begun): string =>
  (reply?.is === 'done' ? (reply.value as { run_id: string }) : { run_id: '' }).run_id;

/** A server that was resized; nobody has confirmed it. */
export async function resized(
  world: LittleWorld,
  flavor = medium,
  about: { flavor?: FlavorRow } = {},
) {
  const { uuid, source } = await made(world, about);
  const migration = runIdOf(await world.resize(uuid, flavor));
  await world.rest();
  const { host, vm_state } = serverIn(world, uuid);
  equal(vm_state, 'resized');
  return { uuid, source, migration, destination: present(host, 'a host') };
}

/** As it was: on its source, which it holds, and nothing else is held for it. */
export function asItWas(world: LittleWorld, uuid: string, source: string, migration: string): void {
  const { host, vm_state, flavor, task_state } = serverIn(world, uuid);
  deepEqual([host, vm_state, flavor.name, task_state], [source, 'active', 'small', null]);
  deepEqual(heldBy(world, uuid), { [source]: SMALL });
  deepEqual(heldBy(world, migration), {});
  equal(seen(world).rows(resizes).size, 0);
}

export const faultOf = (world: LittleWorld, run: string): string =>
  seen(world).rows(runs).get(run)?.error?.message ?? '';
