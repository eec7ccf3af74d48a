/**
 * Why not there? One server and one host: every filter's answer, the NUMA cells, what would help.
 *
 * Asked of the real filters, as if the server were nowhere yet: what it holds is let go of on the
 * draft, and taken back afterwards with all else.
 */
import type { Draft } from '../ledger/draft.ts';
import { freePages } from '../ledger/pages.ts';
import type { ServerRow } from '../servers/rows.ts';
import { againstHost } from './against.ts';
import type { Ask, Repair } from './ask.ts';
import { filters } from './filters.ts';
import { HostView } from './host-view.ts';
import { freeCpus } from './pinning.ts';
import type { Objection } from './plugin.ts';
import { repairsFor } from './repairs.ts';
import type { AskFor } from './repairs-flavor.ts';
import { fitsCell } from './seat.ts';
import { requestOf } from './shape.ts';
import { release, tried } from './trial.ts';

/** What is left of one NUMA cell, and which nodes of the guest it could take. */
interface CellRoom {
  readonly cell: number;
  readonly vcpus_free: number;
  readonly memory_mib_free: number;
  /** That a guest may have to itself. */
  readonly cpus_free: number;
  /** Other than ordinary ones. */
  readonly pages_free: readonly { readonly size_kib: number; readonly pages: number }[];
  readonly guest_nodes: readonly number[];
}

export interface WhyNot {
  readonly host: string;
  readonly fits: boolean;
  readonly constraints: readonly ({ readonly filter: string; readonly passes: boolean } & {
    readonly [Fact in keyof Objection]: Objection[Fact] | null;
  })[];
  /** Only where the guest has a topology. */
  readonly cells: readonly CellRoom[];
  readonly repairs: readonly Repair[];
}

const nothing = { reason: null, resource: null, needed: null, available: null };

export function whyNot(
  draft: Draft,
  server: ServerRow,
  ask: Ask,
  provider_id: number,
  askFor: AskFor,
): WhyNot {
  return tried(draft, () => {
    release(draft, [server.uuid]);
    const request = requestOf(draft.books, ask);
    const host = new HostView(draft);
    host.at(provider_id);
    const against = againstHost(host, request, filters);
    const constraints = filters.map(({ name }) => {
      const objection = against.objections.find(({ filter }) => filter === name);
      return { ...nothing, ...objection, filter: name, passes: objection === undefined };
    });
    const cells = cellRooms(host, ask);
    const fits = against.objections.length === 0;
    const repairs = fits ? [] : repairsFor(draft, request, [against], askFor);
    return { host: against.host, fits, constraints, cells, repairs };
  });
}

function cellRooms(host: HostView, { nodes }: Ask): readonly CellRoom[] {
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
