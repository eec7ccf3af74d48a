/**
 * Whole servers: from `POST /servers` over HTTP until the simulated guest is ACTIVE.
 *
 *   clients ─► HTTP ─► compute ─► ledger ─► saga: place ─► boot order ─► agent ─► active
 *
 * One process is client, server and all hosts. Simulated hypervisors take no time here, so what is
 * left is ours: where it goes is watched at the store, the scheduler and the answer.
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { reportOnce } from '../src/core/agent/duties.ts';
import { computeService } from '../src/core/api/compute/service.ts';
import type { Caller } from '../src/core/api/http.ts';
import type { Clock } from '../src/core/ports/clock.ts';
import { silent } from '../src/core/ports/journal.ts';
import { done } from '../src/core/ports/reply.ts';
import { allTables, Replica } from '../src/core/replica.ts';
import {
  type FlavorRow,
  flavors,
  images,
  type ServerRow,
  servers,
} from '../src/core/servers/rows.ts';
import { realClock } from '../src/real/clock.ts';
import { realEntropy } from '../src/real/entropy.ts';
import { mount, startHttpServer } from '../src/real/http-server.ts';
import { realJournal } from '../src/real/journal.ts';
import { LocalWire } from '../src/real/local-wire.ts';
import { openSqliteStore, type SqliteStore } from '../src/real/sqlite-store.ts';
import { realSshKeys } from '../src/real/ssh-keys.ts';
import { SimFabric } from '../src/sim/fabric.ts';
import { SimImageFiles } from '../src/sim/image-files.ts';
import { SimPasswords } from '../src/sim/passwords.ts';
import { simulatedHost } from '../src/sim/simulated-host.ts';
import { type Figure, figure, median } from './figure.ts';

const HOSTS = 200;
const SERVERS = 2_000;
const WARM_UP = 200;
const CLIENTS_MAX = 32;
const SIZE = { cores: 64, memory_mib: 262_144, disk_gib: 4_000, cells: 2 };
const NEVER_SILENT_MS = 2 ** 31;
const IMAGE = '5dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';

export async function* boots(directory: string, clients = CLIENTS_MAX): AsyncGenerator<Figure> {
  const fleet = await Fleet.make(directory);
  await fleet.boot(WARM_UP, clients);
  const from = performance.now();
  await fleet.boot(SERVERS, clients);
  const span_ms = performance.now() - from;
  yield figure('boot', HOSTS, SERVERS / (span_ms / 1000), 'servers/s');
  const { answered_ms, active_ms, spent } = fleet;
  yield figure('boot: POST answered, median', HOSTS, median(answered_ms), 'ms');
  yield figure('boot: ACTIVE, median', HOSTS, median(active_ms), 'ms');
  for (const [what, part_ms] of Object.entries(spent)) {
    yield figure(`boot: a server's time in ${what}`, HOSTS, (part_ms / SERVERS) * 1000, 'µs');
  }
  const others_ms = span_ms - Object.values(spent).reduce((sum, part_ms) => sum + part_ms, 0);
  const rest = 'HTTP, API, sagas, agents, client';
  yield figure(`boot: a server's time in ${rest}`, HOSTS, (others_ms / SERVERS) * 1000, 'µs');
  await fleet.stop();
}

/** Whoever only sleeps, as the watches of a fleet do, keeps no benchmark from ending. */
const clock: Clock = {
  ...realClock,
  sleep: (span) => new Promise((wake) => setTimeout(wake, span + 1).unref()),
};

const operator: Caller = {
  user_id: 'u',
  user_name: 'u',
  project_id: 'p',
  project_name: 'p',
  roles: ['admin', 'member', 'reader'],
  system_scope: false,
};

