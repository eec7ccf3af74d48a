/** The flavors of simulated clients: from one that fits anywhere to one that fits nowhere. */
import type { FlavorRow } from '../core/servers/rows.ts';

const flavor = (
  name: string,
  vcpus: number,
  memory_mib: number,
  extra_specs: Readonly<Record<string, string>> = {},
): FlavorRow => ({
  id: name,
  name,
  vcpus,
  memory_mib,
  disk_gib: 10,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs,
  access: [],
  created_at_ms: 0,
});

export const plainFlavors = [
  flavor('small', 1, 1024),
  flavor('medium', 2, 4096),
  flavor('large', 4, 8192),
];

export const twoNodeFlavors = [
  flavor('two-node', 2, 2048, { 'hw:numa_nodes': '2' }),
  flavor('two-node-large', 4, 8192, { 'hw:numa_nodes': '2' }),
];

/** One of them fills a host of the little world. */
export const wholeHost = flavor('whole-host', 4, 7168);

export const tooLarge = flavor('too-large', 10_000, 1024);
