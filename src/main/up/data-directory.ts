/** The data directory and the database in it; what is wrong with either is one line. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Store } from '../../core/ports/store.ts';
import { allTables } from '../../core/replica.ts';
import { openDatabase } from './database.ts';

export interface DataDirectory {
  readonly path: string;
  readonly store: Store;
  readonly cloudsYaml: string;
  readonly images: string;
  readonly log: string;
  /** Where a simulated host keeps its guests. */
  readonly shelfOf: (host: string) => string;
}

/** `database`: the URL of the server that keeps the tables; null: a file in the directory does. */
export async function openDataDirectory(
  given: string,
  database: string | null,
): Promise<Decision<DataDirectory, string>> {
  const path = resolve(given);
  const usable = makeUsable(path);
  if (usable.is === 'no') return usable;
  const opened = await openDatabase(database ?? join(path, 'plimsoll.db'), allTables, '--data');
  if (opened.is === 'no') return opened;
  return done({
    path,
    store: opened.value,
    cloudsYaml: join(path, 'clouds.yaml'),
    images: join(path, 'images'),
    log: join(path, 'plimsoll.log'),
    shelfOf: (host) => join(path, 'simulated-hosts', `${host}.json`),
  });
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
