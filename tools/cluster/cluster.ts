/**
 * The cluster: a database, control planes, agents and a balancer, each a process of its own, with a
 * cable that can be pulled between any two that matter.
 *
 *   clients ─► balancer ─► control plane 1..3 ═cable═► PostgreSQL
 *                             ▲        ▲
 *   agents 1 ═════cable═══════╝        ║             three simulated hosts each
 *   agents 2 ═════cable═════► NATS ════╝
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NATS_SERVER } from '../../src/real/nats/server.fixture.ts';
import {
  postgresPrograms,
  startPostgres,
  type TestServer,
} from '../../src/real/postgres/server.fixture.ts';
import { Books } from './books.ts';
import { Forwarder } from './forwarder.ts';
import { Program } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');
const PLANES = 3;
const HOSTS_EACH = 3;

export interface Plane {
  readonly program: Program;
  readonly port: number;
  readonly toDatabase: Forwarder;
  readonly directory: string;
}

export interface Agents {
  readonly program: Program;
  readonly toPlanes: readonly Forwarder[];
  readonly hosts: readonly string[];
  readonly state: string;
}

export class Cluster {
  readonly database: TestServer;
  readonly books: Books;
  readonly planes: readonly Plane[];
  readonly balancer: Forwarder;
  readonly broker: Program;
  readonly agents: Agents[] = [];
  readonly #brokerPort: number;
  readonly directory: string;

  private constructor(
    directory: string,
    database: TestServer,
    broker: { readonly program: Program; readonly port: number },
    planes: readonly Plane[],
    balancer: Forwarder,
  ) {
    this.directory = directory;
    this.database = database;
    this.broker = broker.program;
    this.#brokerPort = broker.port;
    this.books = new Books(database.url);
    this.planes = planes;
    this.balancer = balancer;
  }

  /** All of it up: the control planes begin at once, on an empty database. */
  static async start(lot: () => number): Promise<Cluster> {
    const programs = postgresPrograms();
    if (programs === null) throw new Error('no PostgreSQL here: apt-get install postgresql');
    const directory = mkdtempSync(join(tmpdir(), 'plimsoll-cluster-'));
    const database = await startPostgres(programs);
    const broker = await brokerIn(directory);
    const planes: Plane[] = [];
    for (let at = 1; at <= PLANES; at++) {
      planes.push(await plane(directory, at, database.url, broker.port));
    }
    const ports = () => planes.map(({ port }) => port).sort(() => lot() - 0.5);
    const balancer = await Forwarder.open(ports);
    const cluster = new Cluster(directory, database, broker, planes, balancer);
    await broker.program.start();
    await Promise.all(planes.map(({ program }) => program.start()));
    cluster.agents.push(await cluster.#dialling(), await cluster.#brokered());
    await Promise.all(cluster.agents.map(({ program }) => program.start()));
    return cluster;
  }

  /** The one that made the first user has its password. */
  get password(): string {
    for (const { directory } of this.planes) {
      const said = readFileSync(join(directory, 'clouds.yaml'), 'utf8');
      const password = /password: (\S+)/.exec(said)?.[1];
      if (password !== undefined) return password;
    }
    throw new Error('no process made the first user');
  }

  /** The guests on each host, as its agent last wrote them down. */
  guests(): ReadonlyMap<string, readonly string[]> {
    const all = this.agents.flatMap(({ hosts, state }) =>
      hosts.map((host): [string, string[]] => {
        const kept = JSON.parse(readFileSync(join(state, `${host}.json`), 'utf8'));
        return [host, kept.guests.map(({ spec }: { spec: { uuid: string } }) => spec.uuid)];
      }),
    );
    return new Map(all);
  }

  /** Ends everything; gives the last words of the planes that were not up. */
  async stop(): Promise<void> {
    for (const { program } of this.agents) await program.end('SIGKILL');
    for (const { program } of this.planes) await program.end('SIGKILL');
    await this.books.close();
    this.balancer.close();
    for (const { toDatabase } of this.planes) toDatabase.close();
    for (const { toPlanes } of this.agents) for (const cable of toPlanes) cable.close();
    await this.broker.end('SIGKILL');
    await this.database.stop();
  }

  clear(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Agents that dial each control plane. */
  async #dialling(): Promise<Agents> {
    const opened = this.planes.map(({ port }) => Forwarder.open(() => [port]));
    const cables = await Promise.all(opened);
    const urls = cables.map(({ port }) => `http://127.0.0.1:${port}`);
    return this.#agents('dialling', cables, urls);
  }

  /** Agents that know NATS only; it is told of their keys while it runs. */
  async #brokered(): Promise<Agents> {
    const cable = await Forwarder.open(() => [this.#brokerPort]);
    const made = await this.#agents('brokered', [cable], [`nats://127.0.0.1:${cable.port}`]);
    await writeConfig(this.directory, this.#brokerPort, join(made.state, 'tokens'));
    this.broker.signal('SIGHUP');
    return made;
  }

  async #agents(
    name: string,
    toPlanes: readonly Forwarder[],
    urls: readonly string[],
  ): Promise<Agents> {
    const hosts = Array.from({ length: HOSTS_EACH }, (_, n) => `${name}-${n + 1}`);
    const state = join(this.directory, name);
    mkdirSync(state);
    const clouds = this.planes.map((one) => join(one.directory, 'clouds.yaml'));
    const knowing = clouds.find((path) => readFileSync(path, 'utf8').includes('password:')) ?? '';
    const made = await promisify(execFile)(process.execPath, [
      ...[CLI, 'host', 'token', ...hosts, '--clouds', knowing],
    ]);
    const tokens = join(state, 'tokens');
    writeFileSync(tokens, made.stdout, { mode: 0o600 });
    const control = urls.flatMap((url) => ['--control', url]);
    const args = [CLI, 'agent', ...control, '--tokens', tokens, '--state', state];
    const program = new Program(`agents ${name}`, [process.execPath, ...args], 'is up');
    return { program, toPlanes, hosts, state };
  }
}

const CLI = join(ROOT, 'dist/main/cli.js');

/** A NATS server, not started yet, that knows the control planes' key. */
async function brokerIn(directory: string): Promise<{ program: Program; port: number }> {
  const port = await freePort();
  const config = await writeConfig(directory, port);
  const program = new Program('nats', [NATS_SERVER, '-c', config], 'Server is ready');
  return { program, port };
}

async function writeConfig(directory: string, port: number, tokens?: string): Promise<string> {
  const about = ['--key', join(directory, 'control.key'), '--listen', `127.0.0.1:${port}`];
  const hosts = tokens === undefined ? [] : ['--tokens', tokens];
  const args = [CLI, 'broker', 'config', ...about, ...hosts];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const config = join(directory, 'nats.conf');
  writeFileSync(config, stdout);
  return config;
}

async function plane(
  directory: string,
  at: number,
  database: string,
  brokerPort: number,
): Promise<Plane> {
  const data = join(directory, `plane-${at}`);
  mkdirSync(data);
  const port = await freePort();
  const real = new URL(database);
  const toDatabase = await Forwarder.open(() => [Number(real.port)]);
  const url = new URL(database);
  url.port = String(toDatabase.port);
  const shared = ['--shared', '--hosts', '0', '--images', join(directory, 'images')];
  const key = join(directory, 'control.key');
  const nats = ['--nats', `nats://127.0.0.1:${brokerPort}`, '--nats-key', key];
  const where = ['--data', data, '--port', String(port), '--database', url.href];
  const args = [join(ROOT, 'dist/main/control-plane.js'), ...where, ...shared, ...nats];
  const program = new Program(`plane ${at}`, [process.execPath, ...args], 'up at');
  return { program, port, toDatabase, directory: data };
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
