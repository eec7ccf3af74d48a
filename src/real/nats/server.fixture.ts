/** A NATS server of a test's own, on a free loopback port, with the users that it is told of. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.fixture.ts';
import { publicKeyOf, seedOf } from './names.ts';
import { type ServerConfigAbout, serverConfig } from './server-config.ts';

export const NATS_SERVER = '/usr/sbin/nats-server';
export const hasNats = existsSync(NATS_SERVER);

export interface TestBroker {
  readonly url: string;
  readonly seed: Uint8Array;
  /** Kills it; `restart` brings it back. */
  die(): Promise<void>;
  /** Kills it, if it lives, and starts it again on the same port; `known`: with these hosts. */
  restart(known?: ServerConfigAbout['hosts']): Promise<void>;
  stop(): Promise<void>;
}

/** Where a server is to run: behind a command that takes it there, and its address there. */
export interface Elsewhere {
  readonly within: readonly string[];
  readonly address: string;
}

export async function startNats(
  hosts: ServerConfigAbout['hosts'],
  { within, address }: Elsewhere = { within: [], address: '127.0.0.1' },
): Promise<TestBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-nats-'));
  const seed = seedOf(Uint8Array.from({ length: 32 }, (_, at) => at));
  const port = await freePort();
  const listen = `${address}:${port}`;
  const config = join(directory, 'nats.conf');
  const tell = (known: ServerConfigAbout['hosts']) =>
    writeFileSync(config, serverConfig({ listen, hosts: known, control: publicKeyOf(seed) }));
  tell(hosts);
  let child = await begin(within, config);
  return {
    url: `nats://${listen}`,
    seed,
    die: () => ended(child),
    async restart(known = hosts) {
      await ended(child);
      tell(known);
      child = await begin(within, config);
    },
    async stop() {
      await ended(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function begin(within: readonly string[], config: string): Promise<ChildProcess> {
  const [program, ...args] = [...within, NATS_SERVER, '-c', config];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      if (said.includes('Server is ready')) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
