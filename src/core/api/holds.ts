/** What an operation that is stuck holds on to until it has gone on, host by host. */
import { byText } from '../base/order.ts';
import type { RunRow } from '../conductor/rows.ts';
import type { View } from '../ledger/draft.ts';

export interface Hold {
  /** The server, or the operation itself: it holds the other side of a move. */
  readonly consumer_uuid: string;
  readonly host: string;
  /** By resource class. */
  readonly amounts: Readonly<Record<string, number>>;
}

export const holdsOf = (view: View, { id, server_uuid }: RunRow): Hold[] =>
  [server_uuid ?? id, id].filter(isFirst).flatMap((uuid) => heldBy(view, uuid));

const isFirst = (uuid: string, at: number, all: readonly string[]): boolean =>
  all.indexOf(uuid) === at;

function heldBy({ books }: View, consumer_uuid: string): Hold[] {
  const found = new Map<string, Record<string, number>>();
  for (const one of books.consumers.get(consumer_uuid)?.allocations ?? []) {
    const host = books.row(books.row(one.provider_id).root_id).name;
    const amounts = found.get(host) ?? {};
    const name = books.className(one.resource_class_id);
    found.set(host, { ...amounts, [name]: (amounts[name] ?? 0) + one.used });
  }
  return [...found].map(([host, amounts]) => ({ consumer_uuid, host, amounts }));
}

/** e.g. `It still holds 1 VCPU, 512 MEMORY_MB on h1.` */
export function stillHeld(holds: readonly Hold[]): string {
  if (holds.length === 0) return 'It holds nothing.';
  return `It still holds ${holds.map(inWords).join('; ')}.`;
}

const inWords = ({ host, amounts }: Hold): string => {
  const names = Object.keys(amounts).toSorted(byText);
  return `${names.map((name) => `${amounts[name]} ${name}`).join(', ')} on ${host}`;
};