class Fleet {
  answered_ms: number[] = [];
  active_ms: number[] = [];
  spent = { 'commits and their fsync': 0, decisions: 0 };
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CLIENTS_MAX });
  readonly #waiting = new Map<string, () => void>();
  readonly stop: () => Promise<void>;

  private constructor(
    replica: Replica,
    store: SqliteStore,
    port: number,
    stop: () => Promise<void>,
  ) {
    this.#port = port;
    this.stop = async () => {
      this.#agent.destroy();
      await stop();
    };
    this.#watch(replica, store);
  }

  static async make(directory: string): Promise<Fleet> {
    const opened = openSqliteStore(join(directory, 'boot.db'), allTables);
    if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
    const { store } = opened;
    const wire = new LocalWire();
    const ports = { store, wire, clock, entropy: realEntropy, journal: silent };
    const made = await Replica.open(ports, { sole: true, silent_after_ms: NEVER_SILENT_MS });
    if (made.is !== 'done') throw new Error(JSON.stringify(made));
    const replica = made.value;
    await furnish(replica, wire);
    await replica.start();
    const { port, stop } = await serve(replica);
    return new Fleet(replica, store, port, async () => {
      await stop();
      replica.stop();
      await replica.ledger.close();
    });
  }

  /** As many servers, asked for by `clients` at a time, each awaited. */
  async boot(count: number, clients: number): Promise<void> {
    this.answered_ms = [];
    this.active_ms = [];
    this.spent = { 'commits and their fsync': 0, decisions: 0 };
    let left = count;
    const client = async () => {
      while (left-- > 0) await this.#one();
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  async #one(): Promise<void> {
    const from = performance.now();
    const name = realEntropy.uuid();
    const active = new Promise<void>((resolve) => this.#waiting.set(name, resolve));
    await this.#post({ server: { name, flavorRef: 'bench', imageRef: IMAGE, networks: 'none' } });
    this.answered_ms.push(performance.now() - from);
    await active;
    this.active_ms.push(performance.now() - from);
  }

  #post(body: object): Promise<void> {
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': text.length,
      'openstack-api-version': 'compute 2.79',
    };
    const path = '/compute/v2.1/servers';
    const where = { host: '127.0.0.1', port: this.#port, method: 'POST', path, headers };
    return new Promise((resolve, reject) => {
      request({ ...where, agent: this.#agent }, (answer) => {
        if (answer.statusCode !== 202) reject(new Error(`answered ${answer.statusCode}`));
        answer.resume().once('end', () => resolve());
      })
        .once('error', reject)
        .end(text);
    });
  }

  /** Hears of servers that are ready, and looks at the clock around commits and decisions. */
  #watch({ ledger, scheduler }: Replica, store: SqliteStore): void {
    ledger.subscribe(({ changes }) => {
      for (const { table, row } of changes)
        if (table === servers.name) this.#heard(row as ServerRow);
    });
    const commit = store.commit.bind(store);
    store.commit = async (batch) => {
      const from = performance.now();
      const reply = await commit(batch);
      this.spent['commits and their fsync'] += performance.now() - from;
      return reply;
    };
    const decide = scheduler.decide.bind(scheduler);
    scheduler.decide = (draft, ask) => {
      const from = performance.now();
      const decided = decide(draft, ask);
      this.spent.decisions += performance.now() - from;
      return decided;
    };
  }

  #heard({ name, vm_state, fault }: ServerRow): void {
    if (vm_state === 'error') throw new Error(`${name}: ${fault?.message}`);
    if (vm_state !== 'active') return;
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }
}

/** Hosts whose hypervisors answer at once, a flavor and an image. */
async function furnish(replica: Replica, wire: LocalWire): Promise<void> {
  const fabric = new SimFabric();
  for (let at = 1; at <= HOSTS; at++) {
    const about = { ...SIZE, name: `host-${at}`, uuid: realEntropy.uuid(), fabric };
    const latency = () => ({ least_ms: 0, most_ms: 0 });
    const made = await simulatedHost({ ...about, clock: realClock, latency });
    if (made.is === 'no') throw new Error(made.why);
    wire.attach(made.value.agent);
    if (!(await reportOnce(made.value.agent, replica.muster))) throw new Error('not taken in');
  }
  await replica.ledger.submit((draft) => {
    draft.put(flavors, FLAVOR);
    draft.put(images, {
      ...{ id: IMAGE, name: 'blank', status: 'active', visibility: 'public', owner: '' },
      ...{ disk_format: 'raw', container_format: 'bare', size_bytes: 1, checksum: '' },
      ...{ min_disk_gib: 0, min_ram_mib: 0, protected: false, tags: [], properties: {} },
      ...{ created_at_ms: 0, updated_at_ms: 0 },
    });
    return done(undefined);
  });
}

const FLAVOR: FlavorRow = {
  ...{ id: 'bench', name: 'bench', vcpus: 2, memory_mib: 4096, disk_gib: 20 },
  ...{ ephemeral_gib: 0, swap_mib: 0, rxtx_factor: 1, is_public: true, description: null },
  ...{ extra_specs: {}, access: [], created_at_ms: 0 },
};

async function serve({ ledger, operations }: Replica) {
  const rooms = { ledger, operations, clock: realClock, entropy: realEntropy };
  const others = {
    digests: new SimPasswords(),
    sshKeys: realSshKeys,
    imageFiles: new SimImageFiles(),
  };
  const server = await startHttpServer({
    services: [mount(computeService(), { ...rooms, ...others })],
    authenticate: () => operator,
    host: '127.0.0.1',
    port: 0,
    journal: realJournal('warn'),
  });
  if (server.is !== 'listening') throw new Error(`cannot listen: ${server.is}`);
  return server;
}
