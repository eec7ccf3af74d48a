/**
 * A small fleet on a draft, for the scheduler's tests: hosts of two NUMA cells, and what can happen
 * to them. Everything is written through the draft, as the rooms write it.
 */
import { byText } from '../base/order.ts';
import type { Table } from '../base/table.ts';
import { assert } from '../base/units.ts';
import { aggregateHosts, aggregates } from '../fleet/aggregate-rows.ts';
import { fleetTables, type HostRow, hosts } from '../fleet/rows.ts';
import { type Claim, claimAll } from '../ledger/claim.ts';
import { Draft } from '../ledger/draft.ts';
import { plainCell, plainInventory, putInventory } from '../ledger/inventory.ts';
import { createProvider } from '../ledger/provider.ts';
import {
  cellCpus,
  cellPages,
  cells,
  ledgerTables,
  providerTraits,
  type SlotPolicy,
  slotGroups,
} from '../ledger/rows.ts';
import { DISK_GB, MEMORY_MB, seedStandards, VCPU } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { evacuations } from '../servers/evacuations.ts';
import { type FlavorRow, flavors, images, type ServerRow, servers } from '../servers/rows.ts';
import type { Core } from '../topology/cores.ts';
import { mibOf } from '../topology/pages.ts';
import type { About, Ask, Placement } from './ask.ts';
import { choices } from './choice-rows.ts';
import { STANDARD_OPTIONS } from './filter-options.ts';
import { explanations } from './rows.ts';

export interface LittleHost {
  readonly name: string;
  readonly zone?: string;
  /** Of each cell. */
  readonly cells: readonly {
    readonly vcpus: number;
    readonly memory_mib: number;
    readonly cores?: readonly Core[];
    /** How many by size in KiB: memory beside `memory_mib`. */
    readonly pages?: Readonly<Record<number, number>>;
  }[];
}

const tables = [
  ...ledgerTables,
  ...fleetTables,
  servers,
  evacuations,
  images,
  flavors,
  explanations,
  choices,
] as unknown as readonly Table[];

export const VGPU = 'VGPU';
const NOW_MS = 1_700_000_000_000;

export class LittleFleet {
  readonly draft = new Draft(new State(tables), NOW_MS);

  constructor(all: readonly LittleHost[] = []) {
    seedStandards(this.draft);
    for (const host of all) this.addHost(host);
  }

  addHost({ name, zone = 'nova', cells: sizes }: LittleHost): number {
    const { draft } = this;
    const made = createProvider(draft, { uuid: `uuid of ${name}`, name, parent_uuid: null });
    assert(made.is === 'done', `${name} is taken`);
    const { id } = made.value;
    const vcpus = sizes.reduce((sum, cell) => sum + cell.vcpus, 0);
    const memory_mib = sizes.reduce((sum, cell) => sum + memoryOf(cell), 0);
    putInventory(draft, id, plainInventory(VCPU, vcpus));
    putInventory(draft, id, plainInventory(MEMORY_MB, memory_mib));
    putInventory(draft, id, plainInventory(DISK_GB, 100));
    const own = sizes.flatMap(({ cores = [] }) => cores).flatMap(({ cpus }) => cpus).length;
    const pcpu = draft.books.classByName.get('PCPU')?.id ?? -1;
    if (own > 0) putInventory(draft, id, plainInventory(pcpu, own));
    for (const [cell, size] of sizes.entries()) {
      const { vcpus: here, memory_mib: memory, cores, pages = {} } = size;
      draft.put(cells, plainCell(id, cell, here, memory));
      for (const [size_kib, total] of Object.entries(pages)) {
        const pool = { provider_id: id, cell, size_kib: Number(size_kib), total, reserved: 0 };
        draft.put(cellPages, pool);
      }
      if (cores !== undefined) draft.put(cellCpus, { provider_id: id, cell, cores });
    }
    draft.put(hosts, hostRow(name, id, zone));
    return id;
  }

  /** Puts the hosts together in an aggregate, or changes what one says. */
  gather(id: number, names: readonly string[], metadata: Readonly<Record<string, string>>): void {
    const { draft } = this;
    const row = { id, uuid: `aggregate ${id}`, name: `aggregate ${id}`, metadata };
    const left = draft.rows(aggregateHosts).by('aggregate_id', id);
    for (const was of left) draft.remove(aggregateHosts, was);
    draft.put(aggregates, { ...row, created_at_ms: NOW_MS, updated_at_ms: null });
    for (const host of names) draft.put(aggregateHosts, { aggregate_id: id, host });
    for (const host of [...left.map((was) => was.host), ...names]) this.say(host, {});
  }

