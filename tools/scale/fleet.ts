/**
 * A fleet to be measured: agents of simulated hosts, some control planes, a database, a broker
 * where the wire is NATS; each part in processes of its own, and nothing between them.
 *
 *   load ─► control plane 1..N ─► PostgreSQL
 *              ▲  WebSocket: each agent dials each; NATS: through the broker
 *   agents ────┘  all of them in one process
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresPrograms, startPostgres } from '../../src/real/postgres/server.fixture.ts';
import {
  agentsOf,
  brokerIn,
  firstUserOf,
  type PlaneParts,
  planeOf,
  writeConfig,
} from '../cluster/parts.ts';
import type { Program } from '../cluster/program.ts';
import { childrenOf, type Part, type Roots } from './usage.ts';

/** In life each host flushes to a disk of its own; here all would wait for one. */
const MEMORY = '/dev/shm';

export interface FleetAbout {
  readonly agents: number;
  readonly wire: 'websocket' | 'nats';
  readonly processes: number;
}

export interface Fleet {
  readonly planes: readonly PlaneParts[];
  readonly database: string;
  readonly password: string;
  readonly roots: Roots;
  /** How long the agents took to begin and dial, all of them. */
  readonly dialled_ms: number;
  stop(): Promise<void>;
}

/** All of it, begun; its hosts are still to be heard of. */
export async function startFleet(about: FleetAbout): Promise<Fleet> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error('no PostgreSQL here: apt-get install postgresql');
  const directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'plimsoll-scale-'));
  const before = childrenOf(process.pid);
  const database = await startPostgres(programs);
  const roots = new Map<number, Part>([[process.pid, 'load']]);
  for (const pid of childrenOf(process.pid)) if (!before.has(pid)) roots.set(pid, 'database');
  const running: Program[] = [];
  const begin = async (program: Program, part: Part) => {
    running.push(program);
    await program.start();
    roots.set(program.pid ?? 0, part);
  };
  const stop = async () => {
    for (const program of running.toReversed()) await program.end('SIGKILL');
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(1)));
  }
  try {
    const { planes, dialled_ms } = await startParts(
      { ...about, directory, database: database.url },
      begin,
    );
    const { password } = firstUserOf(planes);
    return { planes, database: database.url, password, roots, dialled_ms, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface PartsAbout extends FleetAbout {
  readonly directory: string;
  readonly database: string;
}

async function startParts(
  { agents, wire, processes, directory, database }: PartsAbout,
  begin: (program: Program, part: Part) => Promise<void>,
): Promise<Pick<Fleet, 'planes' | 'dialled_ms'>> {
  const broker = wire === 'nats' ? await brokerIn(directory) : null;
  if (broker !== null) await begin(broker.program, 'broker');
  const brokerPort = broker?.port ?? null;
  const planes: PlaneParts[] = [];
  for (let at = 1; at <= processes; at++) {
    planes.push(await planeOf({ directory, at, database, brokerPort }));
  }
  // One after another: the first makes what all need.
  for (const { program } of planes) await begin(program, 'control plane');
  const urls =
    brokerPort === null
      ? planes.map(({ port }) => `http://127.0.0.1:${port}`)
      : [`nats://127.0.0.1:${brokerPort}`];
  const { clouds } = firstUserOf(planes);
  const hosts = Array.from({ length: agents }, (_, at) => `host-${at + 1}`);
  const made = await agentsOf({ directory, name: 'agents', hosts, urls, clouds });
  if (broker !== null) {
    await writeConfig(directory, broker.port, made.tokens);
    broker.program.signal('SIGHUP');
  }
  const from_ms = performance.now();
  await begin(made.program, 'agents');
  return { planes, dialled_ms: Math.round(performance.now() - from_ms) };
}
