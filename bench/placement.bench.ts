/**
 * Placement over HTTP, its own program on SQLite: candidates beside an empty GET of the same
 * server, whole claims, and trees that are wide.
 *
 *   every query is another one (sizes and traits drawn by lot), and somebody claims all the while,
 *   so that nothing can be answered from what was answered before
 *
 * What is compared takes turns, round after round; ratios are the median of the rounds'.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { against, type Figure, figure, median } from './figure.ts';
import { busy, bytesOf, Connection } from './placement.client.ts';
import {
  flatHost,
  makeFleet,
  type Served,
  serve,
  WIDE_CLASS,
  wideHost,
} from './placement.fleet.ts';

const CONNECTIONS = 8;
const ROUNDS = 7;
const ROUND_MS = 700;
/** Until the compiler has seen enough of a kind. */
const WARM_MS = 4_000;
const SMALL = 1_000;
const LARGE = 10_000;

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield* candidates(join(directory, 'large.db'));
    yield* claims(directory);
    for (const units of [1, 6]) yield* wide(join(directory, `wide-${units}.db`), units);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// ── candidates beside an empty GET ───────────────────────────────────────────────────────────

async function* candidates(path: string): AsyncGenerator<Figure> {
  await makeFleet(path, LARGE, flatHost);
  const server = await serve(path, await freePort());
  const { readers, claimer } = await clients(server);
  const claiming = keepClaiming(claimer);
  const empty = { name: 'an empty GET', one: get(() => '/') };
  const ten = { name: 'candidates, limit=10', one: get(() => anyQuery(10)) };
  const { rates, took_ms } = await turns(readers, [empty, ten]);
  await claiming.stop();
  const alone_us = [];
  for (const { one } of [empty, ten]) alone_us.push(await processorTime(server, readers, one));
  await server.stop();

  const [bare = [], found = []] = rates;
  const base = figure(empty.name, LARGE, median(bare), '/s');
  yield base;
  const ratio = median(found.map((rate, round) => rate / (bare[round] ?? Number.NaN)));
  yield against(figure(ten.name, LARGE, median(found), '/s'), base, ratio);
  const late = (took_ms[1] ?? []).toSorted((a, b) => a - b);
  const p99 = late[Math.floor(late.length * 0.99)] ?? Number.NaN;
  yield figure('… the slowest of a hundred, 8 connections', LARGE, p99, 'ms');
  const [bare_us = 0, found_us = 0] = alone_us;
  const baseTime = figure('processor time of an empty GET', LARGE, bare_us, 'µs');
  yield baseTime;
  yield against(figure('processor time of candidates, limit=10', LARGE, found_us, 'µs'), baseTime);
}

const TICKS_A_SECOND = 100;

/** What the server's process spends on one, by the kernel's count; nobody claims meanwhile. */
async function processorTime(
  { pid }: Served,
  readers: readonly Connection[],
  one: Kind['one'],
): Promise<number> {
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
    return Number(fields[13]) + Number(fields[14]);
  };
  const before = ticks();
  const { took_ms } = await busy(readers, ROUND_MS * ROUNDS, one);
  return ((ticks() - before) * 1e6) / TICKS_A_SECOND / took_ms.length;
}

interface Kind {
  readonly name: string;
  readonly one: (connection: Connection) => Promise<void>;
}

/** Each kind in each round; rates and times by kind. */
async function turns(
  readers: readonly Connection[],
  kinds: readonly Kind[],
): Promise<{ readonly rates: number[][]; readonly took_ms: number[][] }> {
  const rates: number[][] = kinds.map(() => []);
  const took_ms: number[][] = kinds.map(() => []);
  for (const { one } of kinds) await busy(readers, WARM_MS, one);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { one }] of kinds.entries()) {
      const done = await busy(readers, ROUND_MS, one);
      rates[at]?.push(done.per_second);
      took_ms[at]?.push(...done.took_ms);
    }
  }
  return { rates, took_ms };
}

const get =
  (path: () => string) =>
  async (connection: Connection): Promise<void> => {
    const { status } = await connection.ask(bytesOf('GET', path()));
    if (status !== 200) throw new Error(`${path()}: ${status}`);
  };

const upTo = (most: number): number => 1 + Math.floor(Math.random() * most);

