/**
 * A fleet on SQLite that has servers placed on it: each by a decision and its claim in one ledger
 * request, durable when answered. And what hosts of it have.
 */
import { join } from 'node:path';
import { present } from '../src/core/base/units.ts';
import type { DeviceFacts } from '../src/core/devices/device.ts';
import { writeDevices } from '../src/core/fleet/devices.ts';
import type { HostReport } from '../src/core/fleet/report.ts';
import { type HostRow, hosts as hostTable } from '../src/core/fleet/rows.ts';
import { type Claim, claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { plainCell, plainInventory, putInventory } from '../src/core/ledger/inventory.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import {
  cellCpus,
  cells,
  type ProviderRow,
  providerTraits,
  slotGroups,
} from '../src/core/ledger/rows.ts';
import { seedLedger } from '../src/core/ledger/standard.ts';
import { type Decision, done, no } from '../src/core/ports/reply.ts';
import { allTables } from '../src/core/replica.ts';
import type { Ask } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { realEntropy } from '../src/real/entropy.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { addHosts, clock } from './ledger.fleet.ts';
import { askOf, type Kind, TRAIT } from './scheduler.asks.ts';

/** As many requests as one batch of the ledger takes. */
const SUBMITTERS = 512;
const ROUND_MS = 1_000;
/** Servers there before the first round, by lot, so that no two hosts are quite alike. */
const SERVERS_A_HOST_MAX = 4;
/** Of each of a host's two cells, for those who want CPUs of their own: two threads a core. */
const CORES_A_CELL = 64;
const FUNCTIONS_A_CARD = 8;
const FURNISHED_AT_ONCE = 1_000;

const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };

export class Fleet {
  readonly hosts: number;
  readonly ledger: Ledger;
  readonly scheduler = new Scheduler();
  readonly #kind: Kind;
  #asked = 0;
  readonly #alive: string[] = [];
  #oldest = 0;
  /** How long each decision of the last round took. */
  decide_us: number[] = [];
  /** What the process computed for each server of the last round, whoever else was busy. */
  processor_us = Number.NaN;

  private constructor(hosts: number, kind: Kind, ledger: Ledger) {
    this.hosts = hosts;
    this.#kind = kind;
    this.ledger = ledger;
  }

  static async make(directory: string, hosts: number, kind: Kind): Promise<Fleet> {
    const opened = openSqliteStore(join(directory, `${kind}-${hosts}.db`), allTables);
    if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
    const ledger = await Ledger.open(allTables, opened.store, clock);
    await seedLedger(ledger);
    await addHosts(ledger, hosts);
    await furnish(ledger, kind);
    return new Fleet(hosts, kind, ledger);
  }

  /** Places servers by many at once for a while; gives how many a second were answered. */
  async round(andDrop = false): Promise<number> {
    this.decide_us = [];
    const before = process.cpuUsage();
    const from = performance.now();
    const submitter = async () => {
      while (performance.now() < from + ROUND_MS) {
        await this.#place();
        if (andDrop) await this.#dropOldest();
      }
    };
    await Promise.all(Array.from({ length: SUBMITTERS }, submitter));
    const { user, system } = process.cpuUsage(before);
    this.processor_us = (user + system) / this.decide_us.length;
    return this.decide_us.length / ((performance.now() - from) / 1000);
  }

  async #place(): Promise<void> {
    const ask = askOf(this.#kind, realEntropy.uuid(), this.#asked++);
    const reply = await this.ledger.submit((draft) => this.#decideAndClaim(draft, ask));
    if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
    this.#alive.push(ask.server_uuid);
  }

  #decideAndClaim(draft: Draft, ask: Ask): Decision<void, unknown> {
    if (ask.group !== null) foundGroup(draft, ask.group.uuid, this.#kind);
    const from = performance.now();
    const decided = this.scheduler.decide(draft, ask);
    this.decide_us.push((performance.now() - from) * 1000);
    if (decided.is === 'no') return no(decided.why.summary);
    return claimAll(draft, [{ consumer_uuid: ask.server_uuid, ...OWNER, ...decided.value }]);
  }

  async #dropOldest(): Promise<void> {
    const consumer_uuid = this.#alive[this.#oldest++] as string;
    await this.ledger.submit((draft) =>
      claimAll(draft, [{ consumer_uuid, ...OWNER, amounts: [] }]),
    );
  }
}

