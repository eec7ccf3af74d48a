/**
 * Plays a sequence of requests: a fresh fleet, then each request in order, as a user would ask.
 *
 *   createServers ─► saga: decide and claim, one ledger request ─► boot on its host ─► active
 *
 * Requests are asked TOGETHER at a time; they are decided in the order asked (and that is checked),
 * and the next ones are asked when all of these have their place on disk. The time of a decision is
 * from the asking to that commit.
 */

import { present } from '../../core/base/units.ts';
import type { CreateAsk } from '../../core/sagas/operations.ts';
import { type FlavorRow, type ServerRow, servers } from '../../core/servers/rows.ts';
import { realClock as clock } from '../../real/clock.ts';
import { grouped } from './grouped.ts';
import { fewestHosts, verdict } from './huawei-check.ts';
import { groupUuids, putGroups } from './huawei-groups.ts';
import type { HuaweiTrace, Sequence, TraceRequest } from './huawei-trace.ts';
import { readLedgerRows } from './ledger-rows.ts';
import { Placings } from './placings.ts';
import { percentile, System } from './system.ts';

/** How many are asked for in one go. */
const TOGETHER = 8;
const PROGRESS_EVERY = 500;
const PROJECT = 'replay';

export interface HuaweiReport {
  readonly sequence: string;
  readonly requests: number;
  readonly placed: number;
  readonly refused: number;
  readonly rule_violations: number;
  readonly hosts: number;
  readonly affinity_groups: number;
  /** Hosts that affinity groups are on, summed over the groups. */
  readonly affinity_hosts: number;
  /** The fewest that could hold the groups' CPUs, each group alone on the largest hosts. */
  readonly affinity_hosts_fewest: number;
  readonly decisions_per_s: number;
  readonly p99_ms: number;
}

export async function replayHuawei(
  { servers: hosts, sequences }: HuaweiTrace,
  progress: (line: string) => void,
): Promise<{ report: HuaweiReport; remarks: readonly string[] }[]> {
  const reports: { report: HuaweiReport; remarks: readonly string[] }[] = [];
  for (const sequence of sequences) {
    const say = (line: string) => progress(`${sequence.name}: ${line}`);
    const system = await System.open();
    try {
      await system.addHosts(hosts);
      say(`${hosts.length} hosts are up`);
      reports.push(await playSequence(system, hosts, sequence, say));
    } finally {
      await system.close();
    }
  }
  return reports;
}

async function playSequence(
  system: System,
  hosts: HuaweiTrace['servers'],
  { name, requests }: Sequence,
  say: (line: string) => void,
) {
  const groups = groupUuids(requests);
  await putGroups(system, groups);
  const began_ms = clock.now();
  const took_ms = await placeAll(system, requests, groups, say);
  const span_s = (clock.now() - began_ms) / 1000;
  await system.replica.conductor.idle();
  say('all are placed and booted; checking the rules on what the database says');
  const found = verdict(requests, hosts, await readLedgerRows(system.store));
  const report: HuaweiReport = {
    sequence: name,
    requests: requests.length,
    placed: found.placed,
    refused: requests.length - found.placed,
    rule_violations: found.violations.length,
    hosts: found.hosts,
    affinity_groups: found.affinity_groups,
    affinity_hosts: found.affinity_hosts,
    affinity_hosts_fewest: fewestHosts(requests, hosts),
    decisions_per_s: Math.round(requests.length / span_s),
    p99_ms: Math.round(percentile(took_ms, 0.99) * 10) / 10,
  };
  return { report, remarks: [...found.violations.slice(0, 10), ...(await refusals(system))] };
}

/** Asks for all of them in order; gives how long each took until its place was on disk, in ms. */
async function placeAll(
  system: System,
  requests: readonly TraceRequest[],
  groups: ReadonlyMap<string, string>,
  say: (line: string) => void,
): Promise<readonly number[]> {
  const placings = new Placings(system.replica.ledger);
  const took_ms: number[] = [];
  for (let at = 0; at < requests.length; at += TOGETHER) {
    const asks = requests.slice(at, at + TOGETHER).map((request) => askOf(request, groups));
    took_ms.push(...(await placings.of(() => system.replica.operations.createServers(asks))));
    const asked = at + asks.length;
    if (Math.floor(asked / PROGRESS_EVERY) > Math.floor(at / PROGRESS_EVERY)) {
      say(`${asked} of ${requests.length} decided`);
    }
  }
  placings.stop();
  return took_ms;
}

function askOf(request: TraceRequest, groups: ReadonlyMap<string, string>): CreateAsk {
  const { at, group, strategy, domain } = request;
  const group_uuid = group === null ? null : present(groups.get(group), 'its group was put');
  return {
    name: `request-${at}`,
    project_id: PROJECT,
    user_id: PROJECT,
    flavor: flavorOf(request),
    image_id: null,
    image_properties: {},
    metadata: {},
    key_name: null,
    description: null,
    tags: [],
    availability_zone: null,
    group_uuid,
    hints: strategy === 'fault_domain' ? { fault_domain: domain } : {},
  };
}

const flavorOf = ({ vcpus, memory_mib, nodes }: TraceRequest): FlavorRow => ({
  id: `${vcpus}-${memory_mib}-${nodes}`,
  name: `${vcpus}-${memory_mib}-${nodes}`,
  vcpus,
  memory_mib,
  disk_gib: 0,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: { 'hw:numa_nodes': String(nodes), 'plimsoll:policy': 'pack' },
  access: [],
  created_at_ms: 0,
});

/** Why some were refused, each reason once. */
async function refusals(system: System): Promise<readonly string[]> {
  const faults = await system.replica.ledger.read((view) =>
    [...view.rows(servers).values()].flatMap(faultOf),
  );
  const counts = grouped(faults, (fault) => fault);
  return [...counts].map(([fault, all]) => `refused ${all.length}: ${fault}`);
}

function faultOf({ fault, vm_state }: ServerRow): string[] {
  if (vm_state === 'active') return [];
  return [fault?.message ?? `is ${vm_state}`];
}
