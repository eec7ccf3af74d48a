/** Flavors as the compute API shows them, by microversion. */
import type { FlavorRow } from '../../servers/rows.ts';
import { type Ask, linksOf } from './route.ts';

export const flavorView = (row: FlavorRow, ask: Ask) => ({
  id: row.id,
  name: row.name,
  ram: row.memory_mib,
  vcpus: row.vcpus,
  disk: row.disk_gib,
  swap: row.swap_mib === 0 && ask.version < 75 ? '' : row.swap_mib,
  'OS-FLV-EXT-DATA:ephemeral': row.ephemeral_gib,
  'OS-FLV-DISABLED:disabled': false,
  'os-flavor-access:is_public': row.is_public,
  rxtx_factor: row.rxtx_factor,
  ...(ask.version >= 55 ? { description: row.description } : {}),
  ...(ask.version >= 61 ? { extra_specs: row.extra_specs } : {}),
  links: linksOf(ask, `flavors/${row.id}`),
});

export const flavorBrief = (row: FlavorRow, ask: Ask) => ({
  id: row.id,
  name: row.name,
  ...(ask.version >= 55 ? { description: row.description } : {}),
  links: linksOf(ask, `flavors/${row.id}`),
});

/** As it is shown inside a server: a pointer below 2.47, the flavor itself from there on. */
export const flavorOfServer = (row: FlavorRow, ask: Ask) =>
  ask.version < 47
    ? { id: row.id, links: linksOf(ask, `flavors/${row.id}`).slice(1) }
    : {
        vcpus: row.vcpus,
        ram: row.memory_mib,
        disk: row.disk_gib,
        ephemeral: row.ephemeral_gib,
        swap: row.swap_mib,
        original_name: row.name,
        extra_specs: row.extra_specs,
      };
