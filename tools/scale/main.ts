/**
 * `tools/scale-fleet --agents 1000 --servers 10000 --processes 2 --wire nats`: how a fleet of
 * simulated agents and a boot storm go, and what each part takes; one JSON line.
 *
 *   start ─► all hosts heard ─► a while of heartbeats alone ─► storm ─► all at rest ─► a line
 *
 * The agents, the wire, the control planes and the database are the real ones; only hypervisors are
 * simulated, and take their time: a boot 0.3 to 0.9 s. The database does not flush to its disk.
 */
import { parseArgs } from 'node:util';
import { Client, logIn } from '../cluster/client.ts';
import { pause } from '../cluster/load.ts';
import { type Fleet, type FleetAbout, startFleet } from './fleet.ts';
import { Rows } from './rows.ts';
import { type Stormed, storm } from './storm.ts';
import { type Part, type Usage, usageOf } from './usage.ts';

const HEARD_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 500;

const { values } = parseArgs({
  options: {
    agents: { type: 'string', default: '100' },
    servers: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '1' },
    wire: { type: 'string', default: 'websocket' },
    clients: { type: 'string', default: '16' },
    'quiet-seconds': { type: 'string', default: '20' },
    'rest-within-seconds': { type: 'string', default: '180' },
  },
});

const count = (name: Exclude<keyof typeof values, 'wire'>): number => {
  const found = Number(values[name]);
  if (!Number.isSafeInteger(found) || found < 1) throw new Error(`--${name}: a number from 1 on`);
  return found;
};
if (values.wire !== 'websocket' && values.wire !== 'nats') {
  throw new Error('--wire: websocket or nats');
}
const about: FleetAbout & { readonly servers: number } = {
  agents: count('agents'),
  wire: values.wire,
  processes: count('processes'),
  servers: count('servers'),
};
const quiet_s = count('quiet-seconds');
const rest_within_ms = count('rest-within-seconds') * 1000;

const fleet = await startFleet(about);
try {
  console.log(JSON.stringify(await measured(fleet)));
} finally {
  await fleet.stop();
}

async function measured(fleet: Fleet) {
  const rows = await Rows.open(fleet.database);
  const heard = await until(HEARD_WITHIN_MS, async () => (await rows.hostsUp()) >= about.agents);
  if (!heard) throw new Error('not all agents were heard of in time');
  await pause(2_000); // whatever hosts said first is dealt with
  const beats = await quiet(fleet);
  const before = usageOf(fleet.roots);
  const stormed = await play(fleet);
  const at_rest = await until(rest_within_ms, async () => (await rows.underWay()) === 0);
  const after = usageOf(fleet.roots);
  const found = await outcome(rows, stormed);
  await rows.close();
  return {
    ...about,
    ...found,
    at_rest,
    cpu_s: spent(before, after),
    rss_mib: each(after, ({ rss_mib }) => Math.round(rss_mib)),
    dialled_ms: fleet.dialled_ms,
    ...beats,
  };
}

/** Nothing but heartbeats, and what they take. */
async function quiet(fleet: Fleet) {
  const [from, beats] = [usageOf(fleet.roots), await beatsOf(fleet)];
  await pause(quiet_s * 1000);
  const [to, more] = [usageOf(fleet.roots), await beatsOf(fleet)];
  return {
    heartbeats_per_s: round((more - beats) / quiet_s),
    quiet_cpu_s_per_s: each(spent(from, to), (cpu_s) => round(cpu_s / quiet_s, 3)),
  };
}

async function beatsOf({ planes }: Fleet): Promise<number> {
  const shown = planes.map(async ({ port }) =>
    (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
  );
  const beats = /^plimsoll_agent_beats_total (\d+)/m;
  return (await Promise.all(shown)).reduce((sum, text) => sum + Number(beats.exec(text)?.[1]), 0);
}

async function play({ planes, password }: Fleet): Promise<Stormed> {
  const ports = planes.map(({ port }) => port);
  const first = ports[0] ?? 0;
  const token = await logIn(first, password);
  const { body } = await new Client(first, token).ask({ method: 'GET', path: '/image/v2/images' });
  const image: string = body.images[0].id;
  const clients = count('clients');
  return storm({ ports, token, servers: about.servers, clients, image });
}

async function outcome(rows: Rows, { asked, refused }: Stormed) {
  for (const line of refused.slice(0, 3)) console.error(line);
  const booted = new Map((await rows.servers()).map((row) => [row.uuid, row.launched_at_ms]));
  const first_ms = Math.min(...asked.map(({ at_ms }) => at_ms));
  const ends = asked.flatMap(({ uuid, at_ms }) => {
    const end_ms = booted.get(uuid) ?? null;
    return end_ms === null ? [] : [{ end_ms, took_ms: end_ms - at_ms }];
  });
  const last_ms = ends.reduce((last, { end_ms }) => Math.max(last, end_ms), first_ms);
  const took = ends.map(({ took_ms }) => took_ms);
  const answered = asked.map(({ answered_ms }) => answered_ms);
  return {
    servers_per_s: round((ends.length * 1000) / (last_ms - first_ms)),
    p50_ms: nth(took, 0.5),
    p99_ms: nth(took, 0.99),
    answered_p50_ms: nth(answered, 0.5),
    answered_p99_ms: nth(answered, 0.99),
    refused: refused.length,
    lost: asked.length - ends.length,
  };
}

/** Whether it came true in time. */
async function until(within_ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end_ms = performance.now() + within_ms;
  while (!(await holds())) {
    if (performance.now() > end_ms) return false;
    await pause(LOOK_EVERY_MS);
  }
  return true;
}

type ByPart<T> = ReadonlyMap<Part, T>;

function spent(from: ByPart<Usage>, to: ByPart<Usage>): Record<string, number> {
  return each(to, ({ cpu_s }, part) => round(cpu_s - (from.get(part)?.cpu_s ?? 0)));
}

function each<T>(
  parts: ByPart<T> | Readonly<Record<string, T>>,
  look: (value: T, part: Part) => number,
): Record<string, number> {
  const all = parts instanceof Map ? [...parts] : Object.entries(parts);
  return Object.fromEntries(all.map(([part, value]) => [part, look(value, part as Part)]));
}

function nth(values: readonly number[], part: number): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? null;
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