/** The first of a group's members makes it. */
function foundGroup(draft: Draft, uuid: string, kind: Kind): void {
  if (draft.books.slotGroups.has(uuid)) return;
  const policy = kind === 'affinity' ? 'affinity' : 'anti-affinity';
  draft.put(slotGroups, { uuid, policy, max_per_host: 1 });
}

/** Makes hosts of the plain providers, with what the kind of request needs. */
async function furnish(ledger: Ledger, kind: Kind): Promise<void> {
  const ids = await ledger.read(({ books }) => books.providers.flatMap((row) => row?.id ?? []));
  for (let from = 0; from < ids.length; from += FURNISHED_AT_ONCE) {
    await ledger.submit((draft) => {
      for (const id of ids.slice(from, from + FURNISHED_AT_ONCE)) furnishHost(draft, id, kind);
      return done(undefined);
    });
  }
}

function furnishHost(draft: Draft, provider_id: number, kind: Kind): void {
  draft.put(hostTable, hostRow(draft.books.row(provider_id), draft.now_ms));
  const trait = draft.books.traitByName.get(TRAIT);
  if (trait !== undefined && provider_id % 2 === 0) {
    draft.put(providerTraits, { provider_id, trait_id: trait.id });
  }
  const count = Math.floor(Math.random() * (SERVERS_A_HOST_MAX + 1));
  for (let at = 0; at < count; at++) claimAll(draft, [someServer(provider_id)]);
  if (kind !== 'numa-device') return;
  addCells(draft, provider_id);
  addDevices(draft, provider_id);
}

function someServer(provider_id: number): Claim {
  const vcpus = 1 + Math.floor(Math.random() * 16);
  const amounts = [vcpus, vcpus * 2048, 20].map((amount, resource_class_id) => ({
    ...{ provider_id, resource_class_id, amount },
  }));
  return { consumer_uuid: realEntropy.uuid(), ...OWNER, amounts };
}

function addCells(draft: Draft, provider_id: number): void {
  const cpus = CORES_A_CELL * 2;
  for (const cell of [0, 1]) {
    draft.put(cells, plainCell(provider_id, cell, cpus, 2 ** 23));
    const cores = Array.from({ length: CORES_A_CELL }, (_, core) => {
      const first = (cell * CORES_A_CELL + core) * 2;
      return { cpus: [first, first + 1], threads: 2 };
    });
    draft.put(cellCpus, { provider_id, cell, cores });
  }
  const pcpu = present(draft.books.classByName.get('PCPU'), 'the class of dedicated CPUs').id;
  putInventory(draft, provider_id, plainInventory(pcpu, cpus * 2));
}

/** A card in each cell, cut into virtual functions. */
function addDevices(draft: Draft, provider_id: number): void {
  const { name: host, uuid } = draft.books.row(provider_id);
  const pools = [0, 1].map((cell) => {
    const pf = deviceOf(`pf-${cell}`, { kind: 'PF', cell, resource_class: 'CUSTOM_PF' });
    const vfs = Array.from({ length: FUNCTIONS_A_CARD }, (_, at) => {
      const about = { kind: 'VF', cell, resource_class: 'CUSTOM_VF', parent: pf.id } as const;
      return deviceOf(`pf-${cell}/vf-${at}`, about);
    });
    return { uuid: `${uuid} ${cell}`, address: pf.address, traits: [], devices: [pf, ...vfs] };
  });
  const report = { host, uuid, devices: { pools, apart: [] } };
  writeDevices(draft, provider_id, report as unknown as HostReport);
}

type About = Pick<DeviceFacts, 'kind' | 'cell' | 'resource_class'> & { readonly parent?: string };
const deviceOf = (id: string, about: About): DeviceFacts => ({
  ...{ id, address: id, vendor_id: '8086', product_id: '1572', parent: null },
  ...{ socket_cells: null, traits: [], physical_network: null, live_migratable: false },
  ...{ one_time_use: false, mdev_type: null },
  ...about,
});

export const hostRow = ({ id, uuid, name }: ProviderRow, now_ms: number): HostRow => ({
  name,
  uuid,
  provider_id: id,
  availability_zone: 'nova',
  status: 'enabled',
  disabled_reason: null,
  forced_down: false,
  state: 'up',
  hypervisor_type: 'simulated',
  hypervisor_version: 1,
  cpu_info: {},
  host_ip: '127.0.0.1',
  incarnation: 1,
  heard_at_ms: now_ms,
  booted_at_ms: null,
  created_at_ms: now_ms,
});
