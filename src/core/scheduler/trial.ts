/**
 * Trials: what would be if the books were otherwise. The draft is changed, asked, and taken back.
 *
 *   mark ─► change ─► the real filters ─► rollback     nothing is left of it
 *
 * A trial answers with plain values and never keeps a view, so that nothing outlives the rollback.
 */
import { byText } from '../base/order.ts';
import type { Books } from '../ledger/books.ts';
import { claimAll } from '../ledger/claim.ts';
import { cleanedDevice, isUnclean, recountPool } from '../ledger/device-state.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ask } from './ask.ts';
import { filters } from './filters.ts';
import { HostView } from './host-view.ts';
import type { Filter, Request } from './plugin.ts';
import { requestOf } from './shape.ts';

/** Does `what`, and takes back all that it changed. */
export function tried<T>(draft: Draft, what: () => T): T {
  const mark = draft.mark;
  const answer = what();
  draft.rollback(mark);
  return answer;
}

/** Whether the real filters let this host take it, as the draft stands. */
export function takes(
  draft: Draft,
  ask: Ask,
  provider_id: number,
  asked: readonly Filter<Request>[] = filters,
): boolean {
  const host = new HostView(draft);
  const request = requestOf(draft.books, ask);
  return host.at(provider_id) && asked.every((filter) => filter.allows(request, host));
}

/** Has the consumers let go of everything, wherever they hold it. */
export function release(draft: Draft, consumer_uuids: readonly string[]): void {
  const owner = { project_id: '', user_id: '', consumer_type: null };
  const claims = consumer_uuids.map((consumer_uuid) => ({ consumer_uuid, ...owner, amounts: [] }));
  claimAll(draft, claims);
}

/** As if every device that waits to be cleaned had been. */
export function cleanAll(draft: Draft, root: number): void {
  for (const row of [...draft.books.devices.on(root)]) {
    if (isUnclean(row)) cleanedDevice(draft, row);
    if (row.pool_id !== null) recountPool(draft, row.pool_id);
  }
}

/** Who holds something on the host's tree, by id: sets are in no order (B4). */
export function holdersOn(books: Books, root: number): readonly string[] {
  const tree = books.trees.get(root) ?? [];
  const all = new Set(tree.flatMap((provider) => [...(books.holders[provider] ?? [])]));
  return [...all].sort(byText);
}
