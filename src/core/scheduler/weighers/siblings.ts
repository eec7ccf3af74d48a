/**
 * For a member of a group that gathers: prefers hosts with room for many more like it.
 *
 * merit = vCPUs of all the copies that would fit, at most SIBLINGS_VCPUS_MAX, as a share of that.
 * e.g. three guests of 32 fit: 96 / 128 = 0.75.
 */
import type { GuestNode } from '../ask.ts';
import type { HostView } from '../host-view.ts';
import type { Shape, Weigher } from '../plugin.ts';
import { guestsIn } from './whole-cells.ts';

/** Room for more than this is no better. */
export const SIBLINGS_VCPUS_MAX = 128;

export const siblings: Weigher = {
  name: 'siblings',
  merit: (shape, host) => {
    if (!shape.gathers) return 0;
    const vcpus = shape.resources.find(({ name }) => name === 'VCPU')?.amount ?? 1;
    return Math.min(SIBLINGS_VCPUS_MAX, copies(shape, host) * vcpus) / SIBLINGS_VCPUS_MAX;
  },
};

function copies({ resources, nodes }: Shape, host: HostView): number {
  let least = Number.MAX_SAFE_INTEGER;
  for (const wanted of resources) {
    const column = host.books.column(wanted.id);
    const provider = host.providerFor(wanted);
    if (provider < 0) continue; // it is shared: no sign of this host's room
    const each = column.overhead[provider] as number;
    const free = (column.limit[provider] as number) - column.load(provider);
    least = Math.min(least, Math.floor(free / (wanted.amount + each)));
  }
  return nodes.length === 0 ? least : Math.min(least, guestsIn(host, largest(nodes), nodes.length));
}

/** Unequal nodes are counted as if all were as large as the largest. */
function largest(nodes: readonly GuestNode[]): GuestNode {
  return nodes.reduce((a, b) => ({
    vcpus: Math.max(a.vcpus, b.vcpus),
    memory_mib: Math.max(a.memory_mib, b.memory_mib),
  }));
}
