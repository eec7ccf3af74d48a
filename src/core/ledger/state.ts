/** All that a process knows: the books, and the rows of every other room's tables. */
import type { Change, Table } from '../base/table.ts';
import { assert, present } from '../base/units.ts';
import { Books } from './books.ts';
import type { View } from './draft.ts';
import { type ReadShelf, Shelf } from './shelf.ts';

export class State implements View {
  readonly books = new Books();
  readonly #shelves = new Map<string, Shelf<object>>();

  constructor(tables: readonly Table[]) {
    for (const table of tables) {
      assert(!this.#shelves.has(table.name), `two tables named ${table.name}`);
      if (!this.books.keeps(table.name)) this.#shelves.set(table.name, new Shelf(table));
    }
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
    return this.#shelf(change.table).apply(change.row, change.gone);
  }

  #shelf(name: string): Shelf<object> {
    return present(this.#shelves.get(name), `table ${name} was not declared`);
  }
}
