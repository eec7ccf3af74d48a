/** Who holds what a request asks for, on a host: the rows that hold the capacity. */
import type { Draft } from '../ledger/draft.ts';
import { servers } from '../servers/rows.ts';
import type { Request } from './plugin.ts';
import { holdersOn } from './trial.ts';

export type Amounts = Readonly<Record<string, number>>;

/** What one consumer holds of a host. */
export interface Holder {
  readonly consumer_uuid: string;
  readonly amounts: Amounts;
  /** The sum of its shares of the host's limits. */
  readonly size: number;
}

/** Who holds something there, the smallest first; the server itself is never in its own way. */
export function holders(draft: Draft, request: Request, root: number): readonly Holder[] {
  const { books } = draft;
  return holdersOn(books, root)
    .filter((uuid) => uuid !== request.ask.server_uuid)
    .map((uuid) => holder(draft, request, root, uuid))
    .sort((a, b) => a.size - b.size);
}

function holder(draft: Draft, request: Request, root: number, consumer_uuid: string): Holder {
  const { books } = draft;
  const tree = new Set(books.trees.get(root) ?? []);
  const amounts: Record<string, number> = {};
  let size = 0;
  for (const held of books.consumers.get(consumer_uuid)?.allocations ?? []) {
    const { provider_id, resource_class_id: id, used } = held;
    if (!asksFor(request, id) || !tree.has(provider_id)) continue;
    const name = books.className(id);
    amounts[name] = (amounts[name] ?? 0) + used;
    size += used / Math.max(1, books.column(id).limit[provider_id] as number);
  }
  return { consumer_uuid, amounts, size };
}

const asksFor = ({ resources, groups }: Request, id: number): boolean =>
  [{ resources }, ...groups].some((one) => one.resources.some((wanted) => wanted.id === id));

/** A server's name, where the consumer is one. */
export const nameOf = (draft: Draft, uuid: string): string =>
  draft.rows(servers).get(uuid)?.name ?? `consumer ${uuid}`;
