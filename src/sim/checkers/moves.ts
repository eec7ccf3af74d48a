/**
 * Moves that are not confirmed yet, told from their rows, the books and the machines.
 *
 *   M1  exactly what such a move set aside is set aside, and on its source
 *   M2  its run holds its source and nothing else, though it has ended; and the server holds the
 *       host that it is on (table 3.1)
 */
import type { View } from '../../core/ledger/draft.ts';
import type { PowerState } from '../../core/ports/order.ts';
import { resizes } from '../../core/servers/resizes.ts';
import type { ServerRow } from '../../core/servers/rows.ts';
import type { WatchedHost } from './hosts.ts';

/** Whether this consumer is the run of a move that can still be taken back. */
export const isMover = (view: View, consumer: string): boolean =>
  view.rows(resizes).by('run_id', consumer).length > 0;

/** What the guest of a resized server has to be: what the server was before it. */
export const powerOfMoved = (view: View, { uuid }: ServerRow): PowerState =>
  view.rows(resizes).get(uuid)?.was === 'stopped' ? 'off' : 'running';

/** M1 and M2, once everything is at rest. */
export const brokenMoves = (view: View, machines: readonly WatchedHost[]): string[] => [
  ...misplaced(view, machines),
  ...[...view.rows(resizes).values()].flatMap(({ run_id, source }) => {
    const held = hostsOf(view, run_id);
    return held === source ? [] : [`M2: run ${run_id} moved from ${source}, and holds '${held}'`];
  }),
];

function misplaced(view: View, machines: readonly WatchedHost[]): string[] {
  const should = [...view.rows(resizes).values()].map(
    (move) => `${move.server_uuid} on ${move.source}`,
  );
  const is = machines.flatMap(({ name, aside }) => aside.map((uuid) => `${uuid} on ${name}`));
  return [
    ...should.filter((one) => !is.includes(one)).map((one) => `M1: ${one} is not set aside`),
    ...is.filter((one) => !should.includes(one)).map((one) => `M1: ${one} is set aside`),
  ];
}

function hostsOf(view: View, consumer: string): string {
  const { books } = view;
  const held = books.consumers.get(consumer)?.allocations ?? [];
  const roots = held.map(({ provider_id }) => books.row(books.row(provider_id).root_id).name);
  return [...new Set(roots)].sort().join();
}
