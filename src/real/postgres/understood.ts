/**
 * What processes of another version wrote, as this one understands it: one that is newer may have
 * tables and columns that we do not know, one that is older has not heard of all of ours.
 *
 *   a table that we do not know    passed over
 *   a column that we do not know   stays in the row: whoever changes the row passes it on
 *   a column that it did not know  as the database has it: what it did not write, it left alone
 */
import type { Change, Table } from '../../core/base/table.ts';
import type { Batch } from '../../core/ports/store.ts';
import { names } from '../sql-names.ts';
import { arrayType, parameter, rowsOf } from './columns.ts';
import type { Tables } from './statements.ts';

/** Asks the database, in the transaction in which the batches were read. */
export type Look = (text: string, values: unknown[]) => Promise<unknown[][]>;

type Row = Readonly<Record<string, unknown>>;

export async function understood(
  look: Look,
  tables: Tables,
  batches: readonly Batch[],
): Promise<Batch[]> {
  const made: Batch[] = [];
  for (const { sequence, changes } of batches) {
    const known: Change[] = [];
    for (const change of changes) {
      const table = tables.get(change.table);
      if (table === undefined) continue;
      known.push(isWhole(table, change.row) ? change : await completed(look, table, change));
    }
    made.push({ sequence, changes: known });
  }
  return made;
}

function isWhole(table: Table, row: object): boolean {
  for (const column in table.columns) if (!(column in row)) return false;
  return true;
}

async function completed(look: Look, table: Table, change: Change): Promise<Change> {
  const there = await inDatabase(look, table, change.row as Row);
  return { ...change, row: { ...there, ...change.row } };
}

/** Of a row that is gone by now, what a row has that an older program wrote. */
async function inDatabase(look: Look, table: Table, row: Row): Promise<object> {
  const key = table.primary.map((column, at) => {
    const type = table.columns[column] ?? 'text';
    return `"${column}" = ($${at + 1}::${arrayType(type)})[1]`;
  });
  const values = table.primary.map((column) => [
    parameter(table.columns[column] ?? 'text', row[column]),
  ]);
  const columns = Object.keys(table.columns);
  const select = `SELECT ${names(columns)} FROM "${table.name}" WHERE ${key.join(' AND ')}`;
  const [found] = await look(select, values);
  return found === undefined ? empty(table) : rowsOf(table)(found);
}

function empty(table: Table): object {
  const columns = Object.entries(table.columns);
  return Object.fromEntries(columns.map(([name, type]) => [name, emptyOf[type] ?? null]));
}

const emptyOf: Readonly<Record<string, unknown>> = { integer: 0, real: 0, boolean: false };
