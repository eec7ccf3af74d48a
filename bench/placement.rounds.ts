/**
 * What Placement's figures have in common: kinds of requests that take turns on a warm server, the
 * questions, and claims.
 */
import { readFileSync } from 'node:fs';
import { median } from './figure.ts';
import { busy, bytesOf, Connection } from './placement.client.ts';
import type { Served } from './placement.fleet.ts';

const CONNECTIONS = 8;
export const ROUNDS = 7;
export const ROUND_MS = 700;
/** Until the compiler has seen enough of a kind. */
const WARM_MS = 4_000;

export interface Kind {
  readonly name: string;
  readonly one: (connection: Connection) => Promise<void>;
}

/** Each kind in each round; rates and times by kind. */
export async function turns(
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

const TICKS_A_SECOND = 100;

/** What the server's process spends on one, by the kernel's count; nobody claims meanwhile. */
export async function processorTime(
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

/** Of the second kind to the first: the median of the rounds'. */
export const ratioOf = (
  rates: readonly (readonly number[])[],
  first: number,
  second: number,
): number =>
  median((rates[second] ?? []).map((rate, round) => rate / (rates[first]?.[round] ?? Number.NaN)));

export const get =
  (path: () => string) =>
  async (connection: Connection): Promise<void> => {
    const { status } = await connection.ask(bytesOf('GET', path()));
    if (status !== 200) throw new Error(`${path()}: ${status}`);
  };

export const upTo = (most: number): number => 1 + Math.floor(Math.random() * most);

/** One of some hundred thousand questions. */
export function anyQuery(limit: number): string {
  const resources = `VCPU:${upTo(4)},MEMORY_MB:${512 + upTo(4096)},DISK_GB:${upTo(20)}`;
  const required = ['', '&required=HW_CPU_X86_AVX', '&required=!STORAGE_DISK_SSD'][upTo(3) - 1];
  return `/allocation_candidates?resources=${resources}${required}&limit=${limit}`;
}

interface Found {
  readonly allocation_requests: readonly { readonly allocations: object }[];
}

/** Asks for fifty candidates and claims one of them, by lot, for a new consumer. */
export async function claim(connection: Connection): Promise<void> {
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

// ── clients ──────────────────────────────────────────────────────────────────────────────────

export async function clients({ port }: Served) {
  const open = Array.from({ length: CONNECTIONS + 1 }, () => Connection.open(port));
  const [claimer, ...readers] = await Promise.all(open);
  return { readers, claimer: claimer as Connection };
}
