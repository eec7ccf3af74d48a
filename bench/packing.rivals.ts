/** Plain ways of choosing among hosts that keep all rules: what our policies are held against. */
import type { Model, ModelHost, Place } from './packing.model.ts';
import type { TraceRequest } from './packing.trace.ts';

/** Null: no host can take it. */
export type Chooser = (model: Model, request: TraceRequest) => Place | null;

/** The first host, in the order of the fleet. */
export const firstFit: Chooser = (model, request) => {
  for (let host = 0; host < model.hosts.length; host++) {
    const cells = model.seat(request, host);
    if (cells !== null) return { host, cells };
  }
  return null;
};

/** The host that is left with the fewest CPUs, then with the least memory. */
export const bestFit: Chooser = (model, request) =>
  bestBy(model, request, (host) => {
    const { vcpus, memory_mib } = leftOf(host);
    return -(vcpus + memory_mib / 2 ** 40);
  });

/**
 * Upstream's default weighers: free CPUs and free memory, each as a share of what the best of the
 * hosts that fit has, and members of an affinity group.
 */
export const upstreamDefault: Chooser = (model, request) => {
  let most = { vcpus: 1, memory_mib: 1 };
  for (const host of model.hosts.keys()) {
    if (model.seat(request, host) === null) continue;
    const { vcpus, memory_mib } = leftOf(model.hosts[host] as ModelHost);
    most = {
      vcpus: Math.max(most.vcpus, vcpus),
      memory_mib: Math.max(most.memory_mib, memory_mib),
    };
  }
  const gathers = request.strategy === 'affinity';
  return bestBy(model, request, (host, at) => {
    const { vcpus, memory_mib } = leftOf(host);
    const near = gathers && model.has(request, at) ? 1 : 0;
    return vcpus / most.vcpus + memory_mib / most.memory_mib + near;
  });
};

function bestBy(
  model: Model,
  request: TraceRequest,
  worth: (host: ModelHost, at: number) => number,
): Place | null {
  let best: Place | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const [host, about] of model.hosts.entries()) {
    const cells = model.seat(request, host);
    if (cells === null) continue;
    const here = worth(about, host);
    if (here <= most) continue;
    most = here;
    best = { host, cells };
  }
  return best;
}

function leftOf({ free }: ModelHost): { vcpus: number; memory_mib: number } {
  let vcpus = 0;
  let memory_mib = 0;
  for (const cell of free) {
    vcpus += cell.vcpus;
    memory_mib += cell.memory_mib;
  }
  return { vcpus, memory_mib };
}
