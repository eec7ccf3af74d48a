/**
 * The shape of the database: the tables that the rooms declare, and two of the store's own.
 *
 *   head            one row: the sequence of the last commit, and the version of this shape
 *   change_record   one row a batch: what it changed, for whoever has to catch up
 *
 * A new table appears by itself. A new column, or rows that must be rewritten, is a migration: it
 * is appended to `migrations`, and `SCHEMA_VERSION` follows. A database of a newer version than
 * ours is left alone.
 */
import type Database from 'better-sqlite3';
import type { ColumnType, Table } from '../core/base/table.ts';
import { assert } from '../core/base/units.ts';
import { names } from './sqlite-rows.ts';

type Migration = (db: Database.Database) => void;

/** The nth makes version n + 1 of version n. Version 1 is what `createTables` made first. */
const migrations: readonly Migration[] = [
  // 2: servers can be locked
  (db) => addColumn(db, 'server', 'lock TEXT'),
  // 3: a token knows the application credential that it was got with
  (db) => addColumn(db, 'identity_token', 'application_credential_id TEXT'),
  // 4: explanations have a kind and repairs; they are kept for a while only, and begin afresh
  (db) => db.exec('DROP TABLE IF EXISTS explanation'),
  // 5: servers know with whom they were made
  (db) => addColumn(db, 'server', 'reservation_id TEXT'),
  // 6: runs can wait for the books to change
  (db) => addColumn(db, 'run', 'waits TEXT'),
  // 7: NUMA cells know their own CPUs and their ratio of memory; holds, whether they are exact
  addCellLimits,
];
export const SCHEMA_VERSION = migrations.length + 1;

/** A host says what it has again as soon as its agent starts. */
function addCellLimits(db: Database.Database): void {
  addColumn(db, 'numa_cell', 'cpus INTEGER NOT NULL DEFAULT 0');
  addColumn(db, 'numa_cell', 'memory_limit_mib INTEGER NOT NULL DEFAULT 0');
  addColumn(db, 'numa_cell_hold', 'exact INTEGER NOT NULL DEFAULT 0');
  if (isThere(db, 'numa_cell')) {
    db.exec('UPDATE numa_cell SET cpus = vcpus, memory_limit_mib = memory_mib');
  }
}

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
    else for (const migrate of migrations.slice(version - 1)) migrate(db);
    for (const table of tables) createTable(db, table);
    db.prepare('UPDATE head SET schema_version = ?').run(SCHEMA_VERSION);
  })();
  for (const table of tables) assertColumns(db, table);
}

/** Where there is such a table: a database of Placement alone has neither servers nor tokens. */
function addColumn(db: Database.Database, table: string, column: string): void {
  if (isThere(db, table)) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
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
