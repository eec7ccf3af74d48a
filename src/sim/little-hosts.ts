/** The hosts of a little world (little-world.ts): what each has, and what really runs on them. */
import { namespacesOf, simDevices, simLabels, simSpecs } from './devices.ts';
import type { LittleWorldAbout } from './little-about.ts';
import type { LittleHost } from './little-desk.ts';

/** The same for each of them. */
export function partsOf({ cards_per_cell = 0, namespaces = {} }: LittleWorldAbout) {
  const pmem = simLabels(namespaces);
  const sets = { cpu_shared_set: [0, 1, 2, 3], cpu_dedicated_set: [4, 5, 6, 7] };
  return {
    ...{ cores: 8, threads: 2, memory_mib: 9216, disk_gib: 100, pages: { 2048: 512 } },
    devices: simDevices(1, cards_per_cell),
    persistent_memory: namespacesOf(pmem),
    config: { ...sets, devices: simSpecs, pmem },
  };
}

export const watched = (hosts: ReadonlyMap<string, LittleHost>) =>
  [...hosts].map(([name, { hypervisor }]) => ({
    name,
    guests: hypervisor.look().map(({ spec, power, rescued }) => ({
      uuid: spec.uuid,
      image_id: spec.image_id,
      rescued,
      power,
    })),
    aside: hypervisor.lookAside().map(({ spec }) => spec.uuid),
    specs: [...hypervisor.look(), ...hypervisor.lookAside()].map(({ spec }) => spec),
  }));
