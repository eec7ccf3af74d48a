/**
 * `plimsoll store copy`: everything that one database holds, into an empty other one; from a file
 * to PostgreSQL, or back.
 *
 *   from ──load──► rows, in memory ──► into, in one transaction, with the sequence of the source
 *
 *   SC1  the source is not changed, and nobody serves from it meanwhile: it is opened as a process
 *        that is alone would open it;
 *   SC2  the target holds all of it or nothing, and is refused unless it is empty;
 *   SC3  the sequence goes along, so whoever followed the changes of the source is told to read
 *        everything again, and never mistakes the target's next change for one they know.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreCopyOptions } from '../cli/here-verbs.ts';
import type { Table } from '../core/base/table.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { allTables } from '../core/replica.ts';
import { type Database, isUrl, openDatabase } from './up/database.ts';

interface Copied {
  readonly tables: number;
  readonly rows: number;
  readonly sequence: number;
}

/** Gives the exit code. */
export async function runStoreCopy(options: StoreCopyOptions): Promise<number> {
  const copied = await copyStore(options);
  if (copied.is === 'no') {
    console.error(`plimsoll: ${copied.why}`);
    return 1;
  }
  const { tables, rows, sequence } = copied.value;
  if (options.format === 'json') console.log(JSON.stringify(copied.value));
  else console.log(`Copied ${rows} rows of ${tables} tables, as of commit ${sequence}.`);
  return 0;
}

/** `from` and `to`: a data directory, a database file, or the URL of a PostgreSQL server. */
async function copyStore(options: StoreCopyOptions): Promise<Decision<Copied, string>> {
  const { from, to, progress } = options;
  if (!isUrl(from) && !existsSync(fileOf(from))) return no(`--from ${from}: there is no database`);
  const source = await openDatabase(fileOf(from), allTables, '--from');
  if (source.is === 'no') return source;
  try {
    const target = await openDatabase(fileOf(to), allTables, '--to');
    if (target.is === 'no') return target;
    try {
      return await copy(source.value, target.value, progress);
    } finally {
      await target.value.close();
    }
  } finally {
    await source.value.close();
  }
}

async function copy(
  source: Database,
  target: Database,
  progress: (line: string) => void,
): Promise<Decision<Copied, string>> {
  const tables = new Map<Table, object[]>();
  const { sequence } = await source.load((table, row) => {
    const rows = tables.get(table) ?? [];
    rows.push(row);
    tables.set(table, rows);
  });
  for (const [{ name }, { length }] of tables) progress(`  ${name}: ${length}`);
  const filled = await target.fill(tables, sequence);
  if (filled === 'not-empty') return no('the database to copy into is not empty; name a new one');
  const rows = [...tables.values()].reduce((sum, { length }) => sum + length, 0);
  return done({ tables: tables.size, rows, sequence });
}

/** A directory stands for the database in it. */
function fileOf(given: string): string {
  if (isUrl(given)) return given;
  const directory = existsSync(given) && statSync(given).isDirectory();
  return directory ? join(given, 'plimsoll.db') : given;
}
