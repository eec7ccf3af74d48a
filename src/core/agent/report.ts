/** A host's report, made of what its machine says and what its operator configured. */
import type { HostReport, ReportedInventory } from '../fleet/report.ts';
import type { Guest, Machine } from '../ports/hypervisor.ts';
import type { GuestReport, GuestSpec } from '../ports/order.ts';
import type { HostConfig } from './config.ts';
import { cellsOf, cpuTotals, isThreaded } from './cpus.ts';
import { reportedDevices, socketTraits } from './devices.ts';

/** Nobody is promised a part of a CPU of his own. */
const OWN_CPU_RATIO = 1;

export function reportOf(
  about: { readonly host: string; readonly uuid: string; readonly incarnation: number },
  config: HostConfig,
  machine: Machine,
  guests: readonly Guest[],
): HostReport {
  const { host, uuid, incarnation } = about;
  const { hypervisor_type, hypervisor_version, cpu_info } = machine;
  const threaded = isThreaded(machine) ? ['HW_CPU_HYPERTHREADING'] : [];
  const of = [...threaded, ...socketTraits(machine)];
  return {
    host,
    uuid,
    incarnation,
    host_ip: config.host_ip,
    availability_zone: config.availability_zone,
    hypervisor_type,
    hypervisor_version,
    cpu_info,
    inventories: [...scalarsOf(machine, config), ...config.inventories],
    cells: cellsOf(machine, config),
    devices: reportedDevices(uuid, machine, config),
    ...(machine.booted_at_ms !== undefined && { booted_at_ms: machine.booted_at_ms }),
    ...(config.tells_metrics && machine.metrics && { metrics: machine.metrics }),
    traits: [...new Set(['COMPUTE_NODE', ...of, ...machine.traits, ...config.traits])],
    aggregates: config.aggregates,
    ...(config.below.length > 0 && { below: config.below }),
    guests: guests.map(guestReport),
  };
}

/** What every machine has; of what there is none is left out, since no inventory is empty. */
export function scalarsOf(machine: Machine, config: HostConfig): ReportedInventory[] {
  const { initial_ratios: initial } = config;
  const { shared, own } = cpuTotals(machine, config);
  const all: ReportedInventory[] = [
    {
      resource_class: 'VCPU',
      total: shared,
      reserved: config.reserved_cores,
      allocation_ratio: config.cpu_ratio,
      initial_ratio: initial.cpu,
    },
    {
      resource_class: 'PCPU',
      total: own,
      reserved: 0,
      allocation_ratio: OWN_CPU_RATIO,
      initial_ratio: OWN_CPU_RATIO,
    },
    {
      resource_class: 'MEMORY_MB',
      total: machine.memory_mib,
      reserved: config.reserved_memory_mib,
      ...overheadOf(config.guest_overhead_mib),
      allocation_ratio: config.memory_ratio,
      initial_ratio: initial.memory,
    },
    {
      resource_class: 'DISK_GB',
      total: machine.disk_gib,
      reserved: config.reserved_disk_gib,
      ...overheadOf(config.guest_overhead_gib),
      allocation_ratio: config.disk_ratio,
      initial_ratio: initial.disk,
    },
  ];
  return all.filter(({ total }) => total > 0);
}

/** Not said where there is none: an earlier control plane does not know the word. */
const overheadOf = (overhead: number) => (overhead === 0 ? {} : { overhead });

export const guestReport = ({
  spec,
  power,
  made_by,
  switched_by,
  awaited,
  parked,
}: Guest): GuestReport => ({
  uuid: spec.uuid,
  power,
  vcpus: spec.vcpus + emulatorCpus(spec),
  memory_mib: spec.memory_mib,
  disk_gib: spec.disk_gib,
  made_by,
  switched_by,
  awaited,
  parked,
  nodes: spec.nodes,
  ...(spec.devices && { devices: spec.devices.map(({ id }) => id) }),
});

/** Held like vCPUs, though the guest does not see them. */
const emulatorCpus = ({ nodes }: GuestSpec): number =>
  nodes.flatMap(({ pins = [] }) => pins).filter(({ use }) => use === 'emulator').length;
