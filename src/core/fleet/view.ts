/** A host as plain values: what it has, what of it is held, by how many. For APIs and people. */
import { by } from '../base/order.ts';
import type { Cell } from '../ledger/books.ts';
import type { View } from '../ledger/draft.ts';
import { type DeviceView, deviceViews } from './device-view.ts';
import { type HostRow, hosts } from './rows.ts';

export interface HostView {
  readonly host: HostRow;
  /** By resource class name. */
  readonly resources: Readonly<Record<string, ResourceView>>;
  readonly cells: readonly CellView[];
  readonly devices: readonly DeviceView[];
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** Servers that hold something here; a move's other hold is not counted as one. */
  readonly servers: number;
}

export interface ResourceView {
  readonly total: number;
  readonly reserved: number;
  readonly allocation_ratio: number;
  /** ⌊(total − reserved) × ratio⌋: what may be held in all. */
  readonly limit: number;
  readonly used: number;
  /** Taken besides by those who hold it. */
  readonly overhead: number;
}

export interface CellView {
  readonly cell: number;
  readonly vcpus: number;
  readonly vcpus_used: number;
  readonly memory_mib: number;
  readonly memory_mib_used: number;
  /** CPUs that a guest may have to itself, and how many of them are held. */
  readonly cpus: number;
  readonly cpus_used: number;
  readonly pages: readonly PagesView[];
}

export interface PagesView {
  readonly size_kib: number;
  readonly total: number;
  readonly reserved: number;
  readonly used: number;
}

export function hostView(view: View, name: string): HostView | undefined {
  const host = view.rows(hosts).get(name);
  return host === undefined ? undefined : viewOf(view, host);
}

/** All hosts, by name. */
export const hostViews = (view: View): HostView[] =>
  [...view.rows(hosts).values()].sort(by(({ name }) => name)).map((host) => viewOf(view, host));

function viewOf(view: View, host: HostRow): HostView {
  const { books } = view;
  const { provider_id: id } = host;
  return {
    host,
    resources: resourcesOf(view, id),
    cells: (books.cells[id] ?? []).map((cell) => cellOf(view, cell)),
    devices: deviceViews(view, id),
    traits: [...(books.providerTraits[id] ?? [])].map((trait) => books.traitName(trait)).sort(),
    aggregates: [...(books.providerAggregates[id] ?? [])].sort(),
    servers: serversOn(view, id),
  };
}

function cellOf({ books }: View, { row, vcpus_used, memory_mib_used }: Cell): CellView {
  const { provider_id, cell, vcpus, memory_limit_mib: memory_mib } = row;
  const cores = (books.pins.cores[provider_id] ?? []).find((one) => one.cell === cell)?.cores ?? [];
  const cpus = cores.flatMap((core) => core.cpus);
  return {
    cell,
    vcpus,
    vcpus_used,
    memory_mib,
    memory_mib_used,
    cpus: cpus.length,
    cpus_used: cpus.filter((cpu) => books.pins.holder(provider_id, cpu) !== undefined).length,
    pages: books.pages
      .of(provider_id)
      .filter((pool) => pool.row.cell === cell)
      .map(({ row: { size_kib, total, reserved }, used }) => ({ size_kib, total, reserved, used })),
  };
}

function resourcesOf({ books }: View, provider: number): Record<string, ResourceView> {
  const resources: Record<string, ResourceView> = {};
  for (const row of books.inventories[provider]?.values() ?? []) {
    const { resource_class_id, total, reserved, allocation_ratio } = row;
    const column = books.column(resource_class_id);
    const limit = column.limit[provider] as number;
    const used = column.used[provider] as number;
    const name = books.className(resource_class_id);
    const overhead = column.load(provider) - used;
    resources[name] = { total, reserved, allocation_ratio, limit, used, overhead };
  }
  return resources;
}

function serversOn({ books }: View, provider: number): number {
  let count = 0;
  for (const uuid of books.holders[provider] ?? []) {
    if (books.consumers.get(uuid)?.row.consumer_type !== 'MIGRATION') count++;
  }
  return count;
}
