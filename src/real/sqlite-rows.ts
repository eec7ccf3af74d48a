/**
 * Rows of one table to and from SQL: prepared once, in the order of the descriptor's columns.
 *
 *   row ──encode──► [values] ──► INSERT … ON CONFLICT DO UPDATE        json as text, boolean as 0/1
 *   row ◄──decode── [values] ◄── SELECT … ORDER BY the primary key
 *
 * The change records hold the same values, so what is written twice is encoded once.
 */
import type Database from 'better-sqlite3';
import type { Change, ColumnType, Table } from '../core/base/table.ts';
import { SharedJson } from './shared-json.ts';
import { names } from './sql-names.ts';

export type Value = string | number | null;

/** A change as it is written, both to its table and to the change record. */
export interface Line {
  readonly rows: SqliteRows;
  readonly change: Change;
  readonly values: readonly Value[];
}

interface Column {
  readonly name: string;
  readonly type: 'json' | 'json?' | 'boolean' | 'plain';
}

export class SqliteRows {
  readonly table: Table;
  readonly #columns: readonly Column[];
  readonly #primary: readonly string[];
  readonly #put: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #all: Database.Statement;
  readonly #json = new SharedJson();

  constructor(db: Database.Database, table: Table) {
    this.table = table;
    this.#columns = Object.entries(table.columns).map(([name, type]) => column(name, type));
    this.#primary = table.primary;
    this.#put = db.prepare(putSql(table));
    this.#remove = db.prepare(
      `DELETE FROM "${table.name}" WHERE ${table.primary.map((c) => `"${c}" = ?`).join(' AND ')}`,
    );
    const columns = names(Object.keys(table.columns));
    this.#all = db
      .prepare(`SELECT ${columns} FROM "${table.name}" ORDER BY ${names(table.primary)}`)
      .raw();
  }

  encode(row: object): Value[] {
    const of = row as Readonly<Record<string, unknown>>;
    const values: Value[] = [];
    for (const { name, type } of this.#columns) {
      const value = of[name];
      if (type === 'plain') values.push(value as Value);
      else if (type === 'boolean') values.push(value === true ? 1 : 0);
      else values.push(type === 'json?' && value === null ? null : JSON.stringify(value));
    }
    return values;
  }

  decode(values: readonly Value[]): object {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < this.#columns.length; at++) {
      const { name, type } = this.#columns[at] as Column;
      const value = values[at] as Value;
      if (type === 'plain') row[name] = value;
      else if (type === 'boolean') row[name] = value === 1;
      else row[name] = value === null ? null : this.#json.read(value as string);
    }
    return row;
  }

  put(values: readonly Value[]): void {
    this.#put.run(values);
  }

  remove(row: object): void {
    const of = row as Readonly<Record<string, unknown>>;
    this.#remove.run(this.#primary.map((column) => of[column]));
  }

  *all(): Generator<object> {
    for (const values of this.#all.iterate()) yield this.decode(values as Value[]);
  }
}

function column(name: string, type: ColumnType): Column {
  if (type === 'json' || type === 'json?') return { name, type };
  return { name, type: type === 'boolean' ? 'boolean' : 'plain' };
}

function putSql(table: Table): string {
  const columns = Object.keys(table.columns);
  const others = columns.filter((column) => !table.primary.includes(column));
  const update = others.map((column) => `"${column}" = excluded."${column}"`).join(', ');
  return `INSERT INTO "${table.name}" (${names(columns)})
    VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${update}`}`;
}
