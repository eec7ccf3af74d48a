/**
 * The ledger on SQLite, in process: claims decided and committed, what one costs and where,
 * reopening, memory.
 *
 * The two fleets take turns, and the ratio is the median of the rounds', so that a busy machine is
 * unfair to both.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { claimAll } from '../src/core/ledger/claim.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { ledgerTables } from '../src/core/ledger/rows.ts';
import { openSqliteStore, SqliteStore } from '../src/real/sqlite-store.ts';
import { against, type Figure, figure, median } from './figure.ts';
import { addAllocations, addHosts, anyClaim, clock } from './ledger.fleet.ts';

const SMALL = 1_000;
const LARGE = 10_000;
const ALLOCATIONS = 100_000;
const SUBMITTERS = 256;
const ROUND_MS = 1_000;
const ROUNDS = 7;

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    const small = await Fleet.make(directory, SMALL);
    const large = await Fleet.make(directory, LARGE);
    yield* claims(small, large);
    yield* costs(large);
    yield* reopening(large);
    for (const providers of [10_000, 100_000]) yield* memory(providers);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** One fleet with its database, and a watch on where the time goes. */
class Fleet {
  readonly hosts: number;
  readonly path: string;
  ledger!: Ledger;
  store!: SqliteStore;
  /** Spent since the last look. */
  spent = { claims: 0, batches: 0, decide_ms: 0, commit_ms: 0, fsync_ms: 0 };

  private constructor(hosts: number, path: string) {
    this.hosts = hosts;
    this.path = path;
  }

  static async make(directory: string, hosts: number): Promise<Fleet> {
    const fleet = new Fleet(hosts, join(directory, `${hosts}.db`));
    await fleet.open();
    await addHosts(fleet.ledger, hosts);
    return fleet;
  }

  async open(): Promise<void> {
    const opened = openSqliteStore(this.path, ledgerTables);
    if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
    this.store = new SqliteStore(this.#watched(opened.store.db), ledgerTables);
    const commit = this.store.commit.bind(this.store);
    this.store.commit = async (batch) => {
      const from = performance.now();
      const reply = await commit(batch);
      this.spent.commit_ms += performance.now() - from;
      this.spent.batches++;
      return reply;
    };
    this.ledger = await Ledger.open(ledgerTables, this.store, clock);
  }

  /** The database with a watch on COMMIT, where the fsync is. */
  #watched(db: Database.Database): Database.Database {
    const prepare = (sql: string) => {
      const real = db.prepare(sql);
      if (sql !== 'COMMIT') return real;
      return {
        run: () => {
          const from = performance.now();
          real.run();
          this.spent.fsync_ms += performance.now() - from;
        },
      };
    };
    return new Proxy(db, {
      get(target, name) {
        if (name === 'prepare') return prepare;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Claims by many at once for a while; gives how many a second were answered. */
  async round(submitters: number): Promise<number> {
    this.spent = { claims: 0, batches: 0, decide_ms: 0, commit_ms: 0, fsync_ms: 0 };
    const from = performance.now();
    await Promise.all(Array.from({ length: submitters }, () => this.#submitter(from + ROUND_MS)));
    return this.spent.claims / ((performance.now() - from) / 1000);
  }

  async #submitter(until: number): Promise<void> {
    while (performance.now() < until) {
      const claim = anyClaim(this.hosts);
      const reply = await this.ledger.submit((draft) => {
        const from = performance.now();
        const decision = claimAll(draft, [claim]);
        this.spent.decide_ms += performance.now() - from;
        return decision;
      });
      if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
      this.spent.claims++;
    }
  }
}

async function* claims(small: Fleet, large: Fleet): AsyncGenerator<Figure> {
  const rounds: { small: number; large: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [one, other] = [await small.round(SUBMITTERS), await large.round(SUBMITTERS)];
    if (round > 0) rounds.push({ small: one, large: other }); // the first one warms up
  }
  const base = figure('durable claims', SMALL, median(rounds.map((r) => r.small)), 'claims/s');
  yield base;
  const many = figure('durable claims', LARGE, median(rounds.map((r) => r.large)), 'claims/s');
  yield against(many, base, median(rounds.map((r) => r.large / r.small)));
}

/** Where a claim's time goes, alone and in company. */
async function* costs(fleet: Fleet): AsyncGenerator<Figure> {
  for (const submitters of [1, SUBMITTERS]) {
    const rate = await fleet.round(submitters);
    const { claims, batches, decide_ms, commit_ms, fsync_ms } = fleet.spent;
    const each = (what: string, span_ms: number) =>
      figure(
        `a claim of ${submitters} at once: ${what}`,
        fleet.hosts,
        (span_ms / claims) * 1000,
        'µs',
      );
    yield each('all', (claims / rate) * 1000);
    yield each('decide', decide_ms);
    yield each('write rows and record', commit_ms - fsync_ms);
    yield each('commit (fsync)', fsync_ms);
    yield figure(
      `claims a batch, of ${submitters} at once`,
      fleet.hosts,
      claims / batches,
      'claims',
    );
  }
}

/** Ready again after a stop: as many hosts and allocations as the database was given. */
async function* reopening(fleet: Fleet): AsyncGenerator<Figure> {
  await fleet.ledger.close();
  rmSync(fleet.path);
  await fleet.open();
  await addHosts(fleet.ledger, fleet.hosts);
  await addAllocations(fleet.ledger, fleet.hosts, ALLOCATIONS);
  const spans: number[] = [];
  for (let round = 0; round < 5; round++) {
    await fleet.ledger.close();
    const from = performance.now();
    await fleet.open();
    spans.push(performance.now() - from);
  }
  yield figure('reopen with 100,000 allocations', fleet.hosts, median(spans), 'ms');
  yield figure('its database', fleet.hosts, statSync(fleet.path).size / 2 ** 20, 'MiB');
}

/** In a process of its own, which says how much it has taken. */
async function* memory(providers: number): AsyncGenerator<Figure> {
  const program = join(import.meta.dirname, 'ledger.memory.ts');
  const said = execFileSync(process.execPath, ['--expose-gc', program, String(providers)]);
  const { heap_mib, resident_mib } = JSON.parse(said.toString()) as Record<string, number>;
  yield figure('memory, one consumer a provider: heap', providers, heap_mib ?? Number.NaN, 'MiB');
  yield figure('… resident in all', providers, resident_mib ?? Number.NaN, 'MiB');
}
