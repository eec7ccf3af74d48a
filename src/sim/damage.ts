/**
 * What can go wrong with books and machines behind everybody's back, one by one: rows as a bug, a
 * restored backup or a hand in the database would leave them; guests as somebody at the machine
 * would. The audit must put each of them right, or say why it does not (damage.test.ts).
 *
 *   victim   a server with CPUs of its own, memory in pages, a device, and a place in a group
 *   host     the one that it is on;   other   one that it is not on
 */
import { present } from '../core/base/units.ts';
import { ended, runs } from '../core/conductor/rows.ts';
import type { Consumer } from '../core/ledger/books.ts';
import { type Claim, claimAll } from '../core/ledger/claim.ts';
import { deviceHolds, devices } from '../core/ledger/device-rows.ts';
import type { Draft } from '../core/ledger/draft.ts';
import {
  type AllocationRow,
  allocations,
  cellHolds,
  cellPages,
  consumers,
  cpuPins,
  inventories,
  pageHolds,
  slots,
} from '../core/ledger/rows.ts';
import { evacuations } from '../core/servers/evacuations.ts';
import { type ServerRow, servers } from '../core/servers/rows.ts';
import type { SimHypervisor } from './hypervisor.ts';

export interface Scene {
  readonly victim: string;
  readonly host: string;
  readonly other: string;
  readonly machine: (host: string) => SimHypervisor;
}

export type Damage =
  | { readonly of: 'books'; readonly do: (draft: Draft, scene: Scene) => void }
  | { readonly of: 'machine'; readonly do: (scene: Scene) => Promise<unknown> };

const books = (change: (draft: Draft, scene: Scene) => void): Damage => ({
  of: 'books',
  do: change,
});
const machine = (change: (scene: Scene) => Promise<unknown>): Damage => ({
  of: 'machine',
  do: change,
});

const holder = (draft: Draft, uuid: string): Consumer =>
  present(draft.books.consumers.get(uuid), 'a holder');
const first = <T>(all: readonly T[]): T => present(all[0], 'a row to damage');
const serverOf = (draft: Draft, uuid: string): ServerRow =>
  present(draft.rows(servers).get(uuid), 'a server');
const change = (about: (scene: Scene) => Partial<ServerRow>): Damage =>
  books((draft, scene) => {
    draft.put(servers, { ...serverOf(draft, scene.victim), ...about(scene) });
  });
const rootOf = (draft: Draft, host: string): number =>
  present(draft.books.providerNamed(host), host).id;
const guestOf = ({ machine: of, host, victim }: Scene) =>
  present(
    of(host)
      .look()
      .find(({ spec }) => spec.uuid === victim),
    'its guest',
  );

/** What it holds of providers below its host. */
const belowOf = (draft: Draft, uuid: string, host: string): AllocationRow[] =>
  holder(draft, uuid).allocations.filter(({ provider_id }) => provider_id !== rootOf(draft, host));

/** Takes away every row that a consumer has. */
function strip(draft: Draft, uuid: string): void {
  const one = holder(draft, uuid);
  for (const row of [...one.allocations]) draft.remove(allocations, row);
  for (const row of [...one.cellHolds]) draft.remove(cellHolds, row);
  for (const row of [...one.pins]) draft.remove(cpuPins, row);
  for (const row of [...one.pages]) draft.remove(pageHolds, row);
  for (const row of [...one.devices]) draft.remove(deviceHolds, row);
  for (const row of [...one.slots]) draft.remove(slots, row);
  draft.remove(consumers, one.row);
}

/** Somebody who is no server holds something of the host. */
function stranger(draft: Draft, host: string, consumer_type: string, uuid = 'stranger'): void {
  const provider_id = rootOf(draft, host);
  const resource_class_id = present(draft.books.classByName.get('MEMORY_MB'), 'memory').id;
  const amounts: Claim['amounts'] = [{ provider_id, resource_class_id, amount: 64 }];
  const owner = { project_id: 'p', user_id: 'u', consumer_type };
  claimAll(draft, [{ consumer_uuid: uuid, ...owner, amounts }]);
}

