/**
 * Hypervisors as the compute API shows them, by microversion.
 *
 *   2.1 numbers for ids, cpu_info as text · 2.28 cpu_info as an object · 2.53 UUIDs, servers
 *   2.88 no capacity (Placement has it), uptime instead
 */
import type { HostRow } from '../../fleet/rows.ts';
import { isUp } from '../../fleet/status.ts';
import type { View } from '../../ledger/draft.ts';
import { type ServerRow, servers } from '../../servers/rows.ts';
import { uptime } from '../times.ts';
import type { Ask } from './route.ts';

/** What a host has and what is held of it, as the ledger says. */
export interface Capacity {
  readonly vcpus: number;
  readonly vcpus_used: number;
  readonly memory_mib: number;
  readonly memory_used_mib: number;
  readonly disk_gib: number;
  readonly disk_used_gib: number;
  readonly guests: number;
}

/** A host with what else its view needs. */
export interface Shown {
  readonly row: HostRow;
  readonly servers: readonly ServerRow[];
  readonly capacity: Capacity;
}

export function shownOf(view: View, row: HostRow): Shown {
  const there = view.rows(servers).by('host', row.name);
  const [vcpus, vcpus_used] = sumOf(view, row, 'VCPU');
  const [memory_mib, memory_used_mib] = sumOf(view, row, 'MEMORY_MB');
  const [disk_gib, disk_used_gib] = sumOf(view, row, 'DISK_GB');
  const capacity = {
    ...{ vcpus, vcpus_used, memory_mib, memory_used_mib, disk_gib, disk_used_gib },
    guests: there.length,
  };
  return { row, servers: there, capacity };
}

/** What there is and what is held of a class over the whole tree of a host. */
function sumOf({ books }: View, { provider_id }: HostRow, name: string): [number, number] {
  const id = books.classByName.get(name)?.id;
  if (id === undefined || books.providers[provider_id] === undefined) return [0, 0];
  const column = books.column(id);
  let [total, used] = [0, 0];
  for (const provider of books.treeOf(provider_id)) {
    total += books.inventory(provider, id)?.total ?? 0;
    used += column.used[provider] ?? 0;
  }
  return [total, used];
}

export const hypervisorId = (row: HostRow, { version }: Ask): string | number =>
  version >= 53 ? row.uuid : row.provider_id;

/** Up: its agent is heard of, and nobody said that it is dead. */
export const stateOf = (row: HostRow): 'up' | 'down' => (isUp(row) ? 'up' : 'down');

export const hypervisorBrief = ({ row, servers }: Shown, ask: Ask, withServers: boolean) => ({
  id: hypervisorId(row, ask),
  hypervisor_hostname: row.name,
  state: stateOf(row),
  status: row.status,
  ...(withServers && servers.length > 0
    ? { servers: servers.map(({ uuid, name }) => ({ uuid, name })) }
    : {}),
});

/** Null: it is down, or never said when it was started. */
export const uptimeOf = ({ row }: Shown, now_ms: number): string | null =>
  row.booted_at_ms === null || !isUp(row) ? null : uptime(row.booted_at_ms, now_ms);

export const hypervisorView = (shown: Shown, ask: Ask, withServers: boolean, now_ms: number) => ({
  ...hypervisorBrief(shown, ask, withServers),
  host_ip: shown.row.host_ip,
  hypervisor_type: shown.row.hypervisor_type,
  hypervisor_version: shown.row.hypervisor_version,
  service: {
    id: hypervisorId(shown.row, ask),
    host: shown.row.name,
    disabled_reason: shown.row.disabled_reason,
  },
  ...(ask.version < 88 ? capacityView(shown, ask) : { uptime: uptimeOf(shown, now_ms) }),
});

const capacityView = ({ row, capacity }: Shown, { version }: Ask) => ({
  ...statistics([capacity]),
  cpu_info: version < 28 ? JSON.stringify(row.cpu_info) : row.cpu_info,
});

/** The same figures for one host or for all of them together. */
export function statistics(of: readonly Capacity[]) {
  const sum = (name: keyof Capacity) => of.reduce((total, one) => total + one[name], 0);
  return {
    vcpus: sum('vcpus'),
    vcpus_used: sum('vcpus_used'),
    memory_mb: sum('memory_mib'),
    memory_mb_used: sum('memory_used_mib'),
    free_ram_mb: sum('memory_mib') - sum('memory_used_mib'),
    local_gb: sum('disk_gib'),
    local_gb_used: sum('disk_used_gib'),
    free_disk_gb: sum('disk_gib') - sum('disk_used_gib'),
    disk_available_least: sum('disk_gib') - sum('disk_used_gib'),
    running_vms: sum('guests'),
    current_workload: 0,
  };
}
