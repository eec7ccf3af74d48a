/**
 * Prefers hosts whose cells stay useful: that lose few of the larger guests they could still take.
 *
 *   before   cell 0 ██░░░░░░   cell 1 ██░░░░░░     a two-node guest of 3 + 3 fits twice
 *   after    cell 0 █████░░░   cell 1 ██░░░░░░     … once: one is lost
 *
 *   merit = 1 − lost ÷ the most that a guest of this size could cost
 *
 * What counts as useful is a list of reference guests, each with the weight of its vCPUs; memory
 * at 2 and at 4 GiB for a vCPU. So small guests fill the cells that are of no use to two-node
 * guests, the larger half of a lopsided host first, and rich hosts stay whole for whoever needs
 * them.
 */
import type { GuestNode } from '../ask.ts';
import type { HostView } from '../host-view.ts';
import type { Shape, Weigher } from '../plugin.ts';

interface Reference extends GuestNode {
  readonly nodes: number;
  readonly weight: number;
}

const GIB_MIB = 1024;
const guest = (nodes: number, vcpus: number, memory_gib: number, weight: number): Reference => ({
  nodes,
  vcpus,
  memory_mib: memory_gib * GIB_MIB,
  weight,
});

/** Nodes, and for each of them vCPUs and GiB; then what losing room for one counts. */
export const REFERENCE_GUESTS: readonly Reference[] = [
  guest(2, 16, 32, 32),
  guest(2, 16, 64, 48),
  guest(2, 32, 64, 64),
  guest(2, 48, 96, 96),
  guest(1, 4, 16, 6),
  guest(1, 8, 16, 8),
  guest(1, 8, 32, 12),
  guest(1, 16, 64, 24),
];

export const wholeCells: Weigher = { name: 'whole-cells', merit: wholeness };

/** The merit of the seat that `host.seat` holds now. */
export function wholeness(shape: Shape, host: HostView): number {
  if (shape.nodes.length === 0) return 1;
  const before = usefulness(host);
  host.occupy(shape, 1);
  const after = usefulness(host);
  host.occupy(shape, -1);
  return 1 - (before - after) / mostLost(shape.nodes);
}

function usefulness(host: HostView): number {
  let sum = 0;
  for (let at = 0; at < REFERENCE_GUESTS.length; at++) {
    const reference = REFERENCE_GUESTS[at] as Reference;
    sum += reference.weight * guestsIn(host, reference, reference.nodes);
  }
  return sum;
}

/**
 * How many guests of `nodes` nodes like `node` fit, no two nodes of one in the same cell.
 *
 * g of them fit if and only if the cells can take n × g nodes with at most g in each: Σ min(k, g)
 * ≥ n × g, where k is how many nodes a cell could take.
 */
export function guestsIn(host: HostView, node: GuestNode, nodes: number): number {
  let guests = Math.floor(sumOfLeast(host, node, Number.MAX_SAFE_INTEGER) / nodes);
  while (guests > 0 && sumOfLeast(host, node, guests) < nodes * guests) guests--;
  return guests;
}

function sumOfLeast(host: HostView, node: GuestNode, most: number): number {
  let sum = 0;
  for (let cell = 0; cell < host.cells.length; cell++) {
    const free = host.free_vcpus[cell] as number;
    const vcpus = node.vcpus === 0 ? most : free / node.vcpus; // all of its own may be pinned
    const memory = (host.any_memory_mib[cell] as number) / node.memory_mib;
    sum += Math.max(0, Math.min(most, Math.floor(Math.min(vcpus, memory))));
  }
  return sum;
}

/** What such a guest would cost a host that it hurts wherever it sits. */
function mostLost(nodes: readonly GuestNode[]): number {
  let most = 0;
  for (let at = 0; at < REFERENCE_GUESTS.length; at++) {
    const { weight, vcpus, memory_mib } = REFERENCE_GUESTS[at] as Reference;
    for (let node = 0; node < nodes.length; node++) {
      const { vcpus: v, memory_mib: m } = nodes[node] as GuestNode;
      most += weight * Math.ceil(Math.max(v / vcpus, m / memory_mib));
    }
  }
  return most;
}
