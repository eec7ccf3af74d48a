/**
 * The cluster: a database, control planes, agents and a balancer, each a process of its own, with a
 * cable that can be pulled between any two that matter.
 *
 *   clients ─► balancer ─► control plane 1..3 ═cable═► PostgreSQL
 *                             ▲        ▲
 *   agents 1 ═════cable═══════╝        ║             three simulated hosts each
 *   agents 2 ═════cable═════► NATS ════╝
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  postgresPrograms,
  startPostgres,
  type TestServer,
} from '../../src/real/postgres/server.fixture.ts';
import { Books } from './books.ts';
import { Forwarder } from './forwarder.ts';
import {
  type AgentsParts,
  agentsOf,
  brokerIn,
  firstUserOf,
  type PlaneAbout,
  type PlaneParts,
  planeOf,
  writeConfig,
} from './parts.ts';
import type { Program } from './program.ts';

const PLANES = 3;
const HOSTS_EACH = 3;

export interface Plane extends PlaneParts {
  readonly toDatabase: Forwarder;
}

export interface Agents extends AgentsParts {
  readonly toPlanes: readonly Forwarder[];
  readonly hosts: readonly string[];
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
      const about = { directory, at, database: database.url, brokerPort: broker.port };
      planes.push(await cabled(about));
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
    return firstUserOf(this.planes).password;
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
    await writeConfig(this.directory, this.#brokerPort, made.tokens);
    this.broker.signal('SIGHUP');
    return made;
  }

  async #agents(
    name: string,
    toPlanes: readonly Forwarder[],
    urls: readonly string[],
  ): Promise<Agents> {
    const hosts = Array.from({ length: HOSTS_EACH }, (_, n) => `${name}-${n + 1}`);
    const { clouds } = firstUserOf(this.planes);
    const made = await agentsOf({ directory: this.directory, name, hosts, urls, clouds });
    return { ...made, toPlanes, hosts };
  }
}

/** A control plane with a cable to the database that can be pulled. */
async function cabled(about: PlaneAbout): Promise<Plane> {
  const url = new URL(about.database);
  const port = Number(url.port);
  const toDatabase = await Forwarder.open(() => [port]);
  url.port = String(toDatabase.port);
  return { ...(await planeOf({ ...about, database: url.href })), toDatabase };
}
