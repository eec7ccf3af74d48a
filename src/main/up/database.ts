/**
 * Which database: a file of our own (SQLite), or a server (PostgreSQL) that is named by its URL.
 * What is wrong with it is one line that says what to do; a password is never part of it.
 *
 *   /var/lib/plimsoll/plimsoll.db      postgres://user:password@host/database?schema=plimsoll
 */
import type { Table } from '../../core/base/table.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Store } from '../../core/ports/store.ts';
import { openSqliteStore } from '../../real/sqlite-store.ts';

/** A store that can also be filled from another one. */
export interface Database extends Store {
  /** Writes all of it into an empty database, or nothing. */
  fill(
    tables: ReadonlyMap<Table, readonly object[]>,
    sequence: number,
  ): Promise<'filled' | 'not-empty'>;
}

const SCHEMA = 'plimsoll';

export const isUrl = (where: string): boolean => /^postgres(ql)?:\/\//.test(where);

/**
 * `hint` ends the line of a database that cannot be had: how to choose another. `shared`: other
 * processes may be at work on it.
 */
export async function openDatabase(
  where: string,
  tables: readonly Table[],
  hint: string,
  shared = false,
): Promise<Decision<Database, string>> {
  return isUrl(where) ? openServer(where, tables, shared) : openFile(where, tables, hint);
}

function openFile(
  path: string,
  tables: readonly Table[],
  hint: string,
): Decision<Database, string> {
  const opened = openSqliteStore(path, tables);
  switch (opened.is) {
    case 'opened':
      return done(opened.store);
    case 'newer-version':
      return no(`${newer(path, opened)}, or choose another directory with ${hint}`);
    case 'locked':
      return no(
        `${path} is in use by another process; stop it, or choose another directory with ${hint}`,
      );
    case 'not-writable':
      return no(`${path} may not be written: ${firstLine(opened.message)}`);
    case 'corrupt':
      return no(`${path} cannot be read: ${firstLine(opened.message)}; restore a copy of it`);
  }
}

async function openServer(
  given: string,
  tables: readonly Table[],
  shared: boolean,
): Promise<Decision<Database, string>> {
  const parts = partsOf(given);
  if (parts.is === 'no') return parts;
  const { url, schema, shown } = parts.value;
  // Only who uses PostgreSQL loads what speaks to it.
  const { openPostgresStore } = await import('../../real/postgres/store.ts');
  const opened = await openPostgresStore({ url, schema, sole: !shared }, tables);
  switch (opened.is) {
    case 'opened':
      return done(opened.store);
    case 'newer-version':
      return no(`${newer(shown, opened)}, or name another schema with ?schema=`);
    case 'older-at-work':
      return no(
        `${shown}: the process ${opened.process}, of an older version, still works on it; ` +
          `stop those older than shape ${opened.needs}, then start this one`,
      );
    case 'in-use':
      return no(`${shown} is in use by another process; ${shared ? alone : together}`);
    case 'unreachable':
      return no(`${shown} cannot be used: ${firstLine(opened.message)}`);
  }
}

const together = 'stop it, name another ?schema=, or start all of them with --shared';
const alone = 'it does not share: stop it, and start it again with --shared';

interface Parts {
  readonly url: string;
  readonly schema: string;
  /** Without its password. */
  readonly shown: string;
}

function partsOf(given: string): Decision<Parts, string> {
  const url = URL.parse(given);
  if (url === null) return no('the URL of the database is not well-formed');
  const schema = url.searchParams.get('schema') ?? SCHEMA;
  url.searchParams.delete('schema');
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    return no(`?schema=${schema}: it must be small letters, digits and _, at most 63`);
  }
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return done({ url: url.href, schema, shown: shown.href });
}

const newer = (where: string, { version, ours }: { version: number; ours: number }): string =>
  `${where} was written by a newer version (shape ${version}, this one knows ${ours}); ` +
  'start that version';

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
