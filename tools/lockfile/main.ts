/**
 * Completes package-lock.json: adds the optional packages that npm left out.
 *
 *   node tools/lockfile/main.ts   after every npm install, where the registry is a partial mirror
 *
 * Tools that come as binaries list one optional package for each machine. Where a mirror lacks some
 * of them, `npm install` leaves those out of the lockfile, and `npm ci` then refuses the file
 * everywhere. An entry needs no more than a version and the machine it is for: on any other machine
 * npm does not fetch it. lockfile.test.ts fails while one is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/command.ts';

export interface Lockfile {
  packages: Record<string, Entry>;
}
interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'win32'];
const MORE_SYSTEMS = ['openharmony', 'sunos'];

/** The entries that are asked for and not there, by their place in the lockfile. */
export function missing({ packages }: Lockfile): Record<string, Entry> {
  const found: Record<string, Entry> = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
      if (places.some((place) => place in packages)) continue;
      const about = { version, ...(dev ? { dev } : {}), optional: true, ...machineOf(name) };
      found[`node_modules/${name}`] = about;
    }
  }
  return found;
}

/** e.g. `@oxlint/binding-linux-x64-musl`: linux, x64, musl. */
export function machineOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const at = words.findIndex((word) => [...SYSTEMS, ...MORE_SYSTEMS].includes(word));
  const [os, cpu, abi = ''] = words.slice(at === -1 ? words.length : at);
  if (os === undefined || cpu === undefined) throw new Error(`no machine in the name ${name}`);
  if (os !== 'linux' || abi === '') return { os: [os], cpu: [cpu] };
  return { os: [os], cpu: [cpu], libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] };
}

export const LOCKFILE: string = join(root, 'package-lock.json');

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as Lockfile;
  const added = missing(lock);
  const sorted = Object.entries({ ...lock.packages, ...added }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(LOCKFILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${Object.keys(added).length} entries added`);
}
