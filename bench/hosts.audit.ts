/**
 * The audit of a fleet whose hosts answer at once: what it costs to hold what they say against the
 * books, and to put right what differs, durably.
 *
 *   all       every host compared, nothing differs
 *   changed   every host asked; ten servers differ: five guests are off, five hold nothing
 */
import { Audit } from '../src/core/agent/audit.ts';
import { hosts as hostTable } from '../src/core/fleet/rows.ts';
import { claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { seedLedger } from '../src/core/ledger/standard.ts';
import { silent } from '../src/core/ports/journal.ts';
import type { GuestReport } from '../src/core/ports/order.ts';
import { done } from '../src/core/ports/reply.ts';
import type { Wire } from '../src/core/ports/wire.ts';
import { allTables } from '../src/core/replica.ts';
import { needsBy } from '../src/core/sagas/needs.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { findings } from '../src/core/servers/findings.ts';
import { type ServerRow, servers } from '../src/core/servers/rows.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { plainFlavors } from '../src/sim/flavors.ts';
import { median } from './figure.ts';
import { addHosts, clock } from './ledger.fleet.ts';
import { hostRow } from './scheduler.fleet.ts';

const HOSTS = 1_000;
const SERVERS_A_HOST = 20;
const CHANGED = 10;
const ROUNDS = 5;
const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
const [flavor] = plainFlavors;

export interface AuditFigures {
  readonly all_ms: number;
  readonly changed_ms: number;
}

export async function auditFigures(path: string): Promise<AuditFigures> {
  const fleet = await fleetAt(path);
  const all: number[] = [];
  const changed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push(await timed(() => fleet.audit.audit(null, false)));
    await fleet.damage(round);
    changed.push(await timed(() => fleet.audit.round()));
    await fleet.check(round);
  }
  fleet.audit.stop();
  await fleet.ledger.close();
  return { all_ms: median(all), changed_ms: median(changed) };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

async function fleetAt(path: string) {
  const opened = openSqliteStore(path, allTables);
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
  const ledger = await Ledger.open(allTables, opened.store, clock);
  await seedLedger(ledger);
  await addHosts(ledger, HOSTS);
  const guests = new Map<string, GuestReport[]>();
  for (let host = 1; host <= HOSTS; host++) {
    await ledger.submit((draft) => populate(draft, host, guests));
  }
  const wire = {
    ask: async (host: string) =>
      done({ guests: (guests.get(host) ?? []).map((guest) => ({ ...guest })) }),
  } as unknown as Wire;
  const about = { ledger, wire, clock, journal: silent, owner: 'bench' };
  const audit = new Audit({ ...about, needsOf: needsBy(new Scheduler()) });
  return { ledger, audit, damage, check };

  async function damage(round: number): Promise<void> {
    for (let at = 0; at < CHANGED; at++) {
      const name = `host-${1 + at * 97}`;
      const [guest] = (guests.get(name) ?? []).splice(round, 1);
      if (guest === undefined) throw new Error(`${name} has no guest left to damage`);
      const off: GuestReport = { ...guest, power: 'off' };
      guests.get(name)?.push(at % 2 === 0 ? off : guest);
      if (at % 2 === 0) continue;
      const nothing = { consumer_uuid: guest.uuid, ...OWNER, amounts: [] };
      await ledger.submit((draft) => claimAll(draft, [nothing]));
    }
  }

  async function check(round: number): Promise<void> {
    const repaired = await ledger.read((view) => view.rows(findings).size);
    if (repaired !== (round + 1) * CHANGED) throw new Error(`${repaired} were put right`);
  }
}

function populate(draft: Draft, host: number, guests: Map<string, GuestReport[]>) {
  const provider = draft.books.row(host);
  draft.put(hostTable, hostRow(provider, draft.now_ms));
  const all = Array.from({ length: SERVERS_A_HOST }, () => crypto.randomUUID());
  guests.set(provider.name, all.map(guestOf));
  for (const uuid of all) {
    draft.put(servers, serverOf(uuid, provider.name));
    const amounts = [flavor?.vcpus, flavor?.memory_mib, flavor?.disk_gib].map((amount = 0, at) => ({
      provider_id: host,
      resource_class_id: at,
      amount,
    }));
    claimAll(draft, [{ consumer_uuid: uuid, ...OWNER, amounts }]);
  }
  return done(undefined);
}

const guestOf = (uuid: string): GuestReport => ({
  uuid,
  power: 'running',
  vcpus: flavor?.vcpus ?? 0,
  memory_mib: flavor?.memory_mib ?? 0,
  disk_gib: flavor?.disk_gib ?? 0,
  made_by: `${uuid}/boot`,
  switched_by: null,
  awaited: false,
  parked: false,
  nodes: [],
});

const serverOf = (uuid: string, host: string) =>
  ({
    ...{ uuid, name: uuid, project_id: 'p', user_id: 'u', flavor, image_id: null, metadata: {} },
    ...{ key_name: null, description: null, tags: [], availability_zone: null, host },
    ...{ vm_state: 'active', task_state: null, run_id: null, fault: null, lock: null },
    ...{ reservation_id: null, particulars: null, group_uuid: null, hints: {} },
    ...{ launched_at_ms: null, created_at_ms: 0, updated_at_ms: 0 },
  }) as ServerRow;
