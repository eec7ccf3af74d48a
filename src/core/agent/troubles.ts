/** What is wrong on a host whatever its machine says: told from the ledger alone. */
import { ended, runs } from '../conductor/rows.ts';
import type { HostRow } from '../fleet/rows.ts';
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

function overFull(books: Books, provider: number): Difference[] {
  const amounts = [...(books.inventories[provider]?.keys() ?? [])].map((id) => {
    const { used, limit } = books.column(id);
    return over(books.className(id), provider, used[provider], limit[provider]);
  });
  const cells = (books.cells[provider] ?? []).map(({ row, memory_mib_used: used }) =>
    over(`memory of cell ${row.cell}`, provider, used, row.memory_limit_mib),
  );
  return [...amounts, ...cells].flat();
}

const over = (of: string, provider: number, held = 0, limit = 0): Difference[] =>
  held <= limit
    ? []
    : [{ is: 'over-full', resource: `${of} of provider ${provider}`, held, limit }];

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
