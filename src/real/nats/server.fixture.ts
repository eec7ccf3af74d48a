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
  /** Kills it, if it lives, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNats(hosts: ServerConfigAbout['hosts']): Promise<TestBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-nats-'));
  const seed = seedOf(Uint8Array.from({ length: 32 }, (_, at) => at));
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const config = join(directory, 'nats.conf');
  writeFileSync(config, serverConfig({ listen, hosts, control: publicKeyOf(seed) }));
  let child = await begin(config);
  return {
    url: `nats://${listen}`,
    seed,
    die: () => ended(child),
    async restart() {
      await ended(child);
      child = await begin(config);
    },
    async stop() {
      await ended(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function begin(config: string): Promise<ChildProcess> {
  const child = spawn(NATS_SERVER, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
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
