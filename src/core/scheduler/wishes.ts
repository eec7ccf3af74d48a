/**
 * What a soft group wishes: to be together, or apart. Looked at for the hosts of its members only.
 *
 *   soft-affinity        0 where no member is, then 1/2, 2/3, 3/4 …: the more, the better
 *   soft-anti-affinity   0 where no member is, then −1/2, −2/3, −3/4 …
 *
 * A host without a member has no wish, whatever its aggregates say of how heavy wishes are.
 */
import type { Books } from '../ledger/books.ts';
import type { HostView } from './host-view.ts';
import type { Request, Weights } from './plugin.ts';
import { inMillionths } from './score.ts';
import { weightOn } from './weights.ts';

/** What the wish adds to the score of the host that the view stands on. */
export function wish({ ask, group }: Request, host: HostView, weights: Weights): number {
  if (group?.policy !== 'soft-affinity' && group?.policy !== 'soft-anti-affinity') return 0;
  const members = membersOn(host.books, group.uuid, host.provider_id, ask.server_uuid);
  if (members === 0) return 0;
  const merit = members / (members + 1);
  const weight = weightOn(host, group.policy, weights);
  return inMillionths(weight * (group.policy === 'soft-affinity' ? merit : -merit));
}

/** The others of the group that are there, each counted once even while it moves. */
function membersOn(books: Books, group: string, host: number, but: string): number {
  const there = books.slotsOf.get(group)?.get(host) ?? [];
  return new Set(there.map((slot) => slot.member).filter((member) => member !== but)).size;
}
