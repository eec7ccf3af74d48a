/** The picture of one host that the audit classifies, read from the ledger at one moment. */
import { stepKey } from '../conductor/act.ts';
import { ended, runSteps, runs } from '../conductor/rows.ts';
import { hosts } from '../fleet/rows.ts';
import type { Books, Consumer } from '../ledger/books.ts';
import type { View } from '../ledger/draft.ts';
import type { GuestReport, StepKey } from '../ports/order.ts';
import { endedServers } from '../servers/ended.ts';
import { inQuarantine } from '../servers/evacuations.ts';
import { holdsSource, resizes } from '../servers/resizes.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import type { AuditedHold, AuditedServer, Picture } from './reconcile.ts';
import { held, type NeedsOf, partsApart, takenBy } from './taken.ts';
import { troublesOn } from './troubles.ts';

/**
 * The servers that say they are on this host, and those that hold something of it, by UUID: to be
 * taken before the host is asked.
 */
export function serversOn(view: View, host: string): ReadonlyMap<string, ServerRow> {
  const shelf = view.rows(servers);
  const root = view.rows(hosts).get(host)?.provider_id;
  const tree = root === undefined ? [] : view.books.treeOf(root);
  const holders = tree.flatMap((id) => [...(view.books.holders[id] ?? [])]);
  const rows = [...shelf.by('host', host), ...holders.flatMap((uuid) => shelf.get(uuid) ?? [])];
  return new Map(rows.map((row) => [row.uuid, row]));
}

export interface Asked {
  readonly host: string;
  readonly guests: readonly GuestReport[];
  /** What `serversOn` gave before the guests were told. */
  readonly before: ReadonlyMap<string, ServerRow>;
  /** Consumers by root that hold something there without an allocation: `bareHolders`. */
  readonly bare: ReadonlyMap<number, readonly string[]>;
  /** Left out: what flavors ask for is not known, and what is held is held against sizes only. */
  readonly needsOf?: NeedsOf;
}

/** Null: there is no such host. */
export function pictureOf(view: View, asked: Asked): Picture | null {
  const { host, guests, before, bare } = asked;
  const row = view.rows(hosts).get(host);
  if (row === undefined) return null;
  const holds = holdsOn(view, row.provider_id, bare.get(row.provider_id) ?? []);
  const concerned = new Set([
    ...serversOn(view, host).keys(),
    ...guests.map(({ uuid }) => uuid),
    ...holds.map(({ consumer_uuid }) => consumer_uuid),
  ]);
  const found = [...concerned].flatMap((uuid) => view.rows(servers).get(uuid) ?? []);
  return {
    host,
    guests,
    holds,
    servers: found.map((server) => audited(view, server, row.provider_id, asked)),
    troubles: troublesOn(
      view,
      row,
      found.filter((server) => server.host === host && before.get(server.uuid) === server),
    ),
  };
}

function audited(view: View, server: ServerRow, root: number, asked: Asked): AuditedServer {
  const { uuid, host, run_id } = server;
  const move = view.rows(resizes).get(uuid);
  const vm_state = server.vm_state === 'resized' ? (move?.was ?? 'resized') : server.vm_state;
  const underWay = view
    .rows(runs)
    .by('server_uuid', uuid)
    .some((run) => !ended(run));
  const aside = { aside_on: move?.source ?? null, aside_by: move?.parked ?? null };
  const owned = run_id !== null || underWay;
  const steady = asked.before.get(uuid) === server;
  const misheld = owned || !steady ? [] : misheldBy(view, server, root, asked);
  const waived = waivedAt(view, uuid, asked.guests);
  return { uuid, host, vm_state, ...aside, waived, owned, steady, misheld };
}

/** Only of one that has a guest set aside, too: the last that there is, is never given up. */
function waivedAt(view: View, uuid: string, guests: readonly GuestReport[]): readonly StepKey[] {
  if (!guests.some((guest) => guest.uuid === uuid && guest.parked)) return [];
  return view
    .rows(runs)
    .by('server_uuid', uuid)
    .filter(({ state }) => state === 'undone')
    .flatMap(({ id }) => view.rows(runSteps).by('run_id', id))
    .filter(({ state }) => state === 'waived')
    .map(({ run_id, name, round }) => stepKey(run_id, name, round));
}

function misheldBy(view: View, server: ServerRow, root: number, asked: Asked): readonly string[] {
  const guest = asked.guests.find((one) => one.uuid === server.uuid && !one.parked);
  if (asked.needsOf === undefined || guest === undefined) return [];
  const taken = takenBy(view, server, root, guest, asked.needsOf(view, server));
  return taken.is === 'no' ? [] : partsApart(held(view.books, server.uuid), taken.value);
}

function holdsOn(view: View, provider: number, bare: readonly string[]): AuditedHold[] {
  const { books } = view;
  const tree = books.treeOf(provider);
  const consumers = new Set([...bare, ...tree.flatMap((id) => [...(books.holders[id] ?? [])])]);
  return [...consumers]
    .filter((uuid) => holdsFreely(view, uuid, tree))
    .map((consumer_uuid) => ({
      consumer_uuid,
      of: ownerOf(view, consumer_uuid),
      amounts: amountsOf(books, consumer_uuid, tree),
    }));
}

/** Not only what is in quarantine there. */
function holdsFreely(view: View, uuid: string, tree: readonly number[]): boolean {
  const consumer = view.books.consumers.get(uuid);
  if (consumer === undefined) return false;
  const shut = inQuarantine(view, uuid);
  return everything(consumer).some((one) => tree.includes(one.provider_id) && !shut(one));
}

const everything = (one: Consumer): readonly { readonly provider_id: number }[] => [
  ...one.allocations,
  ...one.cellHolds,
  ...one.pins,
  ...one.pages,
  ...one.devices,
  ...one.slots,
];

/**
 * Who holds CPUs, pages, devices or slots without any allocation: no claim leaves that behind. By
 * root, from one look at all consumers.
 */
export function bareHolders({ books }: View): ReadonlyMap<number, readonly string[]> {
  const bare = new Map<number, string[]>();
  for (const [uuid, consumer] of books.consumers) {
    if (consumer.allocations.length > 0) continue;
    const roots = new Set(everything(consumer).map(({ provider_id: p }) => books.row(p).root_id));
    for (const root of roots) bare.set(root, [...(bare.get(root) ?? []), uuid]);
  }
  return bare;
}

/**
 * To whom a consumer belongs; a server that was deleted is over as a run is. A run that got stuck
 * may still be helped on by hand; one that made a move holds its source until that is confirmed or
 * reverted.
 */
export function ownerOf(view: View, consumer_uuid: string): AuditedHold['of'] {
  if (view.rows(servers).has(consumer_uuid)) return 'server';
  const run = view.rows(runs).get(consumer_uuid);
  if (view.rows(endedServers).has(consumer_uuid)) return 'ended run';
  if (run === undefined) return 'nobody known';
  return !ended(run) || holdsSource(view, consumer_uuid) ? 'run' : 'ended run';
}

function amountsOf(
  books: Books,
  consumer_uuid: string,
  tree: readonly number[],
): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const held of books.consumers.get(consumer_uuid)?.allocations ?? []) {
    if (!tree.includes(held.provider_id)) continue;
    const name = books.className(held.resource_class_id);
    amounts[name] = (amounts[name] ?? 0) + held.used;
  }
  return amounts;
}
