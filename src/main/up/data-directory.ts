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

export interface DataAbout {
  readonly data: string;
  /** The URL of the server that keeps the tables; null: a file in the directory does. */
  readonly database: string | null;
  /** Where images are, if not in the directory. */
  readonly images: string | null;
  /** Whether other processes are at work on the same database. */
  readonly shared: boolean;
}

export async function openDataDirectory(
  about: DataAbout,
): Promise<Decision<DataDirectory, string>> {
  const { database, images, shared } = about;
  const path = resolve(about.data);
  const usable = makeUsable(path);
  if (usable.is === 'no') return usable;
  const where = database ?? join(path, 'plimsoll.db');
  const opened = await openDatabase(where, allTables, '--data', shared);
  if (opened.is === 'no') return opened;
  return done({
    path,
    store: opened.value,
    cloudsYaml: join(path, 'clouds.yaml'),
    images: images === null ? join(path, 'images') : resolve(images),
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
