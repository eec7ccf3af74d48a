/**
 * What a cluster is made of: a broker, control planes, agents, each a program that is not started
 * yet, with its own directory and port. Who puts them together says what lies between them.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NATS_SERVER } from '../../src/real/nats/server.fixture.ts';
import { Program } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'dist/main/cli.js');
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

/** A program of the project, to its end; gives what it printed. */
async function printed(...args: readonly string[]): Promise<string> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], options);
  return stdout;
}

const keyIn = (directory: string): string => join(directory, 'control.key');

/** A NATS server, not started yet, that knows the control planes' key. */
export async function brokerIn(directory: string): Promise<{ program: Program; port: number }> {
  const port = await freePort();
  const config = await writeConfig(directory, port);
  const program = new Program('nats', [NATS_SERVER, '-c', config], 'Server is ready');
  return { program, port };
}

/** What the broker is to know; it reads that anew when it is sent SIGHUP. */
export async function writeConfig(
  directory: string,
  port: number,
  tokens?: string,
): Promise<string> {
  const about = ['--key', keyIn(directory), '--listen', `127.0.0.1:${port}`];
  const hosts = tokens === undefined ? [] : ['--tokens', tokens];
  const config = join(directory, 'nats.conf');
  writeFileSync(config, await printed('broker', 'config', ...about, ...hosts));
  return config;
}

export interface PlaneAbout {
  /** Of the whole cluster. */
  readonly directory: string;
  readonly at: number;
  readonly database: string;
  /** Null: there is none. */
  readonly brokerPort: number | null;
}

export interface PlaneParts {
  readonly program: Program;
  readonly port: number;
  readonly directory: string;
}

/** A control plane that shares its database and its images with the others. */
export async function planeOf({ directory, at, database, brokerPort }: PlaneAbout) {
  const data = join(directory, `plane-${at}`);
  mkdirSync(data);
  const port = await freePort();
  const shared = ['--shared', '--hosts', '0', '--images', join(directory, 'images')];
  const url = `nats://127.0.0.1:${brokerPort}`;
  const nats = brokerPort === null ? [] : ['--nats', url, '--nats-key', keyIn(directory)];
  const where = ['--data', data, '--port', String(port), '--database', database];
  const args = [join(ROOT, 'dist/main/control-plane.js'), ...where, ...shared, ...nats];
  const program = new Program(`plane ${at}`, [process.execPath, ...args], 'up at');
  return { program, port, directory: data } satisfies PlaneParts;
}

/** Of the planes, the one that made the first user: its clouds.yaml, and the password in it. */
export function firstUserOf(planes: readonly Pick<PlaneParts, 'directory'>[]) {
  for (const { directory } of planes) {
    const clouds = join(directory, 'clouds.yaml');
    const password = /password: (\S+)/.exec(readFileSync(clouds, 'utf8'))?.[1];
    if (password !== undefined) return { clouds, password };
  }
  throw new Error('no process made the first user');
}

export interface AgentsAbout {
  readonly directory: string;
  readonly name: string;
  readonly hosts: readonly string[];
  /** Where they dial. */
  readonly urls: readonly string[];
  /** Whose user makes their tokens. */
  readonly clouds: string;
}

export interface AgentsParts {
  readonly program: Program;
  readonly state: string;
  /** The file of their tokens. */
  readonly tokens: string;
}

/** The agents of simulated hosts, which are told to the control planes; one process. */
export async function agentsOf(about: AgentsAbout): Promise<AgentsParts> {
  const { directory, name, hosts, urls, clouds } = about;
  const state = join(directory, name);
  mkdirSync(state);
  const tokens = join(state, 'tokens');
  const made = await printed('host', 'token', ...hosts, '--clouds', clouds);
  writeFileSync(tokens, made, { mode: 0o600 });
  const control = urls.flatMap((url) => ['--control', url]);
  const args = [CLI, 'agent', ...control, '--tokens', tokens, '--state', state];
  const program = new Program(`agents ${name}`, [process.execPath, ...args], 'is up');
  return { program, state, tokens };
}

/** Below those that the kernel gives to whoever wants any: nobody takes it before it is used. */
let port = 22_000;

async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const wanted = ++port;
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(true));
      server.listen(wanted, '127.0.0.1', () => resolve(false));
    });
    if (taken) continue;
    await new Promise((resolve) => server.close(resolve));
    return wanted;
  }
}
