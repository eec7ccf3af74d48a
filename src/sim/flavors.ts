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

const pinned = { 'hw:cpu_policy': 'dedicated' };

/** CPUs of their own, memory in pages, or both. */
export const exactFlavors = [
  flavor('pinned', 2, 1024, pinned),
  flavor('pinned-with-emulator', 1, 1024, { ...pinned, 'hw:emulator_threads_policy': 'isolate' }),
  flavor('pinned-two-node', 4, 2048, { ...pinned, 'hw:numa_nodes': '2' }),
  flavor('pinned-by-core', 2, 1024, { ...pinned, 'hw:cpu_thread_policy': 'require' }),
  flavor('mixed', 3, 1024, {
    'hw:cpu_policy': 'mixed',
    'hw:cpu_dedicated_mask': '^0',
    'hw:mem_page_size': 'any',
  }),
  flavor('paged', 1, 512, { 'hw:mem_page_size': '2MB' }),
  flavor('paged-and-pinned', 2, 1024, { ...pinned, 'hw:mem_page_size': 'large' }),
  flavor('small-pages', 1, 512, { 'hw:mem_page_size': 'small' }),
];

const ALIAS = 'pci_passthrough:alias';
const devices = (said: string) => ({ [ALIAS]: said });

/** Devices of their own: near their cells, whole, in parts, persistent memory, by amount alone. */
export const deviceFlavors = [
  flavor('card', 1, 1024, { ...devices('card:1'), 'hw:numa_nodes': '1' }),
  flavor('two-cards', 2, 1024, { ...devices('any-card:2'), 'hw:numa_nodes': '1' }),
  flavor('whole', 1, 1024, devices('whole:1')),
  flavor('part', 1, 512, devices('part:1')),
  flavor('parts-and-card', 2, 1024, devices('part:2,any-card:1')),
  flavor('namespace', 1, 512, { 'hw:pmem': '4GB' }),
  flavor('namespaces', 2, 1024, { 'hw:pmem': '4GB,LARGE' }),
  flavor('part-by-amount', 1, 512, { 'resources:CUSTOM_PCI_ABCD_0003': '1' }),
];

/** A CPU of its own, and all of its memory in pages. */
export const littleExact = flavor('little-exact', 1, 256, { ...pinned, 'hw:mem_page_size': '2MB' });

/** And a card. */
export const littleWithCard = flavor('little-with-card', 1, 256, {
  ...littleExact.extra_specs,
  ...devices('any-card:1'),
});

/** The same, with the devices that another asks for. */
export function withDevicesOf(one: FlavorRow, other: FlavorRow): FlavorRow {
  const said = other.extra_specs[ALIAS];
  return said === undefined ? one : { ...one, extra_specs: { ...one.extra_specs, [ALIAS]: said } };
}

/** No two of them go on one host of that size. */
export const mostOf = (memory_mib: number): FlavorRow =>
  flavor('most-of-a-host', 1, Math.ceil(memory_mib * 0.6));

/** One of them fills a host of the little world. */
export const wholeHost = flavor('whole-host', 4, 7168);

export const tooLarge = flavor('too-large', 10_000, 1024);