export const damages: Readonly<Record<string, Damage>> = {
  'all that it holds is gone': books((draft, { victim }) => strip(draft, victim)),
  'an allocation is gone': books((draft, { victim }) => {
    draft.remove(allocations, first(holder(draft, victim).allocations));
  }),
  'an allocation is too large': books((draft, { victim }) => {
    const row = first(holder(draft, victim).allocations);
    draft.put(allocations, { ...row, used: row.used + 1 });
  }),
  'an allocation is another’s size': books((draft, { victim }) => {
    const memory = present(draft.books.classByName.get('MEMORY_MB'), 'memory').id;
    const of = holder(draft, victim).allocations.filter((one) => one.resource_class_id === memory);
    draft.put(allocations, { ...first(of), used: 1 });
  }),
  'its allocations are gone, and nothing else': books((draft, { victim }) => {
    for (const row of [...holder(draft, victim).allocations]) draft.remove(allocations, row);
  }),
  'a cell hold is gone': books((draft, { victim }) => {
    draft.remove(cellHolds, first(holder(draft, victim).cellHolds));
  }),
  'a cell hold is too large': books((draft, { victim }) => {
    const row = first(holder(draft, victim).cellHolds);
    draft.put(cellHolds, { ...row, vcpus: row.vcpus + 1 });
  }),
  'a CPU is nobody’s': books((draft, { victim }) => {
    draft.remove(cpuPins, first(holder(draft, victim).pins));
  }),
  'another CPU is held than it runs on': books((draft, { victim }) => {
    const row = first(holder(draft, victim).pins);
    const free = [4, 5, 6, 7].filter(
      (cpu) => draft.books.pins.holder(row.provider_id, cpu) === undefined,
    );
    draft.remove(cpuPins, row);
    draft.put(cpuPins, { ...row, cpu: first(free) });
  }),
  'pages are nobody’s': books((draft, { victim }) => {
    draft.remove(pageHolds, first(holder(draft, victim).pages));
  }),
  'too few pages are held': books((draft, { victim }) => {
    const row = first(holder(draft, victim).pages);
    draft.put(pageHolds, { ...row, pages: row.pages - 1 });
  }),
  'its device is nobody’s': books((draft, { victim }) => {
    draft.remove(deviceHolds, first(holder(draft, victim).devices));
  }),
  'what it holds below its host is gone': books((draft, { victim, host }) => {
    draft.remove(allocations, first(belowOf(draft, victim, host)));
  }),
  'its device is held whole as well': books((draft, { victim }) => {
    const row = first(holder(draft, victim).devices);
    const { facts } = draft.books.devices.heldDevice(row);
    draft.put(deviceHolds, { ...row, device: present(facts.parent, 'a whole') });
  }),
  'its device is said to be gone': books((draft, { victim }) => {
    const row = draft.books.devices.heldDevice(first(holder(draft, victim).devices));
    draft.put(devices, { ...row, state: 'gone' });
  }),
  'its place in its group is gone': books((draft, { victim }) => {
    draft.remove(slots, first(holder(draft, victim).slots));
  }),
  'it holds something on another host as well': books((draft, { victim, other }) => {
    const row = first(holder(draft, victim).allocations);
    draft.put(allocations, { ...row, provider_id: rootOf(draft, other) });
  }),
  'an inventory is below its use': books((draft, { host }) => {
    const id = present(draft.books.classByName.get('DISK_GB'), 'disk').id;
    const row = present(draft.books.inventory(rootOf(draft, host), id), 'an inventory');
    draft.put(inventories, { ...row, total: 1, reserved: 0 });
  }),
  'pages were taken away under it': books((draft, { victim }) => {
    const pool = draft.books.pages.pool(first(holder(draft, victim).pages));
    draft.put(cellPages, { ...present(pool, 'pages').row, total: 0, reserved: 0 });
  }),
  'running a guest takes more than there is': books((draft, { host }) => {
    const id = present(draft.books.classByName.get('MEMORY_MB'), 'memory').id;
    const row = present(draft.books.inventory(rootOf(draft, host), id), 'an inventory');
    draft.put(inventories, { ...row, overhead: row.total });
  }),
  'a stranger allocated something': books((draft, { host }) => stranger(draft, host, 'INSTANCE')),
  'a stranger has pages, and no allocation': books((draft, { victim, host }) => {
    stranger(draft, host, 'INSTANCE');
    const [page] = holder(draft, victim).pages;
    draft.put(pageHolds, { ...present(page, 'pages'), consumer_uuid: 'stranger', pages: 1 });
    for (const row of [...holder(draft, 'stranger').allocations]) draft.remove(allocations, row);
  }),
  'its row says another host': change(({ other }) => ({ host: other })),
  'its row says that it is stopped': change(() => ({ vm_state: 'stopped' })),
  'its row says that it is paused': change(() => ({ vm_state: 'paused' })),
  'its row waits for an operation that is over': change(() => ({
    run_id: 'no such run',
    task_state: 'migrating',
  })),
  'a run that is over holds something': books((draft, { victim, host }) => {
    const over = [...draft.rows(runs).by('server_uuid', victim)].filter(ended);
    stranger(draft, host, 'MIGRATION', first(over).id);
  }),
  'its row says that it was resized, and no move is known': change(() => ({
    vm_state: 'resized',
  })),
  'its row is gone': books((draft, { victim }) => {
    draft.remove(servers, serverOf(draft, victim));
  }),
  'a quarantine is left behind': books((draft, { victim, other }) => {
    const about = { server_uuid: victim, host: other, run_id: 'over', evacuated_at_ms: 0 };
    draft.put(evacuations, about);
    const row = first(holder(draft, victim).allocations);
    draft.put(allocations, { ...row, provider_id: rootOf(draft, other) });
  }),
  'its guest was destroyed by hand': machine((scene) =>
    scene.machine(scene.host).destroy('by hand', scene.victim),
  ),
  'its guest was switched off by hand': machine((scene) =>
    scene.machine(scene.host).power('by hand', scene.victim, 'off', 0),
  ),
  'its guest was paused by hand': machine((scene) =>
    scene.machine(scene.host).power('by hand', scene.victim, 'paused', 0),
  ),
  'a guest of nobody was made by hand': machine((scene) => {
    const { spec } = guestOf(scene);
    const nobody = { ...spec, uuid: 'nobody', nodes: [], devices: [] };
    return scene.machine(scene.other).boot('by hand', nobody);
  }),
  'a second guest was made by hand on another host': machine((scene) =>
    scene.machine(scene.other).boot('by hand', guestOf(scene).spec),
  ),
  'its guest was moved by hand': machine(async (scene) => {
    const { spec } = guestOf(scene);
    await scene.machine(scene.host).destroy('by hand', scene.victim);
    return scene.machine(scene.other).boot('by hand too', spec);
  }),
  'its machine lost power and came back': machine(async (scene) => {
    scene.machine(scene.host).die();
    scene.machine(scene.host).comeBack();
  }),
};
