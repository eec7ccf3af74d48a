/**
 * A PostgreSQL server of a test's own: a fresh cluster in a temporary directory, on a loopback
 * port, ended with the test. As root it runs as the user that the package made, since PostgreSQL
 * refuses to run as root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.fixture.ts';

export interface TestServer {
  readonly url: string;
  /** Ends it as a power cut would, and starts it again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';

/** Where the newest server's programs are; null: none is installed. */
export function postgresPrograms(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const newest = readdirSync(VERSIONS).toSorted((a, b) => Number(b) - Number(a))[0];
  const bin = join(VERSIONS, newest ?? '', 'bin');
  return existsSync(join(bin, 'initdb')) ? bin : null;
}

const asRoot = process.getuid?.() === 0;
const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']).toString());

/** Where it is to run: behind a command that takes it there, as root, and its address there. */
export interface Elsewhere {
  readonly within: readonly string[];
  readonly address: string;
}

export async function startPostgres(
  programs: string,
  elsewhere: Elsewhere | null = null,
): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-pg-'));
  const owner = asRoot ? { uid: idOf('-u'), gid: idOf('-g') } : null;
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  const options = { ...owner, cwd: directory, stdio: 'ignore' as const };
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'plimsoll', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    options,
  );
  const port = await freePort();
  const address = elsewhere?.address ?? '127.0.0.1';
  const url = `postgres://plimsoll@${address}:${port}/postgres`;
  if (elsewhere !== null) appendFileSync(join(data, 'pg_hba.conf'), 'host all all all trust\n');
  const command = [
    ...(elsewhere === null || owner === null ? [] : [...elsewhere.within, ...asOwner(owner)]),
    ...[join(programs, 'postgres'), '-D', data, '-p', String(port)],
    ...['-h', address, '-k', directory, '-F'],
  ];
  const about = elsewhere === null ? options : { cwd: directory };
  const start = () =>
    spawn(command[0] ?? '', command.slice(1), {
      ...about,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  let child = start();
  await ready(child);
  return {
    url,
    async restart() {
      await ended(child, 'SIGQUIT');
      child = start();
      await ready(child);
    },
    async stop() {
      await ended(child, 'SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const asOwner = ({ uid, gid }: { readonly uid: number; readonly gid: number }): string[] => [
  ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
];

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** Waits until it says that it takes connections. */
function ready(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)));
  });
}
