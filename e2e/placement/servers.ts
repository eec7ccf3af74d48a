/** The two servers, each on a new database: ours, and the original of Debian's packages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/real/free-port.fixture.ts';

const ROOT = join(import.meta.dirname, '../..');
const OURS = join(ROOT, 'src/main/placement.ts');
const THEIRS = process.env['PLACEMENT_REFERENCE'] ?? join(import.meta.dirname, 'reference.sh');
const PYTHON = '/usr/lib/python3/dist-packages';
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

export interface Server {
  readonly base: string;
  stop(): Promise<void>;
}

/** What is missing to run the original; null: nothing. */
export function missing(): string | null {
  if (!existsSync('/usr/bin/uwsgi')) return 'uwsgi is not installed';
  return existsSync(join(PYTHON, 'placement')) ? null : 'python3-placement is not installed';
}

export const startOurs = (): Promise<Server> =>
  start((port, directory) => [process.execPath, OURS, port, join(directory, 'ours.db')]);

export const startTheirs = (): Promise<Server> =>
  start((port, directory) => ['/bin/sh', THEIRS, port, join(directory, 'theirs.db')]);

async function start(
  command: (port: string, directory: string) => readonly string[],
): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'placement-pair-'));
  const port = await freePort();
  const [program, ...args] = command(String(port), directory);
  const child = spawn(program as string, args, {
    stdio: 'ignore',
    env: {
      ...process.env,
      OS_API__AUTH_STRATEGY: 'noauth2',
      // The packaged one is older than the rule that only services reshape.
      OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'false',
    },
  });
  const base = `http://127.0.0.1:${port}`;
  await answers(base, child);
  return {
    base,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(base: string, child: ChildProcess): Promise<void> {
  const deadline_ms = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline_ms) {
    if (child.exitCode !== null) throw new Error(`the server of ${base} ended: ${child.exitCode}`);
    const there = await fetch(`${base}/`).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no answer from ${base}`);
}
