/** A small fleet and short ways to write claims on it: for tests alone. */
import { byNumber } from '../base/order.ts';
import type { Change } from '../base/table.ts';
import type { Amount, Claim } from './claim.ts';
import type { View } from './draft.ts';
import { type Inventory, plainCell, plainInventory } from './inventory.ts';
import * as rows from './rows.ts';

export const VCPU = 0;
export const DISK = 2;

/** Hosts 1 and 2, a child of host 1, and a disk that all of them share. */
export const HOST = 1;
export const OTHER = 2;
export const CHILD = 3;
export const SHARED = 4;

const at = { created_at_ms: 0, updated_at_ms: 0 };
const put = (table: { readonly name: string }, row: object): Change => ({
  table: table.name,
  row,
  gone: false,
});

export const provider = (id: number, parent_id: number | null = null): rows.ProviderRow => ({
  id,
  uuid: `provider-${id}`,
  name: `host-${id}`,
  generation: 0,
  parent_id,
  root_id: parent_id ?? id,
  ...at,
});

export const inventory = (
  provider_id: number,
  resource_class_id: number,
  total: number,
  more: Partial<Inventory> = {},
): rows.InventoryRow => ({
  ...plainInventory(resource_class_id, total),
  provider_id,
  overhead: 0,
  updated_at_ms: 0,
  ...more,
});

export const samples = {
  inventories: [
    inventory(HOST, VCPU, 8, { reserved: 1, allocation_ratio: 1.5 }),
    inventory(OTHER, VCPU, 8, { overhead: 1 }),
    inventory(CHILD, VCPU, 6, { min_unit: 2, max_unit: 4, step_size: 2 }),
    inventory(SHARED, DISK, 20),
  ],
  cells: [HOST, OTHER].flatMap((provider_id) =>
    [0, 1].map((cell) => plainCell(provider_id, cell, 4, 10)),
  ),
  groups: (['anti-affinity', 'affinity', 'fault-domain'] as const).map(
    (policy): rows.SlotGroupRow => ({ uuid: policy, policy, max_per_host: 1 }),
  ),
};

/** The fleet as changes that make it. */
export const sampleFleet: readonly Change[] = [
  put(rows.resourceClasses, { id: VCPU, name: 'VCPU', updated_at_ms: 0 }),
  put(rows.resourceClasses, { id: DISK, name: 'DISK_GB', updated_at_ms: 0 }),
  put(rows.traits, { id: 1, name: 'CUSTOM_FAST', updated_at_ms: 0 }),
  ...[provider(HOST), provider(OTHER), provider(CHILD, HOST), provider(SHARED)].map((row) =>
    put(rows.providers, row),
  ),
  put(rows.providerTraits, { provider_id: HOST, trait_id: 1 }),
  put(rows.providerAggregates, { provider_id: SHARED, aggregate_uuid: 'rack' }),
  ...samples.inventories.map((row) => put(rows.inventories, row)),
  ...samples.cells.map((row) => put(rows.cells, row)),
  ...samples.groups.map((row) => put(rows.slotGroups, row)),
];

export const vcpus = (provider_id: number, amount: number): Amount => ({
  provider_id,
  resource_class_id: VCPU,
  amount,
});
export const disk = (amount: number): Amount => ({
  provider_id: SHARED,
  resource_class_id: DISK,
  amount,
});

export const claimOf = (
  consumer_uuid: string,
  amounts: readonly Amount[],
  more: Partial<Claim> = {},
): Claim => ({
  consumer_uuid,
  project_id: 'project',
  user_id: 'user',
  consumer_type: 'INSTANCE',
  amounts,
  ...more,
});

export const onCell = (
  provider_id: number,
  cell: number,
  guest_vcpus: number,
  guest_node = 0,
): NonNullable<Claim['cells']>[number] => ({
  provider_id,
  guest_node,
  cell,
  vcpus: guest_vcpus,
  memory_mib: 2 * guest_vcpus,
  exact: false,
});

/** All that the books know, in one order: two books that say the same are the same (L8). */
export function dump({ books }: View): string {
  const { consumers, holders, slotsOf, slotGroups, cells, trees, providers } = books;
  return JSON.stringify({
    consumers: sorted(consumers),
    holders: filled(holders.map((uuids) => [...(uuids ?? [])].sort())),
    slots: sorted(new Map([...slotsOf].map(([uuid, hosts]) => [uuid, sorted(hosts)]))),
    slotGroups: sorted(slotGroups),
    cells: filled(cells),
    pages: providers.map((row) => (row === undefined ? [] : books.pages.of(row.id))),
    trees: sorted(trees),
    providers,
    inventories: filled(books.inventories.map((held) => sorted(held ?? new Map()))),
    traits: filled(books.providerTraits.map((held) => [...(held ?? [])].sort(byNumber))),
    used: [...books.classes.keys()].map((id) => [...books.column(id).used.subarray(0, 8)]),
    limits: [...books.classes.keys()].map((id) => [...books.column(id).limit.subarray(0, 8)]),
  });
}

/** By index, without those that are empty: they may be there or not. */
const filled = <T>(lists: readonly (readonly T[] | undefined)[]) =>
  [...lists.entries()].filter(([, list]) => (list?.length ?? 0) > 0);

const sorted = <K extends string | number, V>(map: ReadonlyMap<K, V>): [K, V][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
