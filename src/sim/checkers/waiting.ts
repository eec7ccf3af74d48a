/**
 * Who waits for room, at rest:
 *
 *   W1  nobody waits although a host would do: one that is up, enabled, in its zone, was not tried
 *       in vain, and has the memory, the vCPUs and the disk
 *   W2  who waits holds nothing, is on no host, and is still in time
 *
 * Told from inventories and holds by a sum of this checker's own: clients of the simulation wait
 * with plain flavors and without a group, so there is nothing more to it.
 */
import { type RunRow, runs } from '../../core/conductor/rows.ts';
import { type HostRow, hosts } from '../../core/fleet/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import { DISK_GB, MEMORY_MB, VCPU } from '../../core/ledger/standard.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';

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
  return open && fits && zone === host.availability_zone && !run.tried.includes(host.name);
}

function freeOf({ books }: View, provider_id: number, resource_class_id: number): number {
  const has = books.inventory(provider_id, resource_class_id);
  if (has === undefined) return 0;
  const held = [...books.consumers.values()]
    .flatMap(({ allocations }) => allocations)
    .filter((one) => one.provider_id === provider_id && one.resource_class_id === resource_class_id)
    .reduce((sum, { used }) => sum + used, 0);
  const limit = Math.floor((has.total - has.reserved) * has.allocation_ratio);
  return Math.min(limit - held, has.max_unit);
}
