/**
 * What a soft group wishes: to be together, or apart. Looked at for the hosts of its members only.
 *
 *   soft-affinity        0 where no member is, then 1/2, 2/3, 3/4 …: the more, the better
 *   soft-anti-affinity   1 where no member is, then 1/2, 1/3, 1/4 …
 */
import type { Books } from '../ledger/books.ts';
import type { Request, Weights } from './plugin.ts';
import { inMillionths } from './score.ts';

/** What the wish adds to the score of a host. */
export function wish(
  { ask, group }: Request,
  books: Books,
  host: number,
  weights: Weights,
): number {
  if (group?.policy !== 'soft-affinity' && group?.policy !== 'soft-anti-affinity') return 0;
  const members = membersOn(books, group.uuid, host, ask.server_uuid);
  const merit = group.policy === 'soft-affinity' ? members / (members + 1) : 1 / (members + 1);
  return inMillionths(weights[group.policy] * merit);
}

/** The others of the group that are there, each counted once even while it moves. */
function membersOn(books: Books, group: string, host: number, but: string): number {
  const there = books.slotsOf.get(group)?.get(host) ?? [];
  return new Set(there.map((slot) => slot.member).filter((member) => member !== but)).size;
}
