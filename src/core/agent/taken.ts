/**
 * What a guest that is on a host takes of it, as the claim that its server should have there: the
 * third picture in the words of the first.
 *
 *   sizes, cells, CPUs, pages, devices ── as its host tells them: the guest runs with exactly those
 *   further classes, group ────────────── as its flavor asks for them
 *   where an amount is counted ────────── where it is already, else the host's own provider, a
 *                                         child of it, or one that shares with it
 *
 * What is in quarantine for the server elsewhere (servers/evacuations.ts) stays as it is.
 */
import type { Books, Consumer } from '../ledger/books.ts';
import type { Amount, Claim } from '../ledger/claim.ts';
import type { View } from '../ledger/draft.ts';
import type { GuestReport } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { inQuarantine } from '../servers/evacuations.ts';
import type { ServerRow } from '../servers/rows.ts';
import { mibOf } from '../topology/pages.ts';

/** What a server's flavor and image ask for; null: it cannot be told any more. */
export interface Needs {
  /** By resource class name. */
  readonly resources: Readonly<Record<string, number>>;
  /** It asks for groups of providers, and which of them gave what only the scheduler knew. */
  readonly grouped: boolean;
  readonly domain: string;
}
export type NeedsOf = (view: View, server: ServerRow) => Needs | null;

/** The claim that is right for the server where its guest is, or why that cannot be told. */
export function takenBy(
  view: View,
  server: ServerRow,
  root: number,
  guest: GuestReport,
  needs: Needs | null,
): Decision<Claim, string> {
  if (needs === null) return no('what its flavor asks for cannot be told any more');
  if (needs.grouped) return no('it asks for groups of providers: claim them by hand');
  if (guest.nodes === undefined) return no('its host does not say what the guest was made with');
  const wrong = misfit(needs, guest);
  if (wrong !== null) return no(wrong);
  const { books } = view;
  const amounts = placed(books, root, needs.resources, books.consumers.get(server.uuid));
  if (amounts.is === 'no') return amounts;
  const devices = devicesOf(books, root, guest, server.uuid);
  if (devices.is === 'no') return devices;
  const kept = quarantined(view, server.uuid);
  return done({
    consumer_uuid: server.uuid,
    project_id: server.project_id,
    user_id: server.user_id,
    consumer_type: 'INSTANCE',
    whatever_units: true,
    amounts: [...amounts.value, ...devices.value.amounts, ...kept.amounts],
    cells: [...cellsOf(root, guest), ...kept.cells],
    pins: [...pinsOf(root, guest), ...kept.pins],
    pages: [...pagesOf(root, guest), ...kept.pages],
    devices: [...devices.value.devices, ...kept.devices],
    slots: slotsOf(view, root, server, needs),
  });
}

/** The guest is of another flavor than its server. */
function misfit({ resources }: Needs, guest: GuestReport): string | null {
  const { vcpus, memory_mib } = guest;
  const asked = (resources['VCPU'] ?? 0) + (resources['PCPU'] ?? 0);
  if (asked !== vcpus) return `its guest has ${vcpus} CPUs, its flavor ${asked}`;
  const pins = guest.nodes?.flatMap(({ pins: own = [] }) => own) ?? [];
  const own = pins.filter(({ use }) => use !== 'idle').length;
  if (own !== (resources['PCPU'] ?? 0)) return `its guest has ${own} CPUs to itself`;
  const memory = resources['MEMORY_MB'] ?? 0;
  return memory === memory_mib ? null : `its guest has ${memory_mib} MiB, its flavor ${memory}`;
}

function placed(
  books: Books,
  root: number,
  resources: Needs['resources'],
  holder: Consumer | undefined,
): Decision<Amount[], string> {
  const amounts: Amount[] = [];
  for (const [name, amount] of Object.entries(resources)) {
    const resource_class_id = books.classByName.get(name)?.id;
    if (amount === 0 || resource_class_id === undefined) continue;
    const near = [...books.treeOf(root), ...sharersWith(books, root)];
    const there = near.filter((p) => books.inventory(p, resource_class_id) !== undefined);
    const plain = there.filter((p) => !books.devices.isPool(p));
    if (plain.length === 0 && there.length > 0) continue; // its devices pay for it
    const provider_id = heldOr(plain, resource_class_id, holder);
    if (provider_id === undefined) return no(`nothing here has ${name}`);
    amounts.push({ provider_id, resource_class_id, amount });
  }
  return done(amounts);
}

/** Where it is held already; else the first. */
function heldOr(there: readonly number[], of: number, holder: Consumer | undefined) {
  const held = holder?.allocations.filter((one) => one.resource_class_id === of) ?? [];
  return there.find((p) => held.some(({ provider_id }) => provider_id === p)) ?? there[0];
}

const SHARES = 'MISC_SHARES_VIA_AGGREGATE';

function sharersWith(books: Books, root: number): number[] {
  const shares = books.traitByName.get(SHARES)?.id;
  if (shares === undefined) return [];
  return [...(books.providerAggregates[root] ?? [])]
    .flatMap((uuid) => [...(books.aggregates.get(uuid) ?? [])])
    .filter((p) => p !== root && books.hasTrait(p, shares))
    .sort((a, b) => a - b);
}

