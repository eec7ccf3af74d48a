/**
 * The statements of a commit. All that a batch changes is one statement, so a commit takes two
 * round trips however many tables it touches:
 *
 *   WITH put_0 AS (INSERT INTO server … SELECT * FROM unnest($1::text[], …) ON CONFLICT …),
 *        gone_1 AS (DELETE FROM allocation USING unnest(…) …), …
 *        record AS (INSERT INTO change_record …)
 *   UPDATE head SET sequence = …
 *
 * Its parts see the rows as they were before it; so each row is changed by one of them at most.
 */
import type { Change, Table } from '../../core/base/table.ts';
import { present } from '../../core/base/units.ts';
import type { Batch } from '../../core/ports/store.ts';
import { names } from '../sql-names.ts';
import { arrayType, parameter } from './columns.ts';

export interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

export type Tables = ReadonlyMap<string, Table>;

export function commitStatement(tables: Tables, { sequence, changes }: Batch): Statement {
  const values: unknown[] = [];
  const parts = lastByTable(tables, changes).map((part, at) => {
    const { table, gone } = part;
    const arrays = arraysOf(part, values);
    const sql = gone ? goneSql(table, arrays) : putSql(table, arrays);
    return `${gone ? 'gone' : 'put'}_${at} AS (${sql})`;
  });
  const record = recordOf(changes);
  values.push(sequence, record.length, record);
  const [first, second, third] = [2, 1, 0].map((back) => `$${values.length - back}`);
  parts.push(
    `record AS (INSERT INTO change_record VALUES (${first}::bigint, ${second}::bigint, ${third}::text))`,
  );
  const text = `WITH ${parts.join(',\n')}\nUPDATE head SET sequence = ${first}::bigint`;
  return { text, values };
}

export function fillStatement(table: Table, rows: readonly object[]): Statement {
  const values: unknown[] = [];
  return {
    text: putSql(table, arraysOf({ table, rows: rows as Row[], gone: false }, values)),
    values,
  };
}

/** The columns of a part as arrays among the parameters: `$1::text[]`, … */
function arraysOf({ table, rows, gone }: Part, values: unknown[]): string[] {
  const columns = gone ? table.primary : Object.keys(table.columns);
  return columns.map((column) => {
    const type = present(table.columns[column], `${table.name} has no ${column}`);
    values.push(rows.map((row) => parameter(type, row[column])));
    return `$${values.length}::${arrayType(type)}`;
  });
}

function putSql(table: Table, arrays: readonly string[]): string {
  const columns = Object.keys(table.columns);
  const others = columns.filter((column) => !table.primary.includes(column));
  const update = others.map((column) => `"${column}" = excluded."${column}"`).join(', ');
  return `INSERT INTO "${table.name}" (${names(columns)}) SELECT * FROM unnest(${arrays.join(', ')})
    ON CONFLICT (${names(table.primary)}) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`;
}

function goneSql(table: Table, arrays: readonly string[]): string {
  const same = table.primary.map((column) => `t."${column}" = k."${column}"`).join(' AND ');
  return `DELETE FROM "${table.name}" t
    USING unnest(${arrays.join(', ')}) AS k(${names(table.primary)}) WHERE ${same}`;
}

type Row = Readonly<Record<string, unknown>>;
interface Part {
  readonly table: Table;
  readonly rows: Row[];
  readonly gone: boolean;
}

/** The last change of each row: what the batch itself wrote over need not reach the disk. */
function lastByTable(tables: Tables, changes: readonly Change[]): Part[] {
  const last = new Map<string, { table: Table; change: Change }>();
  for (const change of changes) {
    const table = present(tables.get(change.table), `table ${change.table} was not declared`);
    last.set(`${change.table}\0${table.key(change.row)}`, { table, change });
  }
  const parts = new Map<string, Part>();
  for (const { table, change } of last.values()) {
    const key = `${table.name} ${change.gone}`;
    const part = parts.get(key) ?? { table, rows: [], gone: change.gone };
    part.rows.push(change.row as Row);
    parts.set(key, part);
  }
  return [...parts.values()];
}

/** `[[table, 0 or 1 when gone, row], …]`: JSON needs no escape for U+0000, it has its own. */
const recordOf = (changes: readonly Change[]): string =>
  JSON.stringify(changes.map(({ table, gone, row }) => [table, gone ? 1 : 0, row]));

export function changesOf(record: string): Change[] {
  const lines = JSON.parse(record) as [string, 0 | 1, object][];
  return lines.map(([table, gone, row]) => ({ table, row, gone: gone === 1 }));
}
