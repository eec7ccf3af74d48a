/**
 * Hosts: CPUs and devices that guests have to themselves.
 *
 *   numa-fit      a guest of two nodes with four CPUs and 2 GiB of large pages each, on a host of 8
 *                 cells and 256 CPUs: judged by all filters, seated, its CPUs and pages chosen
 *   numa-fit-whole   the same of a guest with a node for every cell
 *   claim-pinned  the same guest with two devices near its cells, on a fleet of hosts with eight:
 *                 decided, claimed, durable; then let go, durable
 *   audit-all, audit-changed   hosts.audit.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hosts as hostTable } from '../src/core/fleet/rows.ts';
import { claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { plainCell, plainInventory, putInventory } from '../src/core/ledger/inventory.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { cellCpus, cells, type ProviderRow } from '../src/core/ledger/rows.ts';
import { seedLedger } from '../src/core/ledger/standard.ts';
import { type Decision, done, no } from '../src/core/ports/reply.ts';
import { allTables } from '../src/core/replica.ts';
import type { Ask } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { type Figure, figure } from './figure.ts';
import { auditFigures } from './hosts.audit.ts';
import { addCards, cardsAsked } from './hosts.devices.ts';
import { fitMs } from './hosts.fit.ts';
import { addHosts, clock } from './ledger.fleet.ts';
import { askOf } from './scheduler.asks.ts';
import { hostRow } from './scheduler.fleet.ts';

const HOSTS = 1_000;
const CELLS = 8;
const CORES_A_CELL = 16;
const SUBMITTERS = 128;
const ROUND_MS = 3_000;
const NODES = 2;
const PINS_A_NODE = 4;
const NODE_MIB = 4096;
const DEVICES = 2;
const CARDS_A_CELL = 4;
const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };

const coresOf = (cell: number) =>
  Array.from({ length: CORES_A_CELL }, (_, core) => {
    const first = (cell * CORES_A_CELL + core) * 2;
    return { cpus: [first, first + 1], threads: 2 };
  });

export async function* figures(): AsyncGenerator<Figure> {
  yield figure('numa-fit', null, fitMs(NODES), 'ms');
  yield figure('numa-fit-whole', null, fitMs(CELLS), 'ms');
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield figure('claim-pinned', HOSTS, await claimsPerSecond(directory), '/s');
    const { all_ms, changed_ms } = await auditFigures(join(directory, 'audit.db'));
    yield figure('audit-changed', HOSTS, changed_ms, 'ms');
    yield figure('audit-all', HOSTS, all_ms, 'ms');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function claimsPerSecond(directory: string): Promise<number> {
  const opened = openSqliteStore(join(directory, 'hosts.db'), allTables);
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
  const ledger = await Ledger.open(allTables, opened.store, clock);
  await seedLedger(ledger);
  await addHosts(ledger, HOSTS);
  await ledger.submit((draft) => furnish(draft));
  const scheduler = new Scheduler();
  let claims = 0;
  const from = performance.now();
  const submitter = async () => {
    while (performance.now() < from + ROUND_MS) {
      const ask = pinnedAsk(crypto.randomUUID());
      const reply = await ledger.submit((draft) => decideAndClaim(scheduler, draft, ask));
      if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
      await ledger.submit((draft) => claimAll(draft, [claimOf(ask.server_uuid)]));
      claims++;
    }
  };
  await Promise.all(Array.from({ length: SUBMITTERS }, submitter));
  return claims / ((performance.now() - from) / 1000);
}

const claimOf = (consumer_uuid: string) => ({ consumer_uuid, ...OWNER, amounts: [] });

function decideAndClaim(scheduler: Scheduler, draft: Draft, ask: Ask): Decision<void, unknown> {
  const decided = scheduler.decide(draft, ask);
  if (decided.is === 'no') return no(decided.why.summary);
  return claimAll(draft, [{ ...claimOf(ask.server_uuid), ...decided.value }]);
}

const pinnedAsk = (server_uuid: string): Ask => ({
  ...askOf('plain', server_uuid, 0),
  resources: { PCPU: NODES * PINS_A_NODE, MEMORY_MB: NODES * NODE_MIB, DISK_GB: 20 },
  nodes: Array.from({ length: NODES }, (_, node) => ({
    vcpus: 0,
    memory_mib: NODE_MIB,
    pinned: {
      vcpus: Array.from({ length: PINS_A_NODE }, (_, at) => node * PINS_A_NODE + at),
      threads: 'prefer' as const,
      emulator: false,
    },
  })),
  required_traits: [],
  devices: [cardsAsked(DEVICES)],
  group: null,
  policy: 'spread',
});

/** Makes hosts of the plain providers: two NUMA cells, all CPUs dedicated, cards in each. */
function furnish(draft: Draft) {
  const pcpu = draft.books.classByName.get('PCPU')?.id ?? -1;
  for (const provider of [...draft.books.providers]) {
    if (provider !== undefined) furnishHost(draft, provider, pcpu);
  }
  return done(undefined);
}

function furnishHost(draft: Draft, provider: ProviderRow, pcpu: number): void {
  const { id: provider_id } = provider;
  draft.put(hostTable, hostRow(provider, draft.now_ms));
  putInventory(draft, provider_id, plainInventory(pcpu, NODES * CORES_A_CELL * 2));
  for (const cell of [0, 1]) {
    draft.put(cells, plainCell(provider_id, cell, 0, 2 ** 20));
    draft.put(cellCpus, { provider_id, cell, cores: coresOf(cell) });
  }
  addCards(draft, provider, NODES, CARDS_A_CELL);
}
