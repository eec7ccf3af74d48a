/** What the scheduler's benchmark asks for: a few flavors, some with NUMA nodes, some in groups. */
import type { HostRow } from '../src/core/fleet/rows.ts';
import type { ProviderRow } from '../src/core/ledger/rows.ts';
import type { Ask, PolicyName } from '../src/core/scheduler/ask.ts';
import { STANDARD_OPTIONS } from '../src/core/scheduler/filter-options.ts';

const flavors: readonly { readonly vcpus: number; readonly nodes: number }[] = [
  { vcpus: 1, nodes: 0 },
  { vcpus: 2, nodes: 0 },
  { vcpus: 4, nodes: 0 },
  { vcpus: 2, nodes: 1 },
  { vcpus: 4, nodes: 1 },
  { vcpus: 8, nodes: 2 },
];
const policies: readonly PolicyName[] = ['spread', 'pack', 'balanced'];
const MEMORY_MIB_A_VCPU = 2048;
const SERVERS_IN_GROUPS = 0.2;
export const GROUP_COUNT = 400;
export const groupName = (at: number): string => `group-${at}`;

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;

export function anyAsk(server_uuid: string): Ask {
  const { vcpus, nodes } = pick(flavors);
  const memory_mib = vcpus * MEMORY_MIB_A_VCPU;
  const node = { vcpus: vcpus / nodes, memory_mib: memory_mib / nodes };
  const grouped = Math.random() < SERVERS_IN_GROUPS;
  const uuid = groupName(Math.floor(Math.random() * GROUP_COUNT));
  return {
    server_uuid,
    resources: { VCPU: vcpus, MEMORY_MB: memory_mib, DISK_GB: 20 },
    required_traits: [],
    forbidden_traits: [],
    groups: [],
    group_policy: 'none',
    about: {
      project_id: 'p',
      flavor_name: 'any',
      specs: {},
      image_id: null,
      image: {},
      hints: {},
      options: STANDARD_OPTIONS,
    },
    nodes: Array.from({ length: nodes }, () => node),
    availability_zone: null,
    group: grouped ? { uuid, domain: '' } : null,
    ignore_hosts: [],
    only_hosts: null,
    policy: pick(policies),
  };
}

export const hostRow = ({ id, uuid, name }: ProviderRow, now_ms: number): HostRow => ({
  name,
  uuid,
  provider_id: id,
  availability_zone: 'nova',
  status: 'enabled',
  disabled_reason: null,
  forced_down: false,
  state: 'up',
  hypervisor_type: 'simulated',
  hypervisor_version: 1,
  cpu_info: {},
  host_ip: '127.0.0.1',
  incarnation: 1,
  heard_at_ms: now_ms,
  created_at_ms: now_ms,
});
