/**
 * Recorded fleets that moves are queued on, with whoever may come to them.
 *
 *   bytedance   279 hosts with 2,089 machines where they stood; it does not say who comes, so those
 *               who stand there come again, by lot
 *   huawei      a sequence of 4,998 requests: nine tenths stand on as many of the recorded hosts as
 *               are then FILLED; the last tenth comes, in its order, again and again
 *
 * Rules between machines (groups) are left out. FLEETS names another directory of both.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import type { GuestNode } from '../src/core/scheduler/ask.ts';
import { readTrace, type TraceHost, type TraceRequest } from './packing.trace.ts';

const FLEETS = env['FLEETS'] ?? '../shared/traces';
const FILLED = 0.93;

export type Nodes = readonly GuestNode[];

export interface RecordedFleet {
  readonly name: string;
  readonly hosts: readonly TraceHost[];
  /** Who stands there: on which of the hosts, or wherever the scheduler puts it. */
  readonly machines: readonly { readonly host: number | null; readonly nodes: Nodes }[];
  readonly arrivals: readonly Nodes[];
  /** By lot, or in their order. */
  readonly ordered: boolean;
}

export function recordedFleets(): readonly RecordedFleet[] {
  if (!existsSync(FLEETS)) throw new Error(`no traces in ${FLEETS}; name them by FLEETS`);
  return [bytedance(join(FLEETS, 'bytedance-vmr')), huawei(join(FLEETS, 'huawei-topology'))];
}

/** Its one snapshot, as published: what is told of hosts and machines, cell by cell. */
interface Snapshot {
  readonly cluster_list: readonly {
    readonly host_info: readonly {
      readonly node_id: string;
      readonly numa: readonly {
        readonly total_cpu: number;
        readonly memory_huge_total_mb: number;
      }[];
    }[];
    readonly vm_instance: readonly {
      readonly host_id: string;
      readonly numa: readonly { readonly cpu: number; readonly mem_mb: number }[];
    }[];
  }[];
}

function bytedance(directory: string): RecordedFleet {
  const file = join(directory, 'reset_vm_pm_id_clear2.json');
  const { cluster_list } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  const known = cluster_list.flatMap(({ host_info }, cluster) =>
    host_info.map(({ node_id }) => `${cluster} ${node_id}`),
  );
  const at = new Map(known.map((name, index) => [name, index]));
  const hosts = cluster_list.flatMap(({ host_info }) =>
    host_info.map(({ numa }) =>
      numa.map((cell) => ({ vcpus: cell.total_cpu, memory_mib: cell.memory_huge_total_mb })),
    ),
  );
  const machines = cluster_list.flatMap(({ vm_instance }, cluster) =>
    vm_instance.map(({ host_id, numa }) => ({
      host: at.get(`${cluster} ${host_id}`) ?? null,
      nodes: numa.map(({ cpu, mem_mb }) => ({ vcpus: cpu, memory_mib: mem_mb })),
    })),
  );
  const arrivals = machines.map(({ nodes }) => nodes);
  return { name: 'bytedance', hosts, machines, arrivals, ordered: false };
}

function huawei(directory: string): RecordedFleet {
  const { fleet, sequences } = readTrace(directory);
  const all = (sequences[0]?.requests ?? []).map(nodesOf);
  const standing = all.slice(0, Math.floor(0.9 * all.length));
  const wanted = standing.reduce((sum, nodes) => sum + vcpusOf(nodes), 0) / FILLED;
  const machines = standing.map((nodes) => ({ host: null, nodes }));
  const arrivals = all.slice(standing.length);
  return { name: 'huawei', hosts: upTo(fleet, wanted), machines, arrivals, ordered: true };
}

function upTo(fleet: readonly TraceHost[], vcpus: number): TraceHost[] {
  let sum = 0;
  return fleet.filter((cells) => {
    const before = sum;
    sum += vcpusOf(cells);
    return before < vcpus;
  });
}

const nodesOf = ({ vcpus, memory_mib, nodes }: TraceRequest): Nodes =>
  Array.from({ length: nodes }, () => ({ vcpus: vcpus / nodes, memory_mib: memory_mib / nodes }));

export const vcpusOf = (of: readonly { readonly vcpus: number }[]): number =>
  of.reduce((sum, { vcpus }) => sum + vcpus, 0);
