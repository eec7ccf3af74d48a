/**
 * The shape of the database on PostgreSQL: the tables that the rooms declare, and the store's own
 * two, in a schema of our own. The same tables, columns and versions as on SQLite.
 *
 *   head            one row: the sequence of the last commit, and the version of this shape
 *   change_record   one row a batch: what it changed, for whoever has to catch up
 *
 * Processes that start together make it once: whoever comes second waits for the first; and those
 * that serve already wait for a moment.
 */
import type { ColumnType, Table } from '../../core/base/table.ts';
import { assert } from '../../core/base/units.ts';
import { history, SCHEMA_VERSION, type SchemaStep, tableOf } from '../schema-history.ts';
import { names } from '../sql-names.ts';
import { columnSql } from './columns.ts';
import type { Session } from './session.ts';

/** Any number, as long as it is ours: who holds it may change the shape. */
const SHAPE_LOCK = 0x706c696d;

export type Shape =
  | { readonly is: 'ready' }
  | { readonly is: 'newer-version'; readonly version: number; readonly ours: number };

export async function bringUpToDate(
  session: Session,
  schema: string,
  tables: readonly Table[],
): Promise<Shape> {
  await session.open();
  await session.ask(`BEGIN; SELECT pg_advisory_xact_lock(${SHAPE_LOCK})`);
  const version = await versionOf(session, schema);
  if (version !== null && version > SCHEMA_VERSION) {
    await session.ask('ROLLBACK');
    return { is: 'newer-version', version, ours: SCHEMA_VERSION };
  }
  if (version === null) await session.ask(ownSql(schema));
  else if (version < SCHEMA_VERSION) await migrate(session, schema, version);
  for (const table of tables) await session.ask(tableSql(table));
  await session.ask(`UPDATE head SET schema_version = ${SCHEMA_VERSION}`);
  for (const table of tables) await assertColumns(session, schema, table);
  await session.ask('COMMIT');
  return { is: 'ready' };
}

/**
 * Null where there is no database of ours yet. It locks the head row, as every commit does before
 * it touches a table: in another order the two would wait for each other.
 */
async function versionOf(session: Session, schema: string): Promise<number | null> {
  if (!(await isThere(session, schema, 'head'))) return null;
  return (await rows(session, 'SELECT schema_version FROM head FOR UPDATE', []))[0]?.[0] as number;
}

async function isThere(session: Session, schema: string, table: string): Promise<boolean> {
  const name = [`"${schema}"."${table}"`];
  return (await rows(session, 'SELECT to_regclass($1) IS NOT NULL', name))[0]?.[0] === true;
}

async function migrate(session: Session, schema: string, version: number): Promise<void> {
  for (const step of history.slice(version - 1).flat()) {
    if (await isThere(session, schema, tableOf(step))) await session.ask(sqlOf(step));
  }
  // They tell of rows of the old shape: whoever has to catch up reads everything again.
  await session.ask('DELETE FROM change_record');
}

function sqlOf(step: SchemaStep): string {
  if ('to' in step) {
    const initial = step.initial === undefined ? '' : ` DEFAULT ${step.initial}`;
    return `ALTER TABLE "${step.to}" ADD COLUMN ${columnSql(step.add, step.type)}${initial}`;
  }
  if ('from' in step) return `ALTER TABLE "${step.from}" DROP COLUMN "${step.drop}"`;
  if ('update' in step) return `UPDATE "${step.update}" SET ${step.set}`;
  return `DROP TABLE "${step.clear}"`;
}

const ownSql = (schema: string): string => `
  CREATE SCHEMA IF NOT EXISTS "${schema}";
  CREATE TABLE head (
    id bigint PRIMARY KEY CHECK (id = 0),
    schema_version bigint NOT NULL,
    sequence bigint NOT NULL
  );
  CREATE TABLE change_record (
    sequence bigint PRIMARY KEY,
    size bigint NOT NULL,
    changes text NOT NULL
  );
  INSERT INTO head VALUES (0, ${SCHEMA_VERSION}, 0)`;

function tableSql(table: Table): string {
  const columns = Object.entries(table.columns) as [string, ColumnType][];
  const lines = columns.map(([name, type]) => columnSql(name, type));
  const indexes = table.indexes.map(
    (column) => `CREATE INDEX IF NOT EXISTS "${table.name}_by_${column}"
      ON "${table.name}" ("${column}")`,
  );
  const create = `CREATE TABLE IF NOT EXISTS "${table.name}" (
    ${lines.join(',\n    ')},
    PRIMARY KEY (${names(table.primary)})
  )`;
  return [create, ...indexes].join(';\n');
}

/** A descriptor that was changed without a migration is found here, and not at the first write. */
async function assertColumns(session: Session, schema: string, table: Table): Promise<void> {
  const found = await rows(
    session,
    `SELECT column_name::text FROM information_schema.columns
      WHERE table_schema = $1 AND table_name = $2`,
    [schema, table.name],
  );
  const there = found.map(([name]) => name);
  const wanted = Object.keys(table.columns);
  assert(
    there.length === wanted.length && wanted.every((column) => there.includes(column)),
    `${table.name} has columns ${there.join(', ')}: a migration to ${wanted.join(', ')} is missing`,
  );
}

async function rows(session: Session, text: string, values: unknown[]): Promise<unknown[][]> {
  const answer = await session.ask({ text, values, rowMode: 'array' });
  assert(!Array.isArray(answer), 'one statement, one answer');
  return answer.rows;
}
