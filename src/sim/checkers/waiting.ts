/**
 * Who waits for room, at rest:
 *
 *   W1  nobody waits although a host would do: one that is up, enabled, in its zone, was not tried
 *       in vain, and has the memory, the vCPUs and the disk, with what a guest takes besides
 *   W2  who waits holds nothing, is on no host, and is still in time
 *
 * Told from inventories and holds by a sum of this checker's own: clients of the simulation wait
 * with plain flavors and without a group, so there is nothing more to it.
 */
import { type RunRow, runs } from '../../core/conductor/rows.ts';
import { type HostRow, hosts } from '../../core/fleet/rows.ts';
import type { Books } from '../../core/ledger/books.ts';
import type { View } from '../../core/ledger/draft.ts';
import { DISK_GB, MEMORY_MB, VCPU } from '../../core/ledger/standard.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';

const KIB_IN_MIB = 1024;

export const waiters = (view: View): readonly RunRow[] =>
  view
    .rows(runs)
    .by('state', 'running')
    .filter(({ waits }) => waits);

export const waitingInVain = (view: View): string[] =>
  waiters(view).flatMap((run) => {
    const server = view.rows(servers).get(run.server_uuid ?? '');
    if (server === undefined) return [`W2: run ${run.id} waits for a server that is gone`];
    const free = [...view.rows(hosts).values()].find((host) => would(view, run, server, host));
    const held = view.books.consumers.has(server.uuid) || server.host !== null;
    return [
      ...(free === undefined ? [] : [`W1: ${server.uuid} waits, and ${free.name} would take it`]),
      ...(held ? [`W2: ${server.uuid} waits, and holds something`] : []),
    ];
  });

function would(view: View, run: RunRow, { flavor, ...server }: ServerRow, host: HostRow): boolean {
  const zone = server.availability_zone ?? host.availability_zone;
  const open = host.status === 'enabled' && host.state === 'up' && !host.forced_down;
  const needs: readonly [number, number][] = [
    [VCPU, flavor.vcpus],
    [MEMORY_MB, flavor.memory_mib],
    [DISK_GB, flavor.disk_gib],
  ];
  const fits = needs.every(([of, need]) => need <= freeOf(view, host.provider_id, of));
  const uncut = flavor.memory_mib <= uncutOf(view, host.provider_id);
  return open && fits && uncut && zone === host.availability_zone && !run.tried.includes(host.name);
}

/** Free memory that is not cut into large pages: they are not for plain flavors. */
function uncutOf({ books }: View, provider_id: number): number {
  const has = books.inventory(provider_id, MEMORY_MB);
  if (has === undefined) return 0;
  const mib = (pages: number, size_kib: number) => (pages * size_kib) / KIB_IN_MIB;
  const cut = books.pages.of(provider_id).map(({ row }) => mib(row.total, row.size_kib));
  const paged = [...books.consumers.values()]
    .flatMap(({ pages }) => pages)
    .filter((one) => one.provider_id === provider_id)
    .map(({ pages, size_kib }) => mib(pages, size_kib));
  const limit = Math.floor((has.total - has.reserved - sum(cut)) * has.allocation_ratio);
  return limit - loadOf(books, provider_id, MEMORY_MB, has.overhead) + sum(paged);
}

function freeOf({ books }: View, provider_id: number, resource_class_id: number): number {
  const has = books.inventory(provider_id, resource_class_id);
  if (has === undefined) return 0;
  const limit = Math.floor((has.total - has.reserved) * has.allocation_ratio);
  const load = loadOf(books, provider_id, resource_class_id, has.overhead);
  return Math.min(limit - load, has.max_unit);
}

/** What is held, and what all guests take besides: those that are there, and one more. */
function loadOf({ consumers }: Books, provider_id: number, of: number, overhead: number): number {
  const held = [...consumers.values()]
    .flatMap(({ allocations }) => allocations)
    .filter((a) => a.provider_id === provider_id && a.resource_class_id === of);
  return sum(held.map(({ used }) => used)) + (held.length + 1) * overhead;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((a, b) => a + b, 0);
