/**
 * How rows of our tables look to PostgreSQL.
 *
 *   text      text COLLATE "C"     in the order of its bytes, as everywhere else
 *   integer   bigint               always a safe integer: read back as a number
 *   json      json                 never jsonb, which refuses a text with U+0000
 *
 * PostgreSQL's text cannot hold U+0000, ours can: it is written as two characters, MARK and `0`,
 * and MARK itself (a private character that nobody has a use for) as MARK and `1`.
 */
import pg from 'pg';
import type { ColumnType, Table } from '../../core/base/table.ts';
import { SharedJson } from '../shared-json.ts';

const MARK = '\u{F8F0}';
const AWKWARD = /[\0\u{F8F0}]/u;

export const escaped = (text: string): string =>
  AWKWARD.test(text)
    ? text.replaceAll(/[\0\u{F8F0}]/gu, (one) => MARK + (one === MARK ? '1' : '0'))
    : text;

export const unescaped = (text: string): string =>
  text.includes(MARK)
    ? text.replaceAll(/\u{F8F0}([01])/gu, (_, which) => (which === '1' ? MARK : '\0'))
    : text;

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  integer: 'bigint',
  real: 'double precision',
  boolean: 'boolean',
  json: 'json',
  'text?': 'text',
  'integer?': 'bigint',
  'real?': 'double precision',
  'json?': 'json',
};

/** For `unnest($1::text[], …)`. */
export const arrayType = (type: ColumnType): string => `${sqlTypes[type]}[]`;

/** e.g. `"name" text COLLATE "C" NOT NULL` */
export function columnSql(name: string, type: ColumnType): string {
  const collate = sqlTypes[type] === 'text' ? ' COLLATE "C"' : '';
  return `"${name}" ${sqlTypes[type]}${collate}${type.endsWith('?') ? '' : ' NOT NULL'}`;
}

/** A value of a row as a parameter. */
export function parameter(type: ColumnType, value: unknown): unknown {
  if (value === null && type !== 'json') return null;
  if (type === 'json' || type === 'json?') return JSON.stringify(value);
  return typeof value === 'string' ? escaped(value) : value;
}

/**
 * How a row of the database is made one of ours: a property a column, in the order of the
 * descriptor, which is looked at once for all rows.
 */
export function rowsOf(table: Table): (values: readonly unknown[]) => object {
  const columns = Object.entries(table.columns).map(([name, type]) => ({
    name,
    text: isText(type),
  }));
  return (values) => {
    const row: Record<string, unknown> = {};
    for (const [at, { name, text }] of columns.entries()) {
      const value = values[at];
      row[name] = text && typeof value === 'string' ? unescaped(value) : value;
    }
    return row;
  };
}

const isText = (type: ColumnType): boolean => type === 'text' || type === 'text?';

const json = new SharedJson();

const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<
  number,
  (text: string) => unknown
>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.JSON, (text) => json.read(text)],
]);

/** For a connection: what arrives is what was written. */
export const customTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format as 'text'),
};
