/** Rows of the ledger's change records, with names in place of our own numbers. */
import type { Static } from 'typebox';
import type { Change } from '../../base/table.ts';
import type { Books } from '../../ledger/books.ts';
import * as rows from '../../ledger/rows.ts';
import type { Batch } from '../../ports/store.ts';
import type { LedgerChange } from './ledger-schemas.ts';

type Told = Static<typeof LedgerChange>;

/**
 * The names that numbers had at a batch. Batches are entered from the newest to the oldest: a name
 * is what the batch itself says, or a later one, or the books. A provider that was gone by the last
 * batch entered is told by `later`, the first records after it; until then it is `missing`.
 */
export class BatchNames {
  readonly #books: Books;
  readonly #providers: Map<number, rows.ProviderRow>;
  readonly missing = new Set<number>();
  readonly #classes = new Map<number, string>();
  readonly #traits = new Map<number, string>();
  #written_at_ms = Number.POSITIVE_INFINITY;

  constructor(books: Books, later: ReadonlyMap<number, rows.ProviderRow>) {
    this.#books = books;
    this.#providers = new Map(later);
  }

  enter({ changes }: Batch): void {
    this.#written_at_ms = stampOf(changes);
    for (const { table, row } of changes) {
      if (table === rows.providers.name) {
        const provider = row as rows.ProviderRow;
        this.#providers.set(provider.id, provider);
      } else if (table === rows.resourceClasses.name) {
        const { id, name } = row as rows.ResourceClassRow;
        this.#classes.set(id, name);
      } else if (table === rows.traits.name) {
        const { id, name } = row as rows.TraitRow;
        this.#traits.set(id, name);
      }
    }
  }

  /** A provider of now with this number may be another one, made after a restart. */
  provider(id: number): string | null {
    const row = this.#providers.get(id) ?? this.#books.providers[id];
    if (row !== undefined && row.created_at_ms <= this.#written_at_ms) return row.uuid;
    this.missing.add(id);
    return null;
  }

  class = (id: number): string | null =>
    this.#classes.get(id) ?? this.#books.classes.get(id)?.name ?? null;
  trait = (id: number): string | null =>
    this.#traits.get(id) ?? this.#books.traits.get(id)?.name ?? null;
}

/** When a batch was written: the newest stamp on what it wrote. */
function stampOf(changes: readonly Change[]): number {
  let newest = -1;
  for (const { row, gone } of changes) {
    const stamp = gone ? undefined : (row as { updated_at_ms?: number }).updated_at_ms;
    if (stamp !== undefined && stamp > newest) newest = stamp;
  }
  return newest < 0 ? Number.POSITIVE_INFINITY : newest;
}

/** What a batch changed of providers, of what they have, and of who holds it; nothing else. */
export const changesOf = ({ changes }: Batch, names: BatchNames): Told[] =>
  changes.flatMap(({ table, row, gone }) => {
    const tell = tellers[table];
    return tell === undefined ? [] : [tell(row as never, gone, names)];
  });

type Teller<Row> = (row: Row, gone: boolean, names: BatchNames) => Told;

const provider: Teller<rows.ProviderRow> = (row, gone, names) => ({
  kind: 'provider',
  gone,
  provider_uuid: row.uuid,
  name: row.name,
  generation: row.generation,
  parent_provider_uuid: row.parent_id === null ? null : names.provider(row.parent_id),
  root_provider_uuid: names.provider(row.root_id),
});

const inventory: Teller<rows.InventoryRow> = (row, gone, names) => ({
  kind: 'inventory',
  gone,
  provider_uuid: names.provider(row.provider_id),
  resource_class: names.class(row.resource_class_id),
  total: row.total,
  reserved: row.reserved,
  min_unit: row.min_unit,
  max_unit: row.max_unit,
  step_size: row.step_size,
  allocation_ratio: row.allocation_ratio,
});

const trait: Teller<rows.ProviderTraitRow> = ({ provider_id, trait_id }, gone, names) => ({
  kind: 'trait',
  gone,
  provider_uuid: names.provider(provider_id),
  trait: names.trait(trait_id),
});

const aggregate: Teller<rows.ProviderAggregateRow> = (row, gone, names) => ({
  kind: 'aggregate',
  gone,
  provider_uuid: names.provider(row.provider_id),
  aggregate_uuid: row.aggregate_uuid,
});

const allocation: Teller<rows.AllocationRow> = (row, gone, names) => ({
  kind: 'allocation',
  gone,
  provider_uuid: names.provider(row.provider_id),
  consumer_uuid: row.consumer_uuid,
  resource_class: names.class(row.resource_class_id),
  used: row.used,
});

const consumer: Teller<rows.ConsumerRow> = (row, gone) => ({
  kind: 'consumer',
  gone,
  consumer_uuid: row.uuid,
  project_id: row.project_id,
  user_id: row.user_id,
  consumer_type: row.consumer_type,
  generation: row.generation,
});

const tellers: Readonly<Record<string, Teller<never>>> = {
  [rows.providers.name]: provider,
  [rows.inventories.name]: inventory,
  [rows.providerTraits.name]: trait,
  [rows.providerAggregates.name]: aggregate,
  [rows.allocations.name]: allocation,
  [rows.consumers.name]: consumer,
};
