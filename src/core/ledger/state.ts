/** All that a process knows: the books, and the rows of every other room's tables. */
import type { Change, Table } from '../base/table.ts';
import { assert, present } from '../base/units.ts';
import { Books } from './books.ts';
import type { View } from './draft.ts';
import { type ReadShelf, Shelf } from './shelf.ts';

export class State implements View {
  readonly books = new Books();
  readonly #shelves = new Map<string, Shelf<object>>();
  readonly #telling = new Map<string, Table>();
  readonly #standing: Shelf<object>[] = [];

  constructor(tables: readonly Table[]) {
    for (const table of tables) {
      assert(!this.#shelves.has(table.name), `two tables named ${table.name}`);
      if (!this.books.keeps(table.name)) this.#shelves.set(table.name, new Shelf(table));
      if (table.tells !== undefined) this.#telling.set(table.name, table);
      if (table.stands) this.#standing.push(this.#shelf(table.name));
    }
  }

  /** Whether a row of another room stands on this provider (provider.ts, P5). */
  isStoodOn(provider_id: number): boolean {
    return this.#standing.some((shelf) => shelf.by('provider_id' as never, provider_id).length > 0);
  }

  /** The rows of a room's table. The ledger's own tables are read through `books`. */
  rows<Row extends object>(table: Table<Row>): ReadShelf<Row> {
    return this.#shelf(table.name) as unknown as ReadShelf<Row>;
  }

  /** A row of another room that names a provider is a fact about it: its change touches it (B3). */
  apply(change: Change): object | undefined {
    if (this.books.keeps(change.table)) return this.books.apply(change);
    const { provider_id } = change.row as { provider_id?: number };
    if (provider_id !== undefined) this.books.touch(provider_id);
    const before = this.#shelf(change.table).apply(change.row, change.gone);
    const table = this.#telling.get(change.table);
    if (table !== undefined) this.#hear(table, before, change.gone ? undefined : change.row);
    return before;
  }

  /** What is no longer told, and what is told now, touches those whom it is about (B3). */
  #hear(table: Table, before: object | undefined, after: object | undefined): void {
    const was = before === undefined ? null : table.tells?.(before);
    const is = after === undefined ? null : table.tells?.(after);
    if (was?.provider === is?.provider && was?.fact === is?.fact) return;
    for (const provider of new Set([was?.provider, is?.provider])) {
      const known = provider === undefined ? undefined : this.books.providerNamed(provider);
      if (known !== undefined) this.books.touch(known.id);
    }
  }

  #shelf(name: string): Shelf<object> {
    return present(this.#shelves.get(name), `table ${name} was not declared`);
  }
}
