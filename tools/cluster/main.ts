/**
 * `tools/cluster-check --minutes N`: several control planes on one database, under load, while
 * faults strike them, the database and the agents; then all that clients were told is judged.
 *
 *   start ─► load ─┬─► … ─► load stops ─► all comes to rest ─► judge (judge.ts, books.ts) ─► a line
 *                  └─ faults ─┘
 *
 * The last line is JSON: {requests, faults, lost, doubled, stale_reads, violations,
 * longest_takeover_ms}. Exit 0 if lost, doubled, stale_reads and violations are all 0.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, logIn } from './client.ts';
import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { type Event, now_ms } from './history.ts';
import { judge } from './judge.ts';
import { Load, pause } from './load.ts';

const REST_WITHIN_MS = 120_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    format: { type: 'string', default: 'text' },
    history: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes: it must be a number above 0');
const tell = (line: string): void => {
  if (values.format !== 'json') console.log(line);
};

process.exitCode = await check(minutes * 60_000);

async function check(span_ms: number): Promise<number> {
  const lot = lots(Number(values.seed));
  const cluster = await Cluster.start(lot);
  const history: Event[] = [];
  const faults = new Faults(cluster, lot, tell);
  const wrongs = faults.wrongs;
  let names: readonly string[] = [];
  try {
    const token = await logIn(cluster.balancer.port, cluster.password);
    const load = new Load({ port: cluster.balancer.port, token, history, lot });
    await load.prepare();
    load.start();
    await faults.strike(now_ms() + span_ms);
    await load.stop();
    wrongs.push(...(await atRest(cluster, load, token)));
    names = (await cluster.books.servers()).map(({ name }) => name);
  } finally {
    await cluster.stop();
  }
  if (values.history !== undefined) appendFileSync(values.history, JSON.stringify(history));
  const code = report(history, names, faults);
  if (code === 0) cluster.clear();
  else tell(`what its processes wrote is in ${cluster.directory}`);
  return code;
}

/** Waits until nothing is under way and guests are where they should be; gives what is not. */
async function atRest(cluster: Cluster, load: Load, token: string): Promise<string[]> {
  let wrong = await wrongNow(cluster);
  for (const end_ms = now_ms() + REST_WITHIN_MS; wrong.length > 0 && now_ms() < end_ms; ) {
    await pause(500);
    wrong = await wrongNow(cluster);
  }
  for (const { port, program } of cluster.planes) {
    if (!program.isUp) wrong.push(`${program.name} is not up: ${program.said}`);
    wrong.push(...(await notReady(program.name, new Client(port, null))));
    await load.lookAtAll(new Client(port, token));
  }
  wrong.push(...((await cluster.books.wrongs()) ?? ['the database does not answer']));
  wrong.push(...(await unlike(cluster, token)));
  return wrong;
}

/** What a balancer would be told of it. */
async function notReady(name: string, client: Client): Promise<string[]> {
  const { status, body } = await client.ask({ method: 'GET', path: '/readyz' });
  return status === 200 ? [] : [`${name} is not ready: ${status} ${JSON.stringify(body)}`];
}

async function wrongNow(cluster: Cluster): Promise<string[]> {
  const wrong: string[] = [];
  const left = await cluster.books.underWay();
  if (left !== 0) wrong.push(`${left} operations are under way still`);
  return wrong.concat(misplaced(await cluster.books.servers(), cluster.guests()));
}

/** Each guest is on the host of its server, and on no other; and none is nobody's. */
function misplaced(
  servers: readonly { readonly uuid: string; readonly host: string | null }[],
  guests: ReadonlyMap<string, readonly string[]>,
): string[] {
  const wanted = new Set(servers.flatMap(({ uuid, host }) => (host ? [`${uuid} on ${host}`] : [])));
  const found = [...guests].flatMap(([host, uuids]) => uuids.map((uuid) => `${uuid} on ${host}`));
  const stray = found.filter((one) => !wanted.has(one)).map((one) => `a stray guest: ${one}`);
  const there = new Set(found);
  return [
    ...stray,
    ...[...wanted].filter((one) => !there.has(one)).map((one) => `no guest ${one}`),
  ];
}

/** Every process gives the same answer by now. */
async function unlike({ planes }: Cluster, token: string): Promise<string[]> {
  const asked = ['/compute/v2.1/servers/detail', '/placement/resource_providers'];
  const wrong: string[] = [];
  for (const path of asked) {
    const answers = await Promise.all(
      planes.map(({ port }) => new Client(port, token).ask({ method: 'GET', path })),
    );
    const [first, ...others] = answers.map(({ status, body }) => JSON.stringify({ status, body }));
    const plain = (text = '') => text.replaceAll(/127\.0\.0\.1:\d+/g, '');
    if (others.some((other) => plain(other) !== plain(first))) wrong.push(`${path} differs`);
  }
  return wrong;
}

function report(history: readonly Event[], names: readonly string[], faults: Faults): number {
  const found = judge(history, names);
  const violations = [...found.violations, ...faults.wrongs];
  for (const [kind, lines] of Object.entries({ ...found, violations })) {
    for (const line of lines.slice(0, 20)) tell(`${kind}: ${line}`);
  }
  const done = (is: Event['is']) => history.filter((event) => event.is === is).length;
  tell(`claims ${done('write')}, looks ${done('read')}, servers ${done('birth')}`);
  for (const [fault, times] of faults.count) tell(`${times} × ${fault}`);
  tell(`${faults.takeovers} takeovers were seen`);
  const { lost, doubled, stale } = found;
  const line = {
    requests: Client.requests,
    faults: [...faults.count.values()].reduce((sum, n) => sum + n, 0),
    lost: lost.length,
    doubled: doubled.length,
    stale_reads: stale.length,
    violations: violations.length,
    longest_takeover_ms: faults.longest_takeover_ms,
  };
  console.log(JSON.stringify(line));
  return line.lost + line.doubled + line.stale_reads + line.violations === 0 ? 0 : 1;
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function lots(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
