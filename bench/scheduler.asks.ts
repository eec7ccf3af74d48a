/**
 * What the scheduler's benchmark asks for, by kind, and what hosts have for it.
 *
 *   plain          six sizes of CPU, memory and disk, half of them with a trait that half the hosts
 *                  have: twelve request classes
 *   numa-device    one or two NUMA nodes whose vCPUs have CPUs of their own, some isolate threads;
 *                  half of them with a virtual function near one of their nodes
 *   affinity       members of groups that must share a host, eight a group
 *   anti-affinity  members of groups that must not, eight a group
 */
import type { DeviceAsk } from '../src/core/devices/alias.ts';
import type { Ask, GuestNode } from '../src/core/scheduler/ask.ts';
import { STANDARD_OPTIONS } from '../src/core/scheduler/filter-options.ts';

export const kinds = ['plain', 'numa-device', 'affinity', 'anti-affinity'] as const;
export type Kind = (typeof kinds)[number];

export const TRAIT = 'HW_CPU_X86_AVX2';
export const MEMBERS = 8;
export const groupName = (at: number): string => `group-${at}`;

const SIZES: readonly number[] = [1, 2, 4, 8, 12, 16];
const MEMORY_MIB_A_VCPU = 2048;

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;

/** `at`: how many were asked for before it, which tells its group. */
export function askOf(kind: Kind, server_uuid: string, at: number): Ask {
  const vcpus = pick(kind === 'plain' ? SIZES : [2, 4, 8]);
  const nodes = kind === 'numa-device' ? pinnedNodes(vcpus, pick([1, 2])) : [];
  const grouped = kind === 'affinity' || kind === 'anti-affinity';
  const own = kind === 'numa-device' ? { PCPU: vcpus } : { VCPU: vcpus };
  return {
    ...nothingElse,
    server_uuid,
    resources: { ...own, MEMORY_MB: vcpus * MEMORY_MIB_A_VCPU, DISK_GB: 20 },
    required_traits: kind === 'plain' && Math.random() < 0.5 ? [TRAIT] : [],
    nodes,
    ...(kind === 'numa-device' && at % 2 === 0 && { devices: [VIRTUAL_FUNCTION] }),
    group: grouped ? { uuid: groupName(Math.floor(at / MEMBERS)), domain: '' } : null,
  };
}

const VIRTUAL_FUNCTION: DeviceAsk = {
  alias: 'vf',
  count: 1,
  kind: 'VF',
  numa: 'required',
  any_of: [
    {
      vendor_id: '8086',
      product_id: null,
      resource_class: null,
      traits: [],
      live_migratable: null,
    },
  ],
};

function pinnedNodes(vcpus: number, count: number): readonly GuestNode[] {
  const each = vcpus / count;
  const threads = pick(['prefer', 'prefer', 'isolate'] as const);
  return Array.from({ length: count }, (_, node) => ({
    vcpus: 0,
    memory_mib: each * MEMORY_MIB_A_VCPU,
    pinned: {
      vcpus: Array.from({ length: each }, (_, at) => node * each + at),
      threads,
      emulator: false,
    },
  }));
}

const nothingElse: Omit<Ask, 'server_uuid' | 'resources' | 'required_traits' | 'nodes' | 'group'> =
  {
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
    availability_zone: null,
    ignore_hosts: [],
    only_hosts: null,
    policy: 'spread',
  };
