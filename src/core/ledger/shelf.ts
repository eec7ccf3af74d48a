/**
 * The rows of one table in memory, by key and by each indexed column.
 *
 *   index of `name`        'vm-7' ─► the row, as long as it is the only one
 *   index of `host`        'h1' ───► a list of rows, as long as they are FEW
 *   index of `project_id`  'p' ────► Map of key to row
 *
 * Names are mostly one row's, hosts have a few, and there may be a million of them: a Map each
 * would cost more than the rows.
 */
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

/** How many are found as fast one by one as by key. */
const FEW = 8;

/** Who has one value: one row, a few, or all of them by key. */
type Held<Row> = Row | Row[] | Map<string, Row>;
type Index<Row> = Map<unknown, Held<Row>>;

export class Shelf<Row extends object> implements ReadShelf<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #indexes = new Map<string, Index<Row>>();
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
    if (found === undefined) return nothing;
    if (found instanceof Map) return [...found.values()];
    return Array.isArray(found) ? [...found] : [found];
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
      if (before !== undefined && (gone || was !== value)) this.#unindex(index, was, key);
      if (!gone) this.#enindex(index, value, key, row);
    }
    return before;
  }

  #enindex(index: Index<Row>, value: unknown, key: string, row: Row): void {
    const found = index.get(value);
    if (found instanceof Map) found.set(key, row);
    else if (Array.isArray(found)) this.#enlist(index, value, found, row);
    else if (found === undefined || this.table.key(found) === key) index.set(value, row);
    else index.set(value, [found, row]);
  }

  #enlist(index: Index<Row>, value: unknown, list: Row[], row: Row): void {
    const { key } = this.table;
    const at = list.findIndex((one) => key(one) === key(row));
    if (at >= 0) list[at] = row;
    else if (list.push(row) > FEW) index.set(value, new Map(list.map((one) => [key(one), one])));
  }

  #unindex(index: Index<Row>, value: unknown, key: string): void {
    const found = index.get(value);
    if (found instanceof Map) {
      found.delete(key);
      if (found.size === 0) index.delete(value);
    } else if (Array.isArray(found)) {
      const left = found.filter((one) => this.table.key(one) !== key);
      if (left.length === 0) index.delete(value);
      else index.set(value, left);
    } else {
      index.delete(value);
    }
  }
}
