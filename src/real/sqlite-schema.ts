/**
 * The shape of the database: the tables that the rooms declare, and two of the store's own.
 *
 *   head            one row: the sequence of the last commit, and the version of this shape
 *   change_record   one row a batch: what it changed, for whoever has to catch up
 *
 * A database of an older version is brought up to date (schema-history.ts); one of a newer version
 * than ours is left alone.
 */
import type Database from 'better-sqlite3';
import type { ColumnType, Table } from '../core/base/table.ts';
import { assert } from '../core/base/units.ts';
import { SCHEMA_VERSION, type SchemaStep, stepsAfter, tableOf } from './schema-history.ts';
import { names } from './sql-names.ts';

/** The version of the database, null of a fresh one, or that it is no database of ours. */
export function schemaVersion(db: Database.Database): number | null | 'foreign' {
  const tables = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all();
  if (tables.length === 0) return null;
  if (!tables.includes('head')) return 'foreign';
  const version = db.prepare('SELECT schema_version FROM head').pluck().get();
  return typeof version === 'number' ? version : 'foreign';
}

/** Brings a database of `version` (null: a fresh one) to today's shape, whole or not at all. */
export function bringUpToDate(
  db: Database.Database,
  tables: readonly Table[],
  version: number | null,
): void {
  db.transaction(() => {
    if (version === null) createOwn(db);
    else if (version < SCHEMA_VERSION) migrate(db, version);
    for (const table of tables) createTable(db, table);
    db.prepare('UPDATE head SET schema_version = ?').run(SCHEMA_VERSION);
  })();
  for (const table of tables) assertColumns(db, table);
}

function migrate(db: Database.Database, version: number): void {
  for (const step of stepsAfter(version)) {
    if (isThere(db, tableOf(step)) && !isDone(db, step)) db.exec(sqlOf(step));
  }
  // They tell of rows of the old shape: whoever has to catch up reads everything again.
  db.exec('DELETE FROM change_record');
}

/** What is left is gone here already. */
function isDone(db: Database.Database, step: SchemaStep): boolean {
  if (!('from' in step)) return false;
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(step.from);
  return !columns.includes(step.drop);
}

function sqlOf(step: SchemaStep): string {
  if ('to' in step) {
    const initial = step.initial === undefined ? '' : ` DEFAULT ${Number(step.initial)}`;
    return `ALTER TABLE "${step.to}" ADD COLUMN "${step.add}" ${sqlType(step.type)}${initial}`;
  }
  if ('of' in step) return `ALTER TABLE "${step.of}" DROP COLUMN "${step.leave}"`; // nobody older
  if ('from' in step) return `ALTER TABLE "${step.from}" DROP COLUMN "${step.drop}"`;
  if ('update' in step) return `UPDATE "${step.update}" SET ${step.set}`;
  return `DROP TABLE "${step.clear}"`;
}

const isThere = (db: Database.Database, table: string): boolean =>
  db.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table) !== undefined;

function createOwn(db: Database.Database): void {
  db.exec(`
    CREATE TABLE head (
      id INTEGER PRIMARY KEY CHECK (id = 0),
      schema_version INTEGER NOT NULL,
      sequence INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE change_record (
      sequence INTEGER PRIMARY KEY,
      size INTEGER NOT NULL,
      changes TEXT NOT NULL
    ) STRICT;
    INSERT INTO head VALUES (0, ${SCHEMA_VERSION}, 0);
  `);
}

function createTable(db: Database.Database, table: Table): void {
  const columns = Object.entries(table.columns).map(([name, type]) => `"${name}" ${sqlType(type)}`);
  db.exec(`CREATE TABLE IF NOT EXISTS "${table.name}" (
    ${columns.join(',\n    ')},
    PRIMARY KEY (${names(table.primary)})
  ) STRICT, WITHOUT ROWID`);
  for (const column of table.indexes) {
    const index = `"${table.name}_by_${column}"`;
    db.exec(`CREATE INDEX IF NOT EXISTS ${index} ON "${table.name}" ("${column}")`);
  }
}

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'TEXT NOT NULL',
  integer: 'INTEGER NOT NULL',
  real: 'REAL NOT NULL',
  boolean: 'INTEGER NOT NULL',
  json: 'TEXT NOT NULL',
  'text?': 'TEXT',
  'integer?': 'INTEGER',
  'real?': 'REAL',
  'json?': 'TEXT',
};
const sqlType = (type: ColumnType): string => sqlTypes[type];

/** A descriptor that was changed without a migration is found here, and not at the first write. */
function assertColumns(db: Database.Database, table: Table): void {
  const there = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table.name);
  const wanted = Object.keys(table.columns);
  assert(
    there.length === wanted.length && wanted.every((column) => there.includes(column)),
    `${table.name} has columns ${there.join(', ')}: a migration to ${wanted.join(', ')} is missing`,
  );
}
