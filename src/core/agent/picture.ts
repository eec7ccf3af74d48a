/** The picture of one host that the audit classifies, read from the ledger at one moment. */
import { ended, runs } from '../conductor/rows.ts';
import { hosts } from '../fleet/rows.ts';
import type { Books } from '../ledger/books.ts';
import type { View } from '../ledger/draft.ts';
import type { GuestReport } from '../ports/order.ts';
import { holdsSource, resizes } from '../servers/resizes.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import type { AuditedHold, AuditedServer, Picture } from './reconcile.ts';

/** The servers that say they are on this host, by UUID: to be taken before the host is asked. */
export const serversOn = (view: View, host: string): ReadonlyMap<string, ServerRow> =>
  new Map(
    view
      .rows(servers)
      .by('host', host)
      .map((row) => [row.uuid, row]),
  );

/** Null: there is no such host. `before` is what `serversOn` gave before the guests were told. */
export function pictureOf(
  view: View,
  host: string,
  guests: readonly GuestReport[],
  before: ReadonlyMap<string, ServerRow>,
): Picture | null {
  const row = view.rows(hosts).get(host);
  if (row === undefined) return null;
  const holds = holdsOn(view, row.provider_id);
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
    servers: found.map((server) => audited(view, server, before.get(server.uuid) === server)),
  };
}

function audited(view: View, server: ServerRow, steady: boolean): AuditedServer {
  const { uuid, host, run_id } = server;
  const move = view.rows(resizes).get(uuid);
  const vm_state = server.vm_state === 'resized' ? (move?.was ?? 'active') : server.vm_state;
  const underWay = view
    .rows(runs)
    .by('server_uuid', uuid)
    .some((run) => !ended(run));
  const aside = { aside_on: move?.source ?? null, aside_by: move?.parked ?? null };
  return { uuid, host, vm_state, ...aside, owned: run_id !== null || underWay, steady };
}

function holdsOn(view: View, provider: number): AuditedHold[] {
  const { books } = view;
  const tree = books.treeOf(provider);
  const consumers = new Set(tree.flatMap((id) => [...(books.holders[id] ?? [])]));
  return [...consumers].map((consumer_uuid) => ({
    consumer_uuid,
    of: ownerOf(view, consumer_uuid),
    amounts: amountsOf(books, consumer_uuid, tree),
  }));
}

/**
 * To whom a consumer belongs. A run that got stuck may still be helped on by hand; one that made a
 * move holds its source until that is confirmed or reverted.
 */
export function ownerOf(view: View, consumer_uuid: string): AuditedHold['of'] {
  if (view.rows(servers).has(consumer_uuid)) return 'server';
  const run = view.rows(runs).get(consumer_uuid);
  if (run === undefined) return 'nobody known';
  const mayAct = !ended(run) || run.state === 'stuck';
  return mayAct || holdsSource(view, consumer_uuid) ? 'run' : 'ended run';
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
