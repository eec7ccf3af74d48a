/** Our scheduler on the ledger's books in memory, as a way of choosing. */
import type { Table } from '../src/core/base/table.ts';
import { hosts as hostTable } from '../src/core/fleet/rows.ts';
import { claimAll } from '../src/core/ledger/claim.ts';
import { Draft } from '../src/core/ledger/draft.ts';
import { plainInventory, putInventory } from '../src/core/ledger/inventory.ts';
import { createProvider } from '../src/core/ledger/provider.ts';
import { cells as cellTable, slotGroups } from '../src/core/ledger/rows.ts';
import { MEMORY_MB, seedStandards, VCPU } from '../src/core/ledger/standard.ts';
import { State } from '../src/core/ledger/state.ts';
import { allTables } from '../src/core/replica.ts';
import type { Ask, PolicyName } from '../src/core/scheduler/ask.ts';
import { Scheduler, type SchedulerOptions } from '../src/core/scheduler/decide.ts';
import { STANDARD_OPTIONS } from '../src/core/scheduler/filter-options.ts';
import type { Chooser } from './packing.rivals.ts';
import type { TraceHost, TraceRequest } from './packing.trace.ts';

const HOST = {
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
  heard_at_ms: 0,
  booted_at_ms: null,
  created_at_ms: 0,
} as const;
const PLAIN = {
  required_traits: [],
  forbidden_traits: [],
  groups: [],
  group_policy: 'none',
  availability_zone: null,
  ignore_hosts: [],
  only_hosts: null,
  about: {
    project_id: 'p',
    flavor_name: 'any',
    specs: {},
    image_id: null,
    image: {},
    hints: {},
    options: STANDARD_OPTIONS,
  },
} as const;
const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
const policies = {
  '': 'soft-affinity',
  'anti-affinity': 'anti-affinity',
  fault_domain: 'fault-domain',
  affinity: 'soft-affinity',
} as const satisfies Record<TraceRequest['strategy'], string>;

/** On a fleet of its own; what it chooses it also holds. */
export function ours(
  fleet: readonly TraceHost[],
  policy: PolicyName,
  options: SchedulerOptions = {},
): Chooser {
  const draft = new Draft(new State(allTables as readonly Table[]), 0);
  seedStandards(draft);
  const ids = fleet.map((cells, at) => addHost(draft, `host-${at}`, cells));
  const places = new Map(ids.map((id, at) => [id, at]));
  const scheduler = new Scheduler(options);
  return (_, request) => {
    const ask = askOf(request, policy);
    if (ask.group !== null && !draft.books.slotGroups.has(ask.group.uuid)) {
      const slotPolicy = policies[request.strategy];
      draft.put(slotGroups, { uuid: ask.group.uuid, policy: slotPolicy, max_per_host: 1 });
    }
    const decided = scheduler.decide(draft, ask);
    if (decided.is === 'no') return null;
    const { amounts, cells, slots, provider_id } = decided.value;
    const consumer_uuid = ask.server_uuid;
    const held = claimAll(draft, [{ consumer_uuid, ...OWNER, amounts, cells, slots }]);
    if (held.is === 'no') throw new Error(`what was chosen cannot be claimed`);
    return { host: places.get(provider_id) as number, cells: cells.map(({ cell }) => cell) };
  };
}

function addHost(draft: Draft, name: string, cells: TraceHost): number {
  const made = createProvider(draft, { uuid: name, name, parent_uuid: null });
  if (made.is === 'no') throw new Error(`${name} is there twice`);
  const { id } = made.value;
  const total = (of: 'vcpus' | 'memory_mib') => cells.reduce((sum, cell) => sum + cell[of], 0);
  putInventory(draft, id, plainInventory(VCPU, total('vcpus')));
  putInventory(draft, id, plainInventory(MEMORY_MB, total('memory_mib')));
  for (const [cell, size] of cells.entries()) {
    const { vcpus, memory_mib } = size;
    const whole = { vcpus, cpus: vcpus, memory_mib, memory_limit_mib: memory_mib };
    draft.put(cellTable, { provider_id: id, cell, ...whole });
  }
  draft.put(hostTable, { ...HOST, name, uuid: name, provider_id: id });
  return id;
}

const askOf = (request: TraceRequest, policy: PolicyName): Ask => {
  const { at, vcpus, memory_mib, nodes, group, domain, strategy } = request;
  const node = { vcpus: vcpus / nodes, memory_mib: memory_mib / nodes };
  return {
    ...PLAIN,
    server_uuid: `request-${at}`,
    resources: { VCPU: vcpus, MEMORY_MB: memory_mib },
    nodes: Array.from({ length: nodes }, () => node),
    group:
      group === null ? null : { uuid: group, domain: strategy === 'fault_domain' ? domain : '' },
    policy,
  };
};
