/** What each NUMA cell of a host has left, for whoever asks why a guest is not there. */
import { freePages } from '../ledger/pages.ts';
import type { Ask } from './ask.ts';
import type { HostView } from './host-view.ts';
import { freeCpus } from './pinning.ts';
import { fitsCell } from './seat.ts';

/** What is left of one NUMA cell, and which nodes of the guest it could take. */
export interface CellRoom {
  readonly cell: number;
  readonly vcpus_free: number;
  readonly memory_mib_free: number;
  /** That a guest may have to itself. */
  readonly cpus_free: number;
  /** Other than ordinary ones. */
  readonly pages_free: readonly { readonly size_kib: number; readonly pages: number }[];
  readonly guest_nodes: readonly number[];
}

/** Of the host that the view stands on; none for a guest that floats over its host. */
export function cellRooms(host: HostView, { nodes }: Ask): readonly CellRoom[] {
  if (nodes.length === 0) return [];
  return host.cells.map(({ row }, at) => {
    const vcpus_free = host.free_vcpus[at] as number;
    const memory_mib_free = host.free_memory_mib[at] as number;
    const guest_nodes = nodes.flatMap((node, guest_node) =>
      fitsCell(host, at, node) ? [guest_node] : [],
    );
    const cpus_free = freeCpus(host, at, 'prefer');
    const pages_free = host.books.pages
      .of(host.provider_id)
      .filter((pool) => pool.row.cell === row.cell)
      .map((pool) => ({ size_kib: pool.row.size_kib, pages: freePages(pool) }));
    return { cell: row.cell, vcpus_free, memory_mib_free, cpus_free, pages_free, guest_nodes };
  });
}
