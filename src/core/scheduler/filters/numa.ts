/** Every NUMA node of the guest needs a cell of its own with room for it. */
import { freePages } from '../../ledger/pages.ts';
import { mibOf, pagesIn, sizeInWords, wantsOrdinary, wantsSize } from '../../topology/pages.ts';
import type { GuestNode } from '../ask.ts';
import { pinsOf } from '../cpu-policy.ts';
import type { HostView } from '../host-view.ts';
import { isExact, pageSize } from '../memory-pages.ts';
import { fitsCpus, freeCpus } from '../pinning.ts';
import { type Filter, type Objection, plainly, type Shape } from '../plugin.ts';
import { fitsCell, fitsShared, seatAny } from '../seat.ts';

export const numa: Filter = {
  name: 'numa',
  wakes: ['host.added', 'server.gone', 'host.changed'],
  allows: (shape, host) => shape.nodes.length === 0 || seatAny(shape, host),
  objection: (shape, host) =>
    tooFewCells(shape, host) ??
    tooLargeNode(shape, host) ??
    plainly('has a cell for each guest node alone, but not for all of them at once'),
};

function tooFewCells({ nodes }: Shape, { cells }: HostView): Objection | null {
  if (cells.length >= nodes.length) return null;
  const reason = `has ${cells.length} NUMA cells, not the ${nodes.length} asked for`;
  return { reason, resource: 'NUMA cells', needed: nodes.length, available: cells.length };
}

/** The first guest node that no cell can take, or that too few can. */
function tooLargeNode({ nodes }: Shape, host: HostView): Objection | null {
  for (const node of nodes) {
    const alike = nodes.filter((other) => atLeast(other, node));
    const roomy = host.cells.filter((_, cell) => fitsCell(host, cell, node));
    if (roomy.length >= alike.length) continue;
    return roomy.length === 0 ? nowhere(node, host) : inTooFew(node, alike.length, roomy.length);
  }
  return null;
}

const atLeast = (one: GuestNode, other: GuestNode): boolean =>
  one.vcpus >= other.vcpus && one.memory_mib >= other.memory_mib && pinsOf(one) >= pinsOf(other);

function inTooFew(node: GuestNode, needed: number, available: number): Objection {
  const reason = `has ${available} NUMA cells with ${inWords(node)} free, not the ${needed} asked for`;
  return { reason, resource: 'NUMA cells', needed, available };
}

/** e.g. `2 VCPU, 4 dedicated CPUs and 4096 MiB in large pages`. */
function inWords(node: GuestNode): string {
  const { vcpus, memory_mib, pages } = node;
  const pins = pinsOf(node);
  const parts = [
    ...(vcpus > 0 || pins === 0 ? [`${vcpus} VCPU`] : []),
    ...(pins > 0 ? [`${pins} dedicated CPUs`] : []),
  ];
  const made = typeof pages === 'number' ? sizeInWords(pages) : `${pages}`;
  const memory = pages === undefined ? '' : ` in pages of ${made}`;
  return `${parts.join(', ')} and ${memory_mib} MiB${memory}`;
}

function nowhere(node: GuestNode, host: HostView): Objection {
  const each = (fits: (cell: number) => boolean) => host.cells.some((_, cell) => fits(cell));
  if (!each((cell) => fitsShared(host, cell, node))) {
    const free = (cell: number) =>
      Math.min(host.free_vcpus[cell] as number, host.cells[cell]?.row.cpus ?? 0);
    return inOneCell(host, 'VCPU', node.vcpus, free);
  }
  if (!each((cell) => fitsCpus(host, cell, node))) {
    const threads = node.pinned?.threads ?? 'prefer';
    const what = threads === 'prefer' ? 'dedicated CPUs' : `dedicated CPUs to ${threads}`;
    return inOneCell(host, what, pinsOf(node), (cell) => freeCpus(host, cell, threads));
  }
  if (!each((cell) => pageSize(host, cell, node) > 0)) return tooLittleMemory(node, host);
  return plainly(`has no NUMA cell with ${inWords(node)} free together`);
}

function tooLittleMemory(node: GuestNode, host: HostView): Objection {
  const { pages, memory_mib } = node;
  if (typeof pages === 'number' && !wantsOrdinary(pages)) {
    const count = pagesIn(memory_mib, pages);
    const words = `pages of ${sizeInWords(pages)}`;
    if (!Number.isInteger(count)) return plainly(`cannot give ${memory_mib} MiB in whole ${words}`);
    return inOneCell(host, words, count, (cell) => pagesIn(mostInPages(node, host, cell), pages));
  }
  const what = pages === undefined ? 'MEMORY_MB' : `MiB in pages of size ${pages}`;
  return inOneCell(host, what, memory_mib, (cell) =>
    Math.max(ordinaryFree(node, host, cell), mostInPages(node, host, cell)),
  );
}

function ordinaryFree(node: GuestNode, host: HostView, cell: number): number {
  if (node.pages !== undefined && !wantsOrdinary(node.pages)) return 0;
  const free = isExact(node) ? host.bare_memory_mib : host.free_memory_mib;
  return Math.min(free[cell] as number, host.cells[cell]?.row.memory_mib ?? 0);
}

/** Free in the pool of the cell that has most, of those that would do, in MiB. */
function mostInPages({ pages: wish }: GuestNode, host: HostView, cell: number): number {
  const name = host.cells[cell]?.row.cell;
  const pools = host.books.pages.of(host.provider_id).filter(({ row }) => row.cell === name);
  const free = pools
    .filter(({ row }) => wish !== undefined && wantsSize(wish, row.size_kib))
    .map((pool) => mibOf(Math.max(0, freePages(pool)), pool.row.size_kib));
  return Math.max(0, ...free);
}

/** With what each cell has, so that one sees by how much. */
function inOneCell(
  host: HostView,
  resource: string,
  needed: number,
  free: (cell: number) => number,
): Objection {
  const all = host.cells.map(({ row }, cell) => ({ name: row.cell, left: free(cell) }));
  const available = Math.max(...all.map(({ left }) => left));
  const cells = all.map(({ name, left }) => `cell ${name}: ${left}`).join(', ');
  const most = `has at most ${available} ${resource} left in a NUMA cell`;
  return {
    reason: `${most}, not the ${needed} asked for (${cells})`,
    resource,
    needed,
    available,
  };
}
