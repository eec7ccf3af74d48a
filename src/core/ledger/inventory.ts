/**
 * What a provider has, as its owner reports it: inventories, traits, aggregates.
 *
 * Each report replaces the whole set. It may name the generation that its author saw; a report on
 * a provider that has changed since is refused, so that two authors never undo each other unseen.
 *
 *   I1  an inventory that somebody holds a part of is not removed;
 *   I2  an inventory may fall below its use: what is held stays held, and nothing more fits (L1);
 *   I3  a report that changes the provider raises its generation by one.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { Books } from './books.ts';
import { bumpGeneration } from './claim.ts';
import type { Draft } from './draft.ts';
import { type StaleGeneration, staleGeneration } from './provider.ts';
import type { InventoryRow } from './rows.ts';
import * as rows from './rows.ts';

/** An inventory as reported: the row without whose it is and when. */
export type Inventory = Omit<InventoryRow, 'provider_id' | 'overhead' | 'updated_at_ms'> & {
  /** Left out: as it was, at first none. Clients of Placement know of no such thing. */
  readonly overhead?: number;
};

/** The largest whole number that an inventory may hold. */
export const INVENTORY_MAX = 2 ** 31 - 1;

/** An inventory of `total`, with everything else as upstream's defaults (PL-30). */
export const plainInventory = (resource_class_id: number, total: number): Inventory => ({
  resource_class_id,
  total,
  reserved: 0,
  min_unit: 1,
  max_unit: INVENTORY_MAX,
  step_size: 1,
  allocation_ratio: 1,
});

/** A cell without over-commitment. */
export const plainCell = (
  provider_id: number,
  cell: number,
  cpus: number,
  memory_mib: number,
): rows.CellRow => ({
  provider_id,
  cell,
  vcpus: cpus,
  cpus,
  memory_mib,
  memory_limit_mib: memory_mib,
});

/** Why a report was refused. */
export type ReportRefusal =
  | StaleGeneration
  | {
      readonly why: 'inventory-in-use';
      readonly provider_id: number;
      readonly resource_class_ids: readonly number[];
    };

/** Replaces all inventories of the provider. Names each class once. */
export function setInventories(
  draft: Draft,
  provider_id: number,
  inventories: readonly Inventory[],
  seen_generation?: number,
): Decision<void, ReportRefusal> {
  const { books } = draft;
  const stale = staleGeneration(books, provider_id, seen_generation);
  if (stale !== null) return no(stale);
  const kept = new Set(inventories.map((i) => i.resource_class_id));
  const gone = [...(books.inventories[provider_id]?.values() ?? [])].filter(
    (row) => !kept.has(row.resource_class_id),
  );
  const resource_class_ids = gone
    .map((row) => row.resource_class_id)
    .filter((c) => inUse(books, provider_id, c));
  if (resource_class_ids.length > 0) {
    return no({ why: 'inventory-in-use', provider_id, resource_class_ids });
  }
  for (const row of gone) draft.remove(rows.inventories, row);
  for (const inventory of inventories) putInventory(draft, provider_id, inventory);
  bumpGeneration(draft, provider_id);
  return done(undefined);
}

/** Writes one inventory, new or changed, without a word about generations. */
export function putInventory(draft: Draft, provider_id: number, inventory: Inventory): void {
  const before = draft.books.inventory(provider_id, inventory.resource_class_id);
  const overhead = inventory.overhead ?? before?.overhead ?? 0;
  const row = { ...inventory, provider_id, overhead, updated_at_ms: draft.now_ms };
  draft.put(rows.inventories, row);
}

/** Takes one inventory away; the caller has made sure that it is there. */
export function dropInventory(draft: Draft, row: InventoryRow): Decision<void, ReportRefusal> {
  const { provider_id, resource_class_id } = row;
  if (inUse(draft.books, provider_id, resource_class_id)) {
    const resource_class_ids = [resource_class_id];
    return no({ why: 'inventory-in-use', provider_id, resource_class_ids });
  }
  draft.remove(rows.inventories, row);
  bumpGeneration(draft, provider_id);
  return done(undefined);
}

export const inUse = (books: Books, provider_id: number, resource_class_id: number): boolean =>
  (books.column(resource_class_id).used[provider_id] ?? 0) > 0;

/** Replaces all traits of the provider. The same traits again change nothing (I3). */
export function setTraits(
  draft: Draft,
  provider_id: number,
  trait_ids: Iterable<number>,
  seen_generation?: number,
): Decision<void, StaleGeneration> {
  const stale = staleGeneration(draft.books, provider_id, seen_generation);
  if (stale !== null) return no(stale);
  const before = draft.books.providerTraits[provider_id] ?? new Set<number>();
  const { added, gone } = difference(before, trait_ids);
  for (const trait_id of gone) draft.remove(rows.providerTraits, { provider_id, trait_id });
  for (const trait_id of added) draft.put(rows.providerTraits, { provider_id, trait_id });
  if (added.length + gone.length > 0) bumpGeneration(draft, provider_id);
  return done(undefined);
}

/** Replaces all aggregates of the provider; `quietly`, as before 1.19, without a new generation. */
export function setAggregates(
  draft: Draft,
  provider_id: number,
  aggregate_uuids: Iterable<string>,
  seen_generation?: number,
  quietly = false,
): Decision<void, StaleGeneration> {
  const stale = staleGeneration(draft.books, provider_id, seen_generation);
  if (stale !== null) return no(stale);
  const before = draft.books.providerAggregates[provider_id] ?? new Set<string>();
  const { added, gone } = difference(before, aggregate_uuids);
  for (const aggregate_uuid of gone) {
    draft.remove(rows.providerAggregates, { provider_id, aggregate_uuid });
  }
  for (const aggregate_uuid of added) {
    draft.put(rows.providerAggregates, { provider_id, aggregate_uuid });
  }
  if (!quietly) bumpGeneration(draft, provider_id);
  return done(undefined);
}

function difference<T>(
  before: ReadonlySet<T>,
  wanted: Iterable<T>,
): { readonly added: readonly T[]; readonly gone: readonly T[] } {
  const after = new Set(wanted);
  return {
    added: [...after].filter((item) => !before.has(item)),
    gone: [...before].filter((item) => !after.has(item)),
  };
}
