/**
 * Facts about a host by the names that flavors (`capabilities:`) and hints (`query`) use.
 *
 *   host hypervisor_hostname hypervisor_type hypervisor_version host_ip cpu_info:…
 *   vcpus_total vcpus_used total_usable_ram_mb free_ram_mb free_disk_gb num_instances num_io_ops
 */
import { DISK_GB, MEMORY_MB, VCPU } from '../ledger/standard.ts';
import type { HostView } from './host-view.ts';

const FACTS: Readonly<Record<string, (host: HostView) => unknown>> = {
  host: ({ row }) => row.name,
  hypervisor_hostname: ({ row }) => row.name,
  hypervisor_type: ({ row }) => row.hypervisor_type,
  hypervisor_version: ({ row }) => row.hypervisor_version,
  host_ip: ({ row }) => row.host_ip,
  cpu_info: ({ row }) => row.cpu_info,
  vcpus_total: (host) => totalOf(host, VCPU),
  vcpus_used: (host) => usedOf(host, VCPU),
  total_usable_ram_mb: (host) => totalOf(host, MEMORY_MB),
  free_ram_mb: (host) => totalOf(host, MEMORY_MB) - usedOf(host, MEMORY_MB),
  free_disk_gb: (host) => totalOf(host, DISK_GB) - usedOf(host, DISK_GB),
  num_instances: (host) => host.consumers,
  num_io_ops: (host) => host.busy,
};

/** Undefined: nothing is known by that path. */
export function factOf(host: HostView, [first = '', ...rest]: readonly string[]): unknown {
  let fact = Object.hasOwn(FACTS, first) ? FACTS[first]?.(host) : undefined;
  for (const step of rest) {
    const inside = typeof fact === 'object' && fact !== null && Object.hasOwn(fact, step);
    fact = inside ? (fact as Record<string, unknown>)[step] : undefined;
  }
  return fact;
}

/** Of the host itself, without over-commit: what there is, not what is promised. */
const totalOf = ({ books, provider_id }: HostView, class_id: number): number =>
  books.inventory(provider_id, class_id)?.total ?? 0;
const usedOf = ({ books, provider_id }: HostView, class_id: number): number =>
  books.column(class_id).used[provider_id] ?? 0;