/** Those that the guest has, each paid for in its pool. */
function devicesOf(books: Books, root: number, { devices = [] }: GuestReport, uuid: string) {
  const amounts = new Map<string, Amount>();
  const held: NonNullable<Claim['devices']>[number][] = [];
  for (const device of devices) {
    const row = books.devices.get(root, device);
    if (row === undefined) return no(`its guest has device ${device}, which nobody reports`);
    const before = books.devices.holder(root, device);
    const request = before?.consumer_uuid === uuid ? before.request : '';
    held.push({ provider_id: root, device, request });
    if (row.pool_id === null) continue;
    const { pool_id: provider_id, resource_class_id } = row;
    const at = `${provider_id}/${resource_class_id}`;
    const amount = (amounts.get(at)?.amount ?? 0) + 1;
    amounts.set(at, { provider_id, resource_class_id, amount });
  }
  return done({ amounts: [...amounts.values()], devices: held });
}

const nodesOf = ({ nodes = [] }: GuestReport) => nodes;

const cellsOf = (provider_id: number, guest: GuestReport): NonNullable<Claim['cells']> =>
  nodesOf(guest).map(({ cell, vcpus, memory_mib, exact = false, pages }, guest_node) => {
    const ordinary_mib = memory_mib - (pages ? mibOf(pages.count, pages.size_kib) : 0);
    return { provider_id, guest_node, cell, vcpus, memory_mib: ordinary_mib, exact };
  });

const pinsOf = (provider_id: number, guest: GuestReport): NonNullable<Claim['pins']> =>
  nodesOf(guest).flatMap(({ pins = [] }, guest_node) =>
    pins.map(({ cpu, use, vcpu }) => ({ provider_id, guest_node, cpu, use, vcpu })),
  );

const pagesOf = (provider_id: number, guest: GuestReport): NonNullable<Claim['pages']> =>
  nodesOf(guest).flatMap(({ cell, pages }, guest_node) =>
    pages === undefined
      ? []
      : [{ provider_id, guest_node, cell, size_kib: pages.size_kib, pages: pages.count }],
  );

function slotsOf(view: View, provider_id: number, server: ServerRow, { domain }: Needs) {
  const { group_uuid, uuid: member } = server;
  const group = group_uuid === null ? undefined : view.books.slotGroups.get(group_uuid);
  if (group === undefined) return [];
  const of = group.policy === 'fault-domain' ? domain : '';
  return [{ group_uuid: group.uuid, provider_id, member, domain: of }];
}

/** What stays held on dead hosts. */
function quarantined(view: View, uuid: string) {
  const {
    amounts = [],
    cells = [],
    pins = [],
    pages = [],
    devices = [],
  } = held(view.books, uuid) ?? {};
  const shut = inQuarantine(view, uuid);
  return {
    amounts: amounts.filter(shut),
    cells: cells.filter(shut),
    pins: pins.filter(shut),
    pages: pages.filter(shut),
    devices: devices.filter(shut),
  };
}

/** All that a consumer holds, as it would be claimed again; null: nothing. */
export function held(books: Books, consumer_uuid: string): Claim | null {
  const consumer = books.consumers.get(consumer_uuid);
  if (consumer === undefined) return null;
  const { project_id, user_id, consumer_type } = consumer.row;
  return {
    consumer_uuid,
    project_id,
    user_id,
    consumer_type,
    whatever_units: true,
    amounts: consumer.allocations.map(({ provider_id, resource_class_id, used: amount }) => ({
      provider_id,
      resource_class_id,
      amount,
    })),
    cells: consumer.cellHolds.map(({ consumer_uuid: _, ...cell }) => cell),
    pins: consumer.pins.map(({ consumer_uuid: _, ...pin }) => pin),
    pages: consumer.pages.map(({ consumer_uuid: _, ...hold }) => hold),
    devices: consumer.devices.map(({ consumer_uuid: _, ...hold }) => hold),
    slots: consumer.slots.map(({ consumer_uuid: _, ...slot }) => slot),
  };
}

type Row<P extends keyof Claim> = NonNullable<Claim[P]> extends readonly (infer R)[] ? R : never;
/** By what two rows of a part are the same. */
const spellings = {
  amounts: (one: Row<'amounts'>) => `${one.provider_id}/${one.resource_class_id}/${one.amount}`,
  cells: (one: Row<'cells'>) =>
    `${one.provider_id}/${one.guest_node}/${one.cell}/${one.vcpus}/${one.memory_mib}/${one.exact}`,
  pins: (one: Row<'pins'>) =>
    `${one.provider_id}/${one.cpu}/${one.guest_node}/${one.use}/${one.vcpu}`,
  pages: (one: Row<'pages'>) =>
    `${one.provider_id}/${one.guest_node}/${one.cell}/${one.size_kib}/${one.pages}`,
  devices: (one: Row<'devices'>) => `${one.provider_id}/${one.device}`,
  slots: (one: Row<'slots'>) => `${one.group_uuid}/${one.provider_id}/${one.member}/${one.domain}`,
} as const;

/** The parts in which two claims differ, whatever order they are told in. */
export function partsApart(one: Claim | null, other: Claim | null): string[] {
  const parts = Object.keys(spellings) as (keyof typeof spellings)[];
  return parts.filter((part) => {
    const spelling = spellings[part] as (row: unknown) => string;
    return !isSame(one?.[part] ?? [], other?.[part] ?? [], spelling);
  });
}

function isSame(
  one: readonly unknown[],
  other: readonly unknown[],
  spelling: (row: unknown) => string,
): boolean {
  if (one.length !== other.length) return false;
  const left = other.map(spelling).sort();
  return one
    .map(spelling)
    .sort()
    .every((text, at) => text === left[at]);
}