  /** Changes what is known of a host. */
  say(name: string, about: Partial<HostRow>): void {
    const row = this.draft.rows(hosts).get(name);
    assert(row !== undefined, `no host ${name}`);
    this.draft.put(hosts, { ...row, ...about });
  }

  giveTrait(provider_id: number, name: string, has: boolean): void {
    const trait = this.draft.books.traitByName.get(name);
    assert(trait !== undefined, `no trait ${name}`);
    const row = { provider_id, trait_id: trait.id };
    if (has) this.draft.put(providerTraits, row);
    else if (this.draft.books.hasTrait(provider_id, trait.id)) {
      this.draft.remove(providerTraits, row);
    }
  }

  addGroup(uuid: string, policy: SlotPolicy): void {
    this.draft.put(slotGroups, { uuid, policy, max_per_host: 1 });
  }

  addServer(server: ServerRow): void {
    this.draft.put(servers, server);
  }

  claim(consumer_uuid: string, place: Placement) {
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    const { amounts, cells: held, pins, pages, devices, slots } = place;
    const own = { amounts, cells: held, pins, pages, devices, slots };
    const claim: Claim = { consumer_uuid, ...owner, ...own };
    return claimAll(this.draft, [claim]);
  }

  letGo(consumer_uuid: string): void {
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    const gone = claimAll(this.draft, [{ consumer_uuid, ...owner, amounts: [] }]);
    assert(gone.is === 'done', 'letting go is never refused');
  }
}

/** Ordinary memory, and what is cut into other pages. */
const memoryOf = ({ memory_mib, pages = {} }: LittleHost['cells'][number]): number =>
  Object.entries(pages).reduce(
    (sum, [size, count]) => sum + mibOf(count, Number(size)),
    memory_mib,
  );

const hostRow = (name: string, provider_id: number, availability_zone: string): HostRow => ({
  name,
  uuid: `uuid of ${name}`,
  provider_id,
  availability_zone,
  status: 'enabled',
  disabled_reason: null,
  forced_down: false,
  booted_at_ms: null,
  state: 'up',
  hypervisor_type: 'simulated',
  hypervisor_version: 1,
  cpu_info: {},
  host_ip: '127.0.0.1',
  incarnation: 1,
  heard_at_ms: NOW_MS,
  created_at_ms: NOW_MS,
});

/** A flavor of so many vCPUs, with 1 GiB for each. */
export const flavorOf = (name: string, vcpus: number): FlavorRow => ({
  id: `flavor ${name}`,
  name,
  vcpus,
  memory_mib: vcpus * 1024,
  disk_gib: 0,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: {},
  access: [],
  created_at_ms: NOW_MS,
});

/** A server that is nowhere yet, as far as the scheduler looks at one. */
export function serverOf(uuid: string, flavor: FlavorRow): ServerRow {
  const where = { host: null, availability_zone: null, image_id: null, group_uuid: null };
  const row: Partial<ServerRow> = {
    uuid,
    name: uuid,
    project_id: 'p',
    flavor,
    hints: {},
    ...where,
  };
  return row as ServerRow;
}

/** All that the books hold, as plain values, in an order that does not depend on history. */
export function digestOf({ books }: LittleFleet['draft']): string {
  const rows = [...books.consumers.values()].sort((a, b) => byText(a.row.uuid, b.row.uuid));
  const slots = [...books.slotGroups.values()].sort((a, b) => byText(a.uuid, b.uuid));
  const providers = books.providers.map((row) => {
    if (row === undefined) return null;
    const inventories = [...(books.inventories[row.id]?.values() ?? [])];
    const used = inventories.map((one) => books.column(one.resource_class_id).used[row.id]);
    const traits = [...(books.providerTraits[row.id] ?? [])].sort((a, b) => a - b);
    return [row, inventories, used, traits, books.cells[row.id], books.pages.of(row.id)];
  });
  return JSON.stringify([rows, slots, providers]);
}

/** A request without anything that filters of aggregates, images or hints could mind. */
export const aboutPlain = (about: Partial<About> = {}): About => ({
  project_id: 'p',
  flavor_name: 'f',
  specs: {},
  image_id: null,
  image: {},
  hints: {},
  options: STANDARD_OPTIONS,
  ...about,
});

/** An ask for 1 VCPU and 1 GiB, with whatever differs. */
export const ask = (about: Partial<Ask> = {}): Ask => ({
  server_uuid: 'server',
  resources: { VCPU: 1, MEMORY_MB: 1024 },
  required_traits: [],
  forbidden_traits: [],
  groups: [],
  group_policy: 'none',
  nodes: [],
  availability_zone: null,
  group: null,
  ignore_hosts: [],
  only_hosts: null,
  policy: 'pack',
  about: aboutPlain(),
  ...about,
});
