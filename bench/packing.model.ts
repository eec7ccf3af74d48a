/**
 * A fleet of two-cell hosts with the rules of the recorded requests, and nothing of ours in it:
 * what every way of choosing is played on, and judged by.
 *
 *   P1  a request of one node is in one cell, one of two has half of it in each of two cells;
 *   P2  no two of an anti-affinity group are on one host;
 *   P3  two of a fault-domain group are on one host only if their domain is the same.
 */
import type { TraceCell, TraceHost, TraceRequest } from './packing.trace.ts';

export interface Place {
  readonly host: number;
  /** The cell of each node. */
  readonly cells: readonly number[];
}

export interface ModelHost {
  readonly free: { vcpus: number; memory_mib: number }[];
  guests: number;
}

export class Model {
  readonly hosts: readonly ModelHost[];
  /** By group: the domains that are on each host, `''` where the group has none. */
  readonly #there = new Map<string, Map<number, Set<string>>>();
  /** Hosts that an affinity group is on, summed over the groups. */
  affinity_hosts = 0;

  constructor(fleet: readonly TraceHost[]) {
    this.hosts = fleet.map((cells) => ({
      free: cells.map((cell) => ({ ...cell })),
      guests: 0,
    }));
  }

  get touched(): number {
    return this.hosts.filter(({ guests }) => guests > 0).length;
  }

  /** How many of its group are there. */
  has({ group }: TraceRequest, host: number): boolean {
    return group !== null && (this.#there.get(group)?.has(host) ?? false);
  }

  /** Where on the host it could sit, the first cells that do; null: nowhere. */
  seat(request: TraceRequest, host: number): readonly number[] | null {
    if (!this.#groupAgrees(request, host)) return null;
    const free = (this.hosts[host] as ModelHost).free;
    const roomy = free.flatMap((cell, at) => (holds(cell, request) ? [at] : []));
    return roomy.length < request.nodes ? null : roomy.slice(0, request.nodes);
  }

  /** Places it, or says that it breaks a rule. */
  put(request: TraceRequest, { host, cells }: Place): boolean {
    const { free } = this.hosts[host] as ModelHost;
    const apart = new Set(cells).size === request.nodes && cells.length === request.nodes;
    const fits = cells.every((at) => holds(free[at] as TraceCell, request));
    if (!apart || !fits || !this.#groupAgrees(request, host)) return false;
    for (const at of cells) {
      const cell = free[at] as ModelHost['free'][number];
      cell.vcpus -= request.vcpus / request.nodes;
      cell.memory_mib -= request.memory_mib / request.nodes;
    }
    (this.hosts[host] as ModelHost).guests++;
    this.#join(request, host);
    return true;
  }

  #groupAgrees(request: TraceRequest, host: number): boolean {
    const there = request.group === null ? undefined : this.#there.get(request.group)?.get(host);
    if (there === undefined || request.strategy === 'affinity') return true;
    return request.strategy === 'fault_domain' && there.has(request.domain);
  }

  #join({ group, strategy, domain }: TraceRequest, host: number): void {
    if (group === null) return;
    const hosts = this.#there.get(group) ?? new Map<number, Set<string>>();
    this.#there.set(group, hosts);
    if (strategy === 'affinity' && !hosts.has(host)) this.affinity_hosts++;
    hosts.set(host, (hosts.get(host) ?? new Set()).add(domain));
  }
}

const holds = (cell: TraceCell, { vcpus, memory_mib, nodes }: TraceRequest): boolean =>
  cell.vcpus >= vcpus / nodes && cell.memory_mib >= memory_mib / nodes;
