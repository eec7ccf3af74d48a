/**
 * Tables: what a room keeps, described once, for the memory, for SQL, and for the change feed.
 *
 * A room declares its tables beside its rules; `replica.ts` hands all of them to the store. The
 * store makes SQL of them (`WITHOUT ROWID`, the primary key clustered), and knows nothing else.
 *
 *   T1  a row is a plain object with one property a column, in snake_case, that is never mutated:
 *       to change a row is to put a new one under the same key;
 *   T2  a row's key is its primary columns, in order; they are text or integers, and never null.
 */
import { assert } from './units.ts';

/** How a column is stored. `?` allows null. `json` holds any plain value; `boolean` is 0 or 1. */
export type ColumnType =
  | 'text'
  | 'integer'
  | 'real'
  | 'boolean'
  | 'json'
  | 'text?'
  | 'integer?'
  | 'real?'
  | 'json?';

/** Any `Table<Row>` is a `Table`: `table()` checks the names of columns, once. */
export interface Table<Row extends object = object> {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** The primary key, in order. */
  readonly primary: readonly string[];
  /** Further columns that memory (and SQL) can be asked by: `shelf.by('project_id', p)`. */
  readonly indexes: readonly string[];
  /** A row stands on the provider that its `provider_id` names (ledger/provider.ts, P5). */
  readonly stands?: true;
  /** What a row tells about a provider, beyond what the ledger knows of it; left out: nothing. */
  tells?(row: Row): Telling | null;
  /** The row's key as one text: its primary values joined by a character no value holds. */
  key(row: Row): string;
}

/** A fact about a provider, by its name; the same text is the same fact. */
export interface Telling {
  readonly provider: string;
  readonly fact: string;
}

const SEPARATOR = '\u001f';

export function table<Row extends object>(about: {
  name: string;
  columns: { readonly [C in keyof Row & string]: ColumnType };
  primary: readonly (keyof Row & string)[];
  indexes?: readonly (keyof Row & string)[];
  stands?: true;
  tells?: (row: Row) => Telling | null;
}): Table<Row> {
  const { name, columns, primary, indexes = [], stands, tells } = about;
  assert(!stands || (indexes as readonly string[]).includes('provider_id'), `${name} is not found`);
  const [first] = primary;
  const key =
    primary.length === 1 && first !== undefined
      ? (row: Row) => String(row[first])
      : (row: Row) => primary.map((column) => String(row[column])).join(SEPARATOR);
  return {
    name,
    columns,
    primary,
    indexes,
    key,
    ...(stands && { stands }),
    ...(tells && { tells }),
  };
}

/** The key of a row of a table whose primary key has several columns. */
export const keyOf = (...parts: readonly (string | number)[]): string => parts.join(SEPARATOR);

/**
 * One row written or one row gone. The row of a `gone` is the last one that was there, so that
 * every change can be turned round: applied backwards, a list of changes undoes itself.
 */
export interface Change {
  readonly table: string;
  readonly row: object;
  readonly gone: boolean;
}
