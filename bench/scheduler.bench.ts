/**
 * The scheduler on SQLite, in process: servers placed by a decision and its claim, one ledger
 * request each, durable when answered.
 *
 * The two fleets take turns, and the ratio is the median of the rounds', so that a busy machine is
 * unfair to both. First servers only come; then, as in a fleet that is full, for every server that
 * comes the oldest goes, which costs the database another random row of each table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hosts as hostTable } from '../src/core/fleet/rows.ts';
import { claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { plainCell } from '../src/core/ledger/inventory.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { cells, slotGroups } from '../src/core/ledger/rows.ts';
import { seedLedger } from '../src/core/ledger/standard.ts';
import { type Decision, done, no } from '../src/core/ports/reply.ts';
import { allTables } from '../src/core/replica.ts';
import type { Ask, Placement } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { against, type Figure, figure, median } from './figure.ts';
import { addHosts, clock } from './ledger.fleet.ts';
import { anyAsk, GROUP_COUNT, groupName, hostRow } from './scheduler.asks.ts';

const SMALL = 1_000;
const LARGE = 10_000;
const SUBMITTERS = 256;
const ROUND_MS = 1_000;
const ROUNDS = 7;
/** Servers there before the first round, a host. */
const SERVERS_A_HOST = 4;
const CELL = { cpus: 2048, memory_mib: 2 ** 23 };

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    const small = await Fleet.make(directory, SMALL);
    const large = await Fleet.make(directory, LARGE);
    yield* placements('decided, claimed, durable', small, large, false);
    yield* decisions(small, large);
    yield* placements('… and the oldest let go', small, large, true);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

class Fleet {
  readonly hosts: number;
  readonly #ledger: Ledger;
  readonly #scheduler = new Scheduler();
  readonly #alive: string[] = [];
  #oldest = 0;
  /** How long each decision of the last round took. */
  decide_us: number[] = [];

  private constructor(hosts: number, ledger: Ledger) {
    this.hosts = hosts;
    this.#ledger = ledger;
  }

  static async make(directory: string, hosts: number): Promise<Fleet> {
    const opened = openSqliteStore(join(directory, `${hosts}.db`), allTables);
    if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
    const ledger = await Ledger.open(allTables, opened.store, clock);
    await seedLedger(ledger);
    await addHosts(ledger, hosts);
    await ledger.submit((draft) => furnish(draft));
    const fleet = new Fleet(hosts, ledger);
    await fleet.#fill(hosts * SERVERS_A_HOST);
    return fleet;
  }

  /** Places servers by many at once for a while; gives how many a second were answered. */
  async round(andDrop: boolean): Promise<number> {
    this.decide_us = [];
    const from = performance.now();
    const submitter = async () => {
      while (performance.now() < from + ROUND_MS) {
        await this.#place();
        if (andDrop) await this.#dropOldest();
      }
    };
    await Promise.all(Array.from({ length: SUBMITTERS }, submitter));
    return this.decide_us.length / ((performance.now() - from) / 1000);
  }

  async #fill(count: number): Promise<void> {
    for (let left = count; left > 0; left -= SUBMITTERS) {
      await Promise.all(Array.from({ length: SUBMITTERS }, () => this.#place()));
    }
  }

  async #place(): Promise<void> {
    const ask = anyAsk(crypto.randomUUID());
    const reply = await this.#ledger.submit((draft) => this.#decideAndClaim(draft, ask));
    if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
    this.#alive.push(ask.server_uuid);
  }

  #decideAndClaim(draft: Draft, ask: Ask): Decision<void, unknown> {
    const from = performance.now();
    const decided = this.#scheduler.decide(draft, ask);
    this.decide_us.push((performance.now() - from) * 1000);
    return decided.is === 'no' ? no(decided.why.summary) : claim(draft, ask, decided.value);
  }

  async #dropOldest(): Promise<void> {
    const consumer_uuid = this.#alive[this.#oldest++] as string;
    await this.#ledger.submit((draft) =>
      claimAll(draft, [{ consumer_uuid, ...OWNER, amounts: [] }]),
    );
  }
}

const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };

const claim = (draft: Draft, ask: Ask, { amounts, cells: held, slots }: Placement) =>
  claimAll(draft, [{ consumer_uuid: ask.server_uuid, ...OWNER, amounts, cells: held, slots }]);

/** Makes hosts of the plain providers: two NUMA cells each, enabled and up; and server groups. */
function furnish(draft: Draft) {
  for (const provider of draft.books.providers) {
    if (provider === undefined) continue;
    draft.put(hostTable, hostRow(provider, draft.now_ms));
    for (const cell of [0, 1])
      draft.put(cells, plainCell(provider.id, cell, CELL.cpus, CELL.memory_mib));
  }
  for (let at = 0; at < GROUP_COUNT; at++) {
    draft.put(slotGroups, { uuid: groupName(at), policy: 'anti-affinity', max_per_host: 1 });
  }
  return done(undefined);
}

async function* placements(
  name: string,
  small: Fleet,
  large: Fleet,
  andDrop: boolean,
): AsyncGenerator<Figure> {
  const rounds: { small: number; large: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [one, other] = [await small.round(andDrop), await large.round(andDrop)];
    if (round > 0) rounds.push({ small: one, large: other }); // the first one warms up
  }
  const base = figure(name, SMALL, median(rounds.map((r) => r.small)), 'servers/s');
  yield base;
  const many = figure(name, LARGE, median(rounds.map((r) => r.large)), 'servers/s');
  yield against(many, base, median(rounds.map((r) => r.large / r.small)));
}

/** What deciding alone took in the last rounds. */
function* decisions(small: Fleet, large: Fleet): Generator<Figure> {
  for (const { hosts, decide_us } of [small, large]) {
    const rising = decide_us.toSorted((a, b) => a - b);
    yield figure('a decision: median', hosts, median(decide_us), 'µs');
    const p99 = rising[Math.floor(rising.length * 0.99)] ?? Number.NaN;
    yield figure('a decision: 99 of 100 within', hosts, p99, 'µs');
  }
}
