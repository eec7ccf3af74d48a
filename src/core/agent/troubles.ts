/** What is wrong on a host whatever its machine says: told from the ledger alone. */
import { ended, runs } from '../conductor/rows.ts';
import type { HostRow } from '../fleet/rows.ts';
import { isOver, levelsOf } from '../ledger/audit.ts';
import type { Books } from '../ledger/books.ts';
import type { View } from '../ledger/draft.ts';
import type { ServerRow } from '../servers/rows.ts';
import type { Difference } from './reconcile.ts';

/** `steady`: servers of which nothing has changed while the host was asked. */
export const troublesOn = (
  view: View,
  { provider_id }: HostRow,
  steady: readonly ServerRow[],
): Difference[] => [
  ...steady.flatMap((server) => staleFence(view, server)),
  ...view.books.treeOf(provider_id).flatMap((id) => overFull(view.books, id)),
  ...devicesHeld(view.books, provider_id),
];

/** A run that is stuck still owns its server: an operator decides. One that is over does not. */
function staleFence(view: View, { uuid, run_id }: ServerRow): Difference[] {
  if (run_id === null) return [];
  const run = view.rows(runs).get(run_id);
  const acts = run !== undefined && !ended(run);
  const others = view.rows(runs).by('server_uuid', uuid);
  if (acts || others.some((one) => !ended(one))) return [];
  return [{ is: 'stale-fence', uuid, run_id }];
}

/** With what running its guests takes, as claims reckon. */
const overFull = (books: Books, provider: number): Difference[] =>
  [...levelsOf(books, provider)]
    .filter(isOver)
    .map(({ of, used, limit }) => ({ is: 'over-full', resource: of, held: used, limit }));

function devicesHeld({ devices }: Books, provider: number): Difference[] {
  return devices.on(provider).flatMap((row): Difference[] => {
    const { device, state, facts } = row;
    const consumer_uuid = devices.holder(provider, device)?.consumer_uuid;
    if (consumer_uuid === undefined) return [];
    const whole = facts.parent === null ? undefined : devices.holder(provider, facts.parent);
    const gone = state === 'gone' || state === 'gone-unclean';
    return [
      ...(gone ? [{ is: 'device-gone', device, consumer_uuid } as const] : []),
      ...(whole === undefined
        ? []
        : [
            { is: 'device-twice', device, consumer_uuid, other_uuid: whole.consumer_uuid } as const,
          ]),
    ];
  });
}
