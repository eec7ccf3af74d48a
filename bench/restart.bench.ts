/**
 * Restart: how long the real process takes from its start until `/readyz` answers 200, on a
 * database that holds a large fleet. Each row is there as agents, clients and sagas would have
 * written it (fleet.copies.ts), but it was written by the store, in one transaction.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTables } from '../src/core/replica.ts';
import { freePort } from '../src/real/free-port.fixture.ts';
import { postgresPrograms, startPostgres } from '../src/real/postgres/server.fixture.ts';
import { openPostgresStore } from '../src/real/postgres/store.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { type Figure, figure } from './figure.ts';
import { fleetOf } from './fleet.copies.ts';

const { HOSTS: said } = process.env;
const HOSTS = Number(said ?? 100_000);
/** A server holds three. */
const ALLOCATIONS = 10 * HOSTS;
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 20;
const PROGRAM = join(import.meta.dirname, '../dist/main/control-plane.js');

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  const programs = postgresPrograms();
  const server = programs === null ? null : await startPostgres(programs);
  try {
    yield* restarts('SQLite', join(directory, 'sqlite'), null);
    if (server !== null) yield* restarts('PostgreSQL', join(directory, 'pg'), server.url);
  } finally {
    await server?.stop();
    rmSync(directory, { recursive: true });
  }
}

async function* restarts(engine: string, data: string, url: string | null): AsyncGenerator<Figure> {
  mkdirSync(data);
  const rows = await fill(url ?? join(data, 'plimsoll.db'));
  yield figure(`rows, ${engine}`, HOSTS, rows, 'rows');
  const first = await restart(data, url);
  const { ready_ms, cpu_ms, resident_mib } = await restart(data, url);
  yield figure(`restart, ${engine}: ready, the first time`, HOSTS, first.ready_ms, 'ms');
  yield figure(`restart, ${engine}: ready`, HOSTS, ready_ms, 'ms');
  yield figure(`… its processor time until then`, HOSTS, cpu_ms, 'ms');
  yield figure(`… resident then`, HOSTS, resident_mib, 'MiB');
}

/** Gives how many rows there are. */
async function fill(where: string): Promise<number> {
  const tables = await fleetOf({ hosts: HOSTS, servers: Math.ceil(ALLOCATIONS / 3) });
  const opened = where.startsWith('postgres:')
    ? await openPostgresStore({ url: where, sole: true }, allTables)
    : openSqliteStore(where, allTables);
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
  await opened.store.fill(tables, 1);
  await opened.store.close();
  return [...tables.values()].reduce((sum, { length }) => sum + length, 0);
}

async function restart(data: string, url: string | null) {
  const port = await freePort();
  const where = url === null ? [] : ['--database', url];
  const from = performance.now();
  const args = [PROGRAM, '--data', data, '--port', String(port), '--hosts', '0', '--qemu', 'off'];
  const child = spawn(process.execPath, [...args, ...where], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      if (performance.now() - from > READY_WITHIN_MS) throw new Error('it does not get ready');
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return { ready_ms: performance.now() - from, ...usageOf(child.pid ?? 0) };
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );

/** As the kernel counts it. */
function usageOf(pid: number): { cpu_ms: number; resident_mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpu_ms: ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10,
    resident_mib: Number(kib) / 1024,
  };
}
