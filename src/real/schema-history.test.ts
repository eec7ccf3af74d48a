/**
 * Goal: a database of any released version is brought to today's shape, on both engines, and then
 * tells nobody of changes in a shape that is gone.
 * Method: each step of the history is turned round on a database of today's shape, which gives one
 * of the first version; that is opened, with rows in it, and must have today's columns.
 * Mutants that these killed: a step left out; change records kept; an initial value forgotten.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import Database from 'better-sqlite3';
import pg from 'pg';
import { allTables } from '../core/replica.ts';
import { postgresPrograms, startPostgres } from './postgres/server.fixture.ts';
import { openPostgresStore } from './postgres/store.ts';
import { stepsAfter } from './schema-history.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** The SQL that takes a step back, as far as the shape goes. */
const backwards: readonly string[] = stepsAfter(1)
  .toReversed()
  .flatMap((step) => {
    if ('to' in step) return [`ALTER TABLE ${step.to} DROP COLUMN ${step.add}`];
    if ('from' in step) return [`ALTER TABLE ${step.from} ADD COLUMN ${step.drop} INTEGER`];
    return [];
  });

const aCell = `INSERT INTO numa_cell (provider_id, cell, vcpus, memory_mib)
  VALUES (7, 0, 12, 4096)`;
const oldRecord = "INSERT INTO change_record VALUES (1, 2, '[]')";
const toFirst = 'UPDATE head SET schema_version = 1, sequence = 1';

/** What the cell became: its own CPUs are those that it had. */
const isUpToDate = (rows: object[]): void => {
  const cell = rows.find((row) => 'memory_limit_mib' in row) as Record<string, unknown>;
  deepEqual([cell['cpus'], cell['memory_limit_mib']], [12, 4096]);
};

test('sqlite: from the first version to today', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-history-'));
  after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'old.db');
  const fresh = openSqliteStore(path, allTables);
  ok(fresh.is === 'opened');
  await fresh.store.close();
  const db = new Database(path);
  for (const sql of [...backwards, aCell, oldRecord, toFirst]) db.exec(sql);
  db.close();
  const opened = openSqliteStore(path, allTables);
  ok(opened.is === 'opened', JSON.stringify(opened));
  const rows: object[] = [];
  await opened.store.load((_, row) => rows.push(row));
  isUpToDate(rows);
  equal((await opened.store.records(0, 9)).is, 'no', 'told of changes of another shape');
  await opened.store.close();
});

const programs = postgresPrograms();
const skip = programs === null ? 'no PostgreSQL here: apt-get install postgresql' : false;

test('postgres: from the first version to today', { skip }, async () => {
  const server = await startPostgres(programs as string);
  after(() => server.stop());
  const fresh = await openPostgresStore({ url: server.url }, allTables);
  ok(fresh.is === 'opened');
  await fresh.store.close();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('SET search_path = plimsoll');
  for (const sql of [...backwards, aCell, oldRecord, toFirst]) await client.query(sql);
  await client.end();
  const opened = await openPostgresStore({ url: server.url }, allTables);
  ok(opened.is === 'opened', JSON.stringify(opened));
  const rows: object[] = [];
  await opened.store.load((_, row) => rows.push(row));
  isUpToDate(rows);
  equal((await opened.store.records(0, 9)).is, 'no', 'told of changes of another shape');
  await opened.store.close();
});
