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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../src/real/free-port.fixture.ts';
import { against, type Figure, figure, median } from './figure.ts';
import { busy, type Connection } from './placement.client.ts';
import {
  flatHost,
  makeFleet,
  type Served,
  serve,
  WIDE_CLASS,
  wideHost,
} from './placement.fleet.ts';
import { repeated } from './placement.repeated.ts';
import {
  anyQuery,
  claim,
  clients,
  get,
  processorTime,
  ROUND_MS,
  ROUNDS,
  ratioOf,
  turns,
  upTo,
} from './placement.rounds.ts';

const SMALL = 1_000;
const LARGE = 10_000;
const HUGE = 100_000;

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield* candidates(join(directory, 'large.db'));
    yield* repeated(join(directory, 'repeated.db'), SMALL);
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
  const ratio = ratioOf(rates, 0, 1);
  yield against(figure(ten.name, LARGE, median(found), '/s'), base, ratio);
  const late = (took_ms[1] ?? []).toSorted((a, b) => a - b);
  const p99 = late[Math.floor(late.length * 0.99)] ?? Number.NaN;
  yield figure('… the slowest of a hundred, 8 connections', LARGE, p99, 'ms');
  const [bare_us = 0, found_us = 0] = alone_us;
  const baseTime = figure('processor time of an empty GET', LARGE, bare_us, 'µs');
  yield baseTime;
  yield against(figure('processor time of candidates, limit=10', LARGE, found_us, 'µs'), baseTime);
}

// ── claims ───────────────────────────────────────────────────────────────────────────────────

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

/** Fleets in turns; and what the largest one's process has taken by then. */
async function* claims(directory: string): AsyncGenerator<Figure> {
  const sizes = [SMALL, LARGE, HUGE];
  const servers: Served[] = [];
  for (const hosts of sizes) {
    const path = join(directory, `claims-${hosts}.db`);
    await makeFleet(path, hosts, flatHost);
    servers.push(await serve(path, await freePort()));
  }
  const all = await Promise.all(servers.map(clients));
  for (const { readers } of all) await busy(readers, ROUND_MS, claim);
  const rates: number[][] = servers.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { readers }] of all.entries()) {
      rates[at]?.push((await busy(readers, ROUND_MS, claim)).per_second);
    }
  }
  const name = 'claims: candidates, limit=50, then PUT';
  const [base, ...larger] = sizes.map((hosts, at) =>
    figure(name, hosts, median(rates[at] ?? []), '/s'),
  );
  yield base as Figure;
  for (const [at, one] of larger.entries())
    yield against(one, base as Figure, ratioOf(rates, 0, at + 1));
  yield* memory(servers.at(-1) as Served, all.at(-1)?.readers ?? []);
  for (const server of servers) await server.stop();
}

/** After the claims, and a thousand candidates for everyone at once, again and again. */
async function* memory({ pid }: Served, readers: readonly Connection[]): AsyncGenerator<Figure> {
  await busy(
    readers,
    ROUND_MS * ROUNDS,
    get(() => anyQuery(1_000)),
  );
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (what: string) =>
    Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) / 2 ** 10;
  yield figure("the server's resident memory", HUGE, mib('VmRSS'), 'MiB');
  yield figure("the server's resident memory, its most", HUGE, mib('VmHWM'), 'MiB');
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
  const ratio = ratioOf(rates, 0, 1);
  yield against(figure(grouped.name, SMALL, median(found), '/s'), base, ratio);
}

const WIDE_PATH = '/allocation_candidates?limit=10';
