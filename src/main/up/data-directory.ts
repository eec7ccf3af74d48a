/** The data directory and the database in it; what is wrong with either is one line. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { allTables } from '../../core/replica.ts';
import { openSqliteStore, type SqliteStore } from '../../real/sqlite-store.ts';

export interface DataDirectory {
  readonly path: string;
  readonly store: SqliteStore;
  readonly cloudsYaml: string;
  readonly images: string;
  readonly log: string;
  /** Where a simulated host keeps its guests. */
  readonly shelfOf: (host: string) => string;
}

export function openDataDirectory(given: string): Decision<DataDirectory, string> {
  const path = resolve(given);
  const usable = makeUsable(path);
  if (usable.is === 'no') return usable;
  const database = join(path, 'plimsoll.db');
  const opened = openSqliteStore(database, allTables);
  switch (opened.is) {
    case 'opened':
      return done({
        path,
        store: opened.store,
        cloudsYaml: join(path, 'clouds.yaml'),
        images: join(path, 'images'),
        log: join(path, 'plimsoll.log'),
        shelfOf: (host) => join(path, 'simulated-hosts', `${host}.json`),
      });
    case 'newer-version':
      return no(
        `${database} was written by a newer version (shape ${opened.version}, this one knows ` +
          `${opened.ours}); start that version, or choose another directory with --data`,
      );
    case 'locked':
      return no(
        `${database} is in use by another process; stop it, or choose another directory with --data`,
      );
    case 'not-writable':
      return no(`${database} may not be written: ${firstLine(opened.message)}`);
    case 'corrupt':
      return no(`${database} cannot be read: ${firstLine(opened.message)}; restore a copy of it`);
  }
}

function makeUsable(path: string): Decision<void, string> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!statSync(path).isDirectory()) return no(`${path}: it is no directory; see --data`);
    accessSync(path, constants.W_OK | constants.X_OK);
    return done(undefined);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      return no(`${path}: a file is in the way of this directory; see --data`);
    }
    const mayNot = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
    return no(
      mayNot ? `the directory ${path} may not be written; see --data` : `${path}: ${message}`,
    );
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
