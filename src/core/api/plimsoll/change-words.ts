/** Rows of the ledger's change records, with names in place of our own numbers. */
import type { Static } from 'typebox';
import type { Books } from '../../ledger/books.ts';
import * as rows from '../../ledger/rows.ts';
import type { Batch } from '../../ports/store.ts';
import type { LedgerChange } from './ledger-schemas.ts';

type Told = Static<typeof LedgerChange>;

/** Who the records after a page say had a number; null: nobody, so whoever has it now. */
export type Later = ReadonlyMap<number, rows.ProviderRow | null>;

/**
 * The names that numbers had at a batch. Batches are entered from the newest to the oldest, and a
 * name is what the batch itself says, or a later one. What none of them names is in the books, if
 * that provider is older than the batch: another may have got the number after a restart. Where
 * this is not known the number is `missing`, until it is told by `later`.
 */
export class BatchNames {
  readonly #books: Books;
  readonly #later: Later;
  readonly #providers = new Map<number, rows.ProviderRow>();
  readonly missing = new Set<number>();
  readonly #classes = new Map<number, string>();
  readonly #traits = new Map<number, string>();
  #not_before_ms = Number.NEGATIVE_INFINITY;

  constructor(books: Books, later: Later) {
    this.#books = books;
    this.#later = later;
  }

  /** `not_before_ms`: the batch was surely written at this time or after it. */
  enter({ changes }: Batch, not_before_ms: number): void {
    this.#not_before_ms = not_before_ms;
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

  provider(id: number): string | null {
    const named = this.#providers.get(id) ?? this.#later.get(id);
    const row = named ?? this.#books.providers[id];
    const sure = named !== undefined || (row?.created_at_ms ?? Infinity) <= this.#not_before_ms;
    if (!sure) this.missing.add(id);
    return sure ? (row?.uuid ?? null) : null;
  }

  class = (id: number): string | null =>
    this.#classes.get(id) ?? this.#books.classes.get(id)?.name ?? null;
  trait = (id: number): string | null =>
    this.#traits.get(id) ?? this.#books.traits.get(id)?.name ?? null;
}

/** The newest stamp on any row of a batch, on those that went as well: it is no older than that. */
export function newestStamp({ changes }: Batch): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { row } of changes) {
    const { updated_at_ms = newest } = row as { updated_at_ms?: number };
    if (updated_at_ms > newest) newest = updated_at_ms;
  }
  return newest;
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
  claimed_by: row.claimed_by,
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
