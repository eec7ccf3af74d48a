/**
 * Runs of a saga on SQLite, in process: how many of their steps are logged a second, each of them
 * on disk before the next is begun.
 *
 *   256 runs at once ─► book, ask, book, ask … ─► another run for each that has ended
 *
 * An ask is two commits, *started* and what came of it; hosts here answer at once.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Conductor } from '../src/core/conductor/conductor.ts';
import { errand } from '../src/core/conductor/errand.ts';
import { conductorTables, type RunRow, runSteps, runs } from '../src/core/conductor/rows.ts';
import { saga } from '../src/core/conductor/saga.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { ledgerTables } from '../src/core/ledger/rows.ts';
import { silent } from '../src/core/ports/journal.ts';
import { done } from '../src/core/ports/reply.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { type Figure, figure, median } from './figure.ts';
import { clock } from './ledger.fleet.ts';

const RUNS_AT_ONCE = 256;
const ROUND_MS = 1_000;
const ROUNDS = 7;
const MICROS = 1_000_000;
const tables = [...ledgerTables, ...conductorTables];

const book = { do: () => done(null), undo: 'nothing to undo' } as const;
const ask = {
  do: () => errand('host', 'destroy', { uuid: 'guest', closes: null }),
  made: () => null,
  undo: 'nothing to undo',
} as const;
const eight = saga<object, null>('eight')
  .book('first', book)
  .ask('second', ask)
  .book('third', book)
  .ask('fourth', ask)
  .book('fifth', book)
  .ask('sixth', ask)
  .book('seventh', book)
  .ask('eighth', ask)
  .end();

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield* await measured(join(directory, 'sagas.db'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measured(path: string): Promise<Figure[]> {
  const opened = openSqliteStore(path, tables);
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
  const ledger = await Ledger.open(tables, opened.store, clock);
  const conductor = conductorOn(ledger);
  const counted = { steps: 0, commits: 0, stopped: false };
  const begin = () =>
    ledger.submit((draft) => {
      const ids = { server_uuid: null, run_id: randomUUID() };
      return done(conductor.start(draft, eight.name, {}, ids));
    });
  ledger.subscribe(({ changes }) => {
    counted.commits++;
    for (const { table, row } of changes) {
      if (table === runSteps.name && (row as { state: string }).state === 'done') counted.steps++;
      const ended = table === runs.name && (row as RunRow).state === 'done';
      if (ended && !counted.stopped) void begin();
    }
  });
  for (let at = 0; at < RUNS_AT_ONCE; at++) await begin();
  const [steps, commits, busy]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    Object.assign(counted, { steps: 0, commits: 0 });
    const [from, spent] = [performance.now(), process.cpuUsage()];
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    const seconds = (performance.now() - from) / 1000;
    steps.push(counted.steps / seconds);
    commits.push(counted.commits / seconds);
    const { user, system } = process.cpuUsage(spent);
    busy.push((counted.steps * MICROS) / (user + system));
  }
  counted.stopped = true;
  await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  await opened.store.close();
  return [
    figure('steps logged', null, median(steps), 'a second'),
    figure('steps logged, processor', null, median(busy), 'a second of processor time'),
    figure('their commits', null, median(commits), 'a second'),
  ];
}

const conductorOn = (ledger: Ledger): Conductor<null> =>
  new Conductor<null>({
    ledger,
    wire: { ask: async () => done(null as never) },
    clock,
    journal: silent,
    sagas: [eight],
    world: null,
    owner: { name: 'bench', sole: true },
    unreachable: () => false,
    fenced: () => false,
    makesRoom: () => false,
  });
