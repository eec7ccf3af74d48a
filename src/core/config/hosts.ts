/** What is said of hosts by whoever runs them: what is kept back, ratios, CPUs, devices. */
import { providerConfig } from './common.ts';
import { ratio, whole } from './kinds.ts';
import { aliases, cpus, devices, pages, pmem } from './kinds-of-hosts.ts';
import { type Process, type Setting, setting } from './setting.ts';

const AMOUNT_MAX = 2 ** 31 - 1;
const RATIO_MAX = 1_000_000;
const both: readonly Process[] = ['control plane', 'agent'];
const simulating: readonly Process[] = ['control plane'];

// ── kept back ────────────────────────────────────────────────────────────────────────────────

const amount = (key: string, unit: string, says: string) =>
  setting(whole(0, AMOUNT_MAX), { key, unit, says, otherwise: '0', read_by: both });

export const reservedCpus = amount(
  'default.reserved_host_cpus',
  'CPUs',
  'CPUs of a host that guests do not get.',
);
export const reservedMemory = amount(
  'default.reserved_host_memory_mb',
  'MiB',
  'Memory of a host that guests do not get.',
);
export const reservedDisk = amount(
  'default.reserved_host_disk_mb',
  'MiB',
  'Disk of a host that guests do not get, in whole GiB, rounded up.',
);
export const guestOverhead = amount(
  'plimsoll.guest_overhead_mib',
  'MiB',
  "Memory that running a guest takes beside the guest's own.",
);

export const guestOverheadDisk = amount(
  'plimsoll.guest_overhead_gib',
  'GiB',
  "Disk that running a guest takes beside the guest's own.",
);

export const reservedPages = setting(pages, {
  key: 'default.reserved_huge_pages',
  says: 'Pages of a host that guests do not get.',
  unit: 'pages',
  otherwise: 'none',
  read_by: both,
});

// ── ratios ───────────────────────────────────────────────────────────────────────────────────

const ratioOf = (name: string, of: string) =>
  setting(ratio({ least: 0, most: RATIO_MAX }), {
    key: `default.${name}_allocation_ratio`,
    says: `How often each unit of a host's ${of} may be given; 0: as if not said.`,
    unit: null,
    otherwise: 'what the provider has, at first the initial ratio',
    read_by: both,
  });

const initialOf = (name: string, of: string, at_first: string) =>
  setting(ratio({ least: 0, above: true, most: RATIO_MAX }), {
    key: `default.initial_${name}_allocation_ratio`,
    says: `The ratio of ${of} that a host has before anybody says another.`,
    unit: null,
    default: at_first,
    read_by: both,
  });

export const ratios = {
  cpu: ratioOf('cpu', 'CPUs'),
  memory: ratioOf('ram', 'memory'),
  disk: ratioOf('disk', 'disk'),
};
export const initialRatios = {
  cpu: initialOf('cpu', 'CPUs', '4'),
  memory: initialOf('ram', 'memory', '1'),
  disk: initialOf('disk', 'disk', '1'),
};

// ── CPUs ─────────────────────────────────────────────────────────────────────────────────────

export const sharedCpus = setting(cpus, {
  key: 'compute.cpu_shared_set',
  says: 'CPUs of a host that guests share.',
  unit: 'CPUs',
  otherwise: 'all; none with a dedicated set',
  read_by: both,
});

export const dedicatedCpus = setting(cpus, {
  key: 'compute.cpu_dedicated_set',
  says: 'CPUs of a host that a guest may have to itself.',
  unit: 'CPUs',
  otherwise: 'none',
  read_by: both,
});

export const simulated = {
  shared: setting(cpus, {
    key: 'simulated.cpu_shared_set',
    flag: 'cpu-shared-set',
    placeholder: 'SET',
    says: 'CPUs of each simulated host that guests share.',
    unit: 'CPUs',
    otherwise: '0-7,12-19',
    upstream: '[compute] cpu_shared_set',
    read_by: simulating,
  }),
  dedicated: setting(cpus, {
    key: 'simulated.cpu_dedicated_set',
    flag: 'cpu-dedicated-set',
    placeholder: 'SET',
    says: 'CPUs of each simulated host that a guest may have to itself.',
    unit: 'CPUs',
    otherwise: '8-11,20-23',
    upstream: '[compute] cpu_dedicated_set',
    read_by: simulating,
  }),
  pages: setting(pages, {
    key: 'simulated.reserved_huge_pages',
    flag: 'reserved-huge-pages',
    placeholder: 'P',
    says: 'Pages of each simulated host that guests do not get, e.g. node:0,size:2MB,count:64.',
    unit: 'pages',
    otherwise: 'none',
    upstream: '[DEFAULT] reserved_huge_pages',
    read_by: simulating,
  }),
};

// ── devices ──────────────────────────────────────────────────────────────────────────────────

export const deviceSpec = setting(devices, {
  key: 'pci.device_spec',
  says: 'Which devices of hosts guests may have to themselves.',
  unit: null,
  otherwise: "the simulated hosts'; to an agent none",
  read_by: both,
});

export const deviceAlias = setting(aliases, {
  key: 'pci.alias',
  says: 'The names by which flavors ask for devices.',
  unit: null,
  otherwise: "gpu, nic and vf, of the simulated hosts'",
  read_by: simulating,
});

export const pmemNamespaces = setting(pmem, {
  key: 'libvirt.pmem_namespaces',
  says: 'Namespaces of persistent memory of each simulated host, by the labels that flavors name.',
  unit: null,
  otherwise: 'none',
  read_by: simulating,
});

export const hostSettings: readonly Setting<unknown>[] = [
  ...[simulated.shared, simulated.dedicated, simulated.pages, providerConfig],
  ...[reservedCpus, reservedMemory, reservedDisk, reservedPages, guestOverhead, guestOverheadDisk],
  ...Object.values(ratios),
  ...Object.values(initialRatios),
  ...[sharedCpus, dedicatedCpus, deviceSpec, deviceAlias, pmemNamespaces],
];
