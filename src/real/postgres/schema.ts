/**
 * The shape of the database on PostgreSQL: the tables that the rooms declare, and the store's own
 * two, in a schema of our own. The same tables, columns and versions as on SQLite.
 *
 *   head            one row: the sequence of the last commit, the version of this shape, and the
 *                   oldest version whose programs can work on it
 *   change_record   one row a batch: what it changed, for whoever has to catch up
 *
 * Processes that start together make it once: whoever comes second waits for the first; and those
 * that serve already wait for a moment. Programs of two versions work on one database
 * (decisions/0023):
 *
 *   SH1  what an older program at work still needs is not taken away: the newer does not start;
 *   SH2  a program works on a shape of a later version that takes nothing away that it needs, and
 *        leaves it as it is.
 */
import type { ColumnType, Table } from '../../core/base/table.ts';
import { assert } from '../../core/base/units.ts';
import {
  BESIDE_OTHERS,
  type History,
  history,
  type SchemaStep,
  stepsAfter,
  tableOf,
  versionOf,
  worksFrom,
} from '../schema-history.ts';
import { names } from '../sql-names.ts';
import { columnSql } from './columns.ts';
import type { Session } from './session.ts';

/** Any number, as long as it is ours: who holds it may change the shape. */
const SHAPE_LOCK = 0x706c696d;

export type Shape =
  | { readonly is: 'ready' }
  | { readonly is: 'newer-version'; readonly version: number; readonly ours: number }
  /** It would take away what a process that is at work needs (SH1). Nothing was touched. */
  | { readonly is: 'older-at-work'; readonly process: string; readonly needs: number };

export async function bringUpToDate(
  session: Session,
  schema: string,
  tables: readonly Table[],
  all: History = history,
): Promise<Shape> {
  const ours = versionOf(all);
  await session.open();
  await session.ask(`BEGIN; SELECT pg_advisory_xact_lock(${SHAPE_LOCK})`);
  const head = await headOf(session, schema);
  const hindrance = head === null ? null : await hindranceOf(session, schema, head, all);
  if (hindrance !== null) {
    await session.ask('ROLLBACK');
    return hindrance;
  }
  if (head === null) await session.ask(ownSql(schema, ours));
  else if (head.version < ours) await migrate(session, schema, head.version, all);
  for (const table of tables) await session.ask(tableSql(table));
  await session.ask(`UPDATE head SET schema_version = ${ours} WHERE schema_version < ${ours}`);
  for (const table of tables) await assertColumns(session, schema, table);
  await session.ask('COMMIT');
  return { is: 'ready' };
}

interface Head {
  readonly version: number;
  readonly works_from: number;
}

/**
 * Null where there is no database of ours yet. It locks the head row, as every commit does before
 * it touches a table: in another order the two would wait for each other.
 */
async function headOf(session: Session, schema: string): Promise<Head | null> {
  if (!(await isThere(session, schema, 'head'))) return null;
  const [found] = await rows(session, 'SELECT schema_version FROM head FOR UPDATE', []);
  const version = found?.[0] as number;
  if (version < BESIDE_OTHERS) return { version, works_from: version };
  const [from] = await rows(session, 'SELECT works_from FROM head', []);
  return { version, works_from: from?.[0] as number };
}

async function hindranceOf(
  session: Session,
  schema: string,
  { version, works_from }: Head,
  all: History,
): Promise<Exclude<Shape, { is: 'ready' }> | null> {
  const ours = versionOf(all);
  if (works_from > ours) return { is: 'newer-version', version, ours };
  const needs = worksFrom(version, all);
  if (version >= ours || !(await isThere(session, schema, 'process'))) return null;
  const said = version < BESIDE_OTHERS ? '0' : 'coalesce(schema_version, 0)';
  const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
  const query = `SELECT name FROM process WHERE lease_until_ms >= ${now} AND ${said} < $1 LIMIT 1`;
  const [older] = await rows(session, query, [needs]);
  return older === undefined ? null : { is: 'older-at-work', process: String(older[0]), needs };
}

async function isThere(session: Session, schema: string, table: string): Promise<boolean> {
  const name = [`"${schema}"."${table}"`];
  return (await rows(session, 'SELECT to_regclass($1) IS NOT NULL', name))[0]?.[0] === true;
}

async function migrate(
  session: Session,
  schema: string,
  version: number,
  all: History,
): Promise<void> {
  for (const step of stepsAfter(version, all)) {
    if (await isThere(session, schema, tableOf(step))) await session.ask(sqlOf(step));
  }
  if (version < BESIDE_OTHERS) {
    await session.ask(
      'ALTER TABLE head ADD COLUMN IF NOT EXISTS works_from bigint NOT NULL DEFAULT 0',
    );
  }
  const from = worksFrom(version, all);
  if (from === 0) return;
  await session.ask(`UPDATE head SET works_from = greatest(works_from, ${from})`);
  // They tell of rows of the old shape: whoever has to catch up reads everything again.
  await session.ask('DELETE FROM change_record');
}

function sqlOf(step: SchemaStep): string {
  if ('to' in step) {
    const initial = step.initial === undefined ? '' : ` DEFAULT ${step.initial}`;
    return `ALTER TABLE "${step.to}" ADD COLUMN ${columnSql(step.add, step.type)}${initial}`;
  }
  if ('of' in step) {
    return `ALTER TABLE "${step.of}" ALTER COLUMN "${step.leave}" SET DEFAULT ${step.initial}`;
  }
  if ('from' in step) return `ALTER TABLE "${step.from}" DROP COLUMN "${step.drop}"`;
  if ('update' in step) return `UPDATE "${step.update}" SET ${step.set}`;
  return `DROP TABLE "${step.clear}"`;
}

/** A shape that was never an older one has no defaults for programs that know less. */
const ownSql = (schema: string, ours: number): string => `
  CREATE SCHEMA IF NOT EXISTS "${schema}";
  CREATE TABLE head (
    id bigint PRIMARY KEY CHECK (id = 0),
    schema_version bigint NOT NULL,
    sequence bigint NOT NULL,
    works_from bigint NOT NULL
  );
  CREATE TABLE change_record (
    sequence bigint PRIMARY KEY,
    size bigint NOT NULL,
    changes text NOT NULL
  );
  INSERT INTO head VALUES (0, ${ours}, 0, ${ours})`;

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
    wanted.every((column) => there.includes(column)),
    `${table.name} has columns ${there.join(', ')}: a migration to ${wanted.join(', ')} is missing`,
  );
}

async function rows(session: Session, text: string, values: unknown[]): Promise<unknown[][]> {
  const answer = await session.ask({ text, values, rowMode: 'array' });
  assert(!Array.isArray(answer), 'one statement, one answer');
  return answer.rows;
}
