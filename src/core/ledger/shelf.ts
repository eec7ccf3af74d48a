/** The rows of one table in memory, by key and by each indexed column. */
import type { Table } from '../base/table.ts';

export interface ReadShelf<Row extends object> {
  /** By the row's key; use `keyOf` where the key has several columns. */
  get(key: string): Row | undefined;
  has(key: string): boolean;
  readonly size: number;
  /** In no promised order (a restart changes it): sort what a decision rests on. */
  values(): IterableIterator<Row>;
  /** The rows whose indexed column holds `value`; in no promised order. */
  by(column: keyof Row & string, value: string | number | boolean | null): readonly Row[];
}

const nothing: readonly never[] = [];

export class Shelf<Row extends object> implements ReadShelf<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #indexes = new Map<string, Map<unknown, Map<string, Row>>>();
  readonly table: Table<Row>;

  constructor(table: Table<Row>) {
    this.table = table;
    for (const column of table.indexes) this.#indexes.set(column, new Map());
  }

  get = (key: string): Row | undefined => this.#rows.get(key);
  has = (key: string): boolean => this.#rows.has(key);
  values = (): IterableIterator<Row> => this.#rows.values();
  get size(): number {
    return this.#rows.size;
  }

  by(column: keyof Row & string, value: string | number | boolean | null): readonly Row[] {
    const found = this.#indexes.get(column)?.get(value);
    return found === undefined ? nothing : [...found.values()];
  }

  /** Puts the row, or takes it away; gives the one that was there. */
  apply(row: Row, gone: boolean): Row | undefined {
    const key = this.table.key(row);
    const before = this.#rows.get(key);
    if (gone) this.#rows.delete(key);
    else this.#rows.set(key, row);
    for (const [column, index] of this.#indexes) {
      const value = row[column as keyof Row];
      const was = before?.[column as keyof Row];
      if (before !== undefined && (gone || was !== value)) unindex(index, was, key);
      if (!gone) enindex(index, value, key, row);
    }
    return before;
  }
}

function enindex<Row>(
  index: Map<unknown, Map<string, Row>>,
  value: unknown,
  key: string,
  row: Row,
) {
  const found = index.get(value);
  if (found === undefined) index.set(value, new Map([[key, row]]));
  else found.set(key, row);
}

function unindex<Row>(index: Map<unknown, Map<string, Row>>, value: unknown, key: string) {
  const found = index.get(value);
  found?.delete(key);
  if (found?.size === 0) index.delete(value);
}
