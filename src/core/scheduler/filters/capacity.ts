/**
 * Turns down hosts that have no room for one of the resources, or that give it in other sizes.
 *
 * Compared with what the ledger will compare (L1): ⌊(total − reserved) × ratio⌋ − load.
 */
import type { Column } from '../../ledger/column.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, type Objection, plainly, type Wanted } from '../plugin.ts';

export const capacity: Filter = {
  name: 'capacity',
  wakes: ['host.added', 'server.gone', 'inventory.grown'],
  allows: ({ resources }, host) => {
    for (const wanted of resources) if (host.sourceFor(wanted) < 0) return false;
    return true;
  },
  objection: ({ resources }, host) => {
    const short = resources
      .filter((wanted) => host.sourceFor(wanted) < 0)
      .map((wanted) => shortage(wanted, host));
    const first = short[0] ?? plainly('has room after all');
    return { ...first, reason: short.map(({ reason }) => reason).join(', and ') };
  },
};

/** What the host has of it, where it has most. */
function shortage({ name, id, amount }: Wanted, host: HostView): Objection {
  const column = id < 0 ? undefined : host.books.column(id);
  const reached = [...host.tree, ...host.sharers];
  const holders = reached.filter((provider) => column?.held.has(provider));
  if (column === undefined || holders.length === 0) {
    return { reason: `has no ${name}`, resource: name, needed: amount, available: 0 };
  }
  const left = (p: number) => column.room(p);
  const best = holders.reduce((a, b) => (left(b) > left(a) ? b : a));
  const available = left(best);
  if (available >= amount) {
    return { ...plainly(`gives ${name} ${sizes(column, best)}, not ${amount}`), resource: name };
  }
  const reason = `has ${available} ${name} left, not the ${amount} asked for`;
  return { reason, resource: name, needed: amount, available };
}

const sizes = (column: Column, p: number): string =>
  `from ${column.min_unit[p]} to ${column.max_unit[p]} in steps of ${column.step_size[p]}`;