/** One of some hundred thousand questions. */
function anyQuery(limit: number): string {
  const resources = `VCPU:${upTo(4)},MEMORY_MB:${512 + upTo(4096)},DISK_GB:${upTo(20)}`;
  const required = ['', '&required=HW_CPU_X86_AVX', '&required=!STORAGE_DISK_SSD'][upTo(3) - 1];
  return `/allocation_candidates?resources=${resources}${required}&limit=${limit}`;
}

// ── claims ───────────────────────────────────────────────────────────────────────────────────

interface Found {
  readonly allocation_requests: readonly { readonly allocations: object }[];
}

/** Asks for fifty candidates and claims one of them, by lot, for a new consumer. */
async function claim(connection: Connection): Promise<void> {
  const found = (await connection.ask(bytesOf('GET', anyQuery(50)))).body() as Found;
  const request = found.allocation_requests[upTo(found.allocation_requests.length) - 1];
  if (request === undefined) throw new Error('the fleet is full');
  const body = {
    allocations: request.allocations,
    project_id: 'a-project',
    user_id: 'a-user',
    consumer_generation: null,
    consumer_type: 'INSTANCE',
  };
  const path = `/allocations/${crypto.randomUUID()}`;
  const { status } = await connection.ask(bytesOf('PUT', path, body));
  // Another may have been quicker to a host that was nearly full.
  if (status !== 204 && status !== 409) throw new Error(`${path}: ${status}`);
}

const PAUSE_MS = 20;

/** Some fifty claims a second, so that the ledger is never the one that was just asked. */
function keepClaiming(connection: Connection): { stop(): Promise<void> } {
  let going = true;
  const ended = (async () => {
    while (going) {
      await claim(connection);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return {
    async stop() {
      going = false;
      await ended;
    },
  };
}

async function* claims(directory: string): AsyncGenerator<Figure> {
  const servers: Served[] = [];
  for (const hosts of [SMALL, LARGE]) {
    const path = join(directory, `claims-${hosts}.db`);
    await makeFleet(path, hosts, flatHost);
    servers.push(await serve(path, await freePort()));
  }
  const all = await Promise.all(servers.map(clients));
  const rates: number[][] = servers.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { readers }] of all.entries()) {
      rates[at]?.push((await busy(readers, ROUND_MS, claim)).per_second);
    }
  }
  for (const server of servers) await server.stop();
  const [small = [], large = []] = rates;
  const base = figure('claims: candidates, limit=50, then PUT', SMALL, median(small), '/s');
  yield base;
  const ratio = median(large.map((rate, round) => rate / (small[round] ?? Number.NaN)));
  yield against({ ...base, size: LARGE, value: median(large) }, base, ratio);
}

// ── wide trees ───────────────────────────────────────────────────────────────────────────────

const GROUPS = 6;

async function* wide(path: string, units: number): AsyncGenerator<Figure> {
  await makeFleet(path, SMALL, wideHost(units));
  const server = await serve(path, await freePort());
  const { readers } = await clients(server);
  const groups = Array.from({ length: GROUPS }, (_, n) => `resources${n + 1}=${WIDE_CLASS}:1`);
  const six = groups.join('&');
  const [plain, grouped] = [
    {
      name: 'wide hosts, a plain request',
      one: get(() => `${WIDE_PATH}&resources=VCPU:${upTo(8)}`),
    },
    {
      name: `wide hosts, six groups, ${units} each of eight`,
      one: get(() => `${WIDE_PATH}&group_policy=none&${six}&resources=VCPU:${upTo(8)}`),
    },
  ];
  const { rates } = await turns(readers, [plain, grouped]);
  await server.stop();
  const [bare = [], found = []] = rates;
  const base = figure(plain.name, SMALL, median(bare), '/s');
  yield base;
  const ratio = median(found.map((rate, round) => rate / (bare[round] ?? Number.NaN)));
  yield against(figure(grouped.name, SMALL, median(found), '/s'), base, ratio);
}

const WIDE_PATH = '/allocation_candidates?limit=10';

// ── clients ──────────────────────────────────────────────────────────────────────────────────

async function clients({ port }: Served) {
  const open = Array.from({ length: CONNECTIONS + 1 }, () => Connection.open(port));
  const [claimer, ...readers] = await Promise.all(open);
  return { readers, claimer: claimer as Connection };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
