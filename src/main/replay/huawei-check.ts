/**
 * Judges a replay from the trace and the rows in the database alone: no rule is looked up in the
 * system that was to keep it.
 *
 *   V1  a request sits on one host, in as many of its cells as it has nodes, an equal part in each,
 *       and holds there the CPUs and the memory that it asked for;
 *   V2  no cell holds more CPUs or memory than the trace gives it;
 *   V3  no two of an anti-affinity group are on one host;
 *   V4  two of a fault-domain group are on one host only if their domain is the same.
 */

import { present } from '../../core/base/units.ts';
import { MEMORY_MB, VCPU } from '../../core/ledger/standard.ts';
import { grouped } from './grouped.ts';
import type { TraceRequest, TraceServer } from './huawei-trace.ts';
import type { LedgerRows } from './ledger-rows.ts';

export interface Verdict {
  readonly placed: number;
  readonly hosts: number;
  readonly affinity_groups: number;
  readonly affinity_hosts: number;
  readonly violations: readonly string[];
}

interface Placed {
  readonly request: TraceRequest;
  readonly host: string;
}

export function verdict(
  requests: readonly TraceRequest[],
  fleet: readonly TraceServer[],
  rows: LedgerRows,
): Verdict {
  const placed = placedOf(requests, rows);
  const affinity = groupsOf(requests, 'affinity');
  return {
    placed: placed.length,
    hosts: new Set(placed.map(({ host }) => host)).size,
    affinity_groups: affinity.size,
    affinity_hosts: [...affinity.keys()].reduce(
      (sum, group) => sum + hostsOf(placed, group).size,
      0,
    ),
    violations: [
      ...wrongHolds(placed, rows),
      ...overfullCells(fleet, rows),
      ...brokenAntiAffinity(placed),
      ...brokenFaultDomains(placed),
    ],
  };
}

/** The fewest hosts that could hold the CPUs of each affinity group, summed over the groups. */
export function fewestHosts(
  requests: readonly TraceRequest[],
  fleet: readonly TraceServer[],
): number {
  const sizes = fleet.map(({ cells }) => total(cells, ({ vcpus }) => vcpus)).sort((a, b) => b - a);
  let sum = 0;
  for (const members of groupsOf(requests, 'affinity').values()) {
    let left = total(members, ({ vcpus }) => vcpus);
    for (let host = 0; left > 0; host++, sum++) left -= sizes[host] ?? left;
  }
  return sum;
}

function placedOf(requests: readonly TraceRequest[], rows: LedgerRows): readonly Placed[] {
  const byName = new Map(rows.servers.map((server) => [server.name, server]));
  return requests.flatMap((request) => {
    const server = byName.get(`request-${request.at}`);
    const host = server?.vm_state === 'active' ? server.host : null;
    return host === null ? [] : [{ request, host }];
  });
}

function wrongHolds(placed: readonly Placed[], rows: LedgerRows): string[] {
  const uuids = new Map(rows.servers.map(({ name, uuid }) => [name, uuid]));
  const providers = new Map(rows.hosts.map(({ name, provider_id }) => [name, provider_id]));
  const holds = grouped(rows.cellHolds, ({ consumer_uuid }) => consumer_uuid);
  const amounts = grouped(rows.allocations, ({ consumer_uuid }) => consumer_uuid);
  return placed.flatMap(({ request, host }) => {
    const uuid = present(uuids.get(`request-${request.at}`), 'a placed request has a server');
    const provider = providers.get(host);
    const here = (holds.get(uuid) ?? []).filter(({ provider_id }) => provider_id === provider);
    const held = amounts.get(uuid) ?? [];
    const each = { vcpus: request.vcpus / request.nodes, mib: request.memory_mib / request.nodes };
    const right =
      here.length === request.nodes &&
      holds.get(uuid)?.length === request.nodes &&
      new Set(here.map(({ cell }) => cell)).size === request.nodes &&
      here.every((one) => one.vcpus === each.vcpus && one.memory_mib === each.mib) &&
      held.length === 2 &&
      held.every(({ provider_id }) => provider_id === provider) &&
      held.some((a) => a.resource_class_id === VCPU && a.used === request.vcpus) &&
      held.some((a) => a.resource_class_id === MEMORY_MB && a.used === request.memory_mib);
    return right ? [] : [`V1 request ${request.at} does not hold on ${host} what it asked for`];
  });
}

function overfullCells(fleet: readonly TraceServer[], rows: LedgerRows): string[] {
  const providers = new Map(rows.hosts.map(({ name, provider_id }) => [name, provider_id]));
  const held = grouped(rows.cellHolds, (hold) => `${hold.provider_id} ${hold.cell}`);
  return fleet.flatMap(({ name, cells }) =>
    cells.flatMap((cell, at) => {
      const there = held.get(`${providers.get(name)} ${at}`) ?? [];
      const vcpus = total(there, (hold) => hold.vcpus);
      const memory_mib = total(there, (hold) => hold.memory_mib);
      const fits = vcpus <= cell.vcpus && memory_mib <= cell.memory_mib;
      return fits ? [] : [`V2 cell ${at} of ${name} holds ${vcpus} vCPUs and ${memory_mib} MiB`];
    }),
  );
}

function brokenAntiAffinity(placed: readonly Placed[]): string[] {
  const members = placed.filter(({ request }) => request.strategy === 'anti-affinity');
  const together = grouped(members, ({ request, host }) => `${request.group} on ${host}`);
  return [...together].flatMap(([where, all]) =>
    all.length === 1 ? [] : [`V3 ${all.length} of group ${where}`],
  );
}

function brokenFaultDomains(placed: readonly Placed[]): string[] {
  const members = placed.filter(({ request }) => request.strategy === 'fault_domain');
  const together = grouped(members, ({ request, host }) => `${request.group} on ${host}`);
  return [...together].flatMap(([where, all]) => {
    const domains = new Set(all.map(({ request }) => request.domain));
    return domains.size === 1 ? [] : [`V4 ${domains.size} domains of group ${where}`];
  });
}

const hostsOf = (placed: readonly Placed[], group: string): ReadonlySet<string> =>
  new Set(placed.filter(({ request }) => request.group === group).map(({ host }) => host));

function groupsOf(requests: readonly TraceRequest[], strategy: TraceRequest['strategy']) {
  const members = requests.filter((request) => request.strategy === strategy);
  return grouped(members, ({ group }) => present(group, 'a strategy has groups'));
}

const total = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);
