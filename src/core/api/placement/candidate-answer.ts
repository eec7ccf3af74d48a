/**
 * The body of a candidates answer, put together from bytes.
 *
 *   {"allocation_requests":[ request , request … ],"provider_summaries":{ summary , … }}
 *
 * What did not change since the last answer to the same question is copied from it
 * (candidate-pieces.ts); requests come from templates, summaries are kept (fragments.ts).
 */

import { assert } from '../../base/units.ts';
import type { Found, Picks, Plan } from '../../ledger/candidates.ts';
import { type Before, type Laid, lay, Requests, Summaries } from './candidate-pieces.ts';
import type { Templates } from './candidate-templates.ts';
import { TREES_SINCE } from './candidate-text.ts';
import { ascii, type Fragments, fragmentsOf } from './fragments.ts';

const OPEN = ascii('{"allocation_requests":[');
const BETWEEN = ascii('],"provider_summaries":{');
const CLOSE = ascii('}}');

export interface CandidateAnswer {
  /** Never written to once it is given away: a socket may still be sending it. */
  readonly body: Uint8Array;
  readonly cut: boolean;
  /** The books' count of touches that it is of. */
  readonly touches: number;
  readonly requests: Laid<Picks>;
  readonly summaries: Laid<number>;
}

export function answerOf(
  { plan, candidates, cut }: Found,
  templates: Templates,
  last: CandidateAnswer | null,
): CandidateAnswer {
  const fragments = fragmentsOf(plan.books);
  const { minor } = templates;
  const shown = providersShown(plan, candidates, minor, fragments);
  const requests = new Requests(plan, candidates, templates, fragments);
  const summaries = new Summaries(plan, shown, minor, fragments);
  const commas = Math.min(1, candidates.length) + Math.min(1, shown.length);
  const frame = OPEN.length + BETWEEN.length + CLOSE.length - commas;

  const body = room(frame + requests.size + summaries.size);
  body.set(OPEN);
  const first = lay(requests, body, OPEN.length, last && before(last, last.requests));
  const between = endOf(first);
  body.set(BETWEEN, between);
  const from = between + BETWEEN.length;
  const second = lay(summaries, body, from, last && before(last, last.summaries));
  assert(endOf(second) + CLOSE.length === body.length, 'an answer of another size than reckoned');
  body.set(CLOSE, endOf(second));
  return { body, cut, touches: plan.books.touches, requests: first, summaries: second };
}

const before = <Key>({ body, touches }: CandidateAnswer, laid: Laid<Key>): Before<Key> => ({
  body,
  laid,
  touches,
});

/** Where a list ends, its last comma left out. */
const endOf = ({ keys, starts }: Laid<unknown>): number =>
  (starts[keys.length] as number) - Math.min(1, keys.length);

/** Small answers are cut from slabs: one piece of work for the collector, not one an answer. */
const SLAB_BYTES = 2 ** 19;
export const OWN_ROOM_BYTES = SLAB_BYTES / 8;
let slab = new Uint8Array(0);
let taken = 0;

function room(size: number): Uint8Array {
  if (size > OWN_ROOM_BYTES) return new Uint8Array(size);
  if (taken + size > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    taken = 0;
  }
  taken += size;
  return slab.subarray(taken - size, taken);
}

/** Which providers have a summary: those used, and from 1.29 on all of the trees they are in. */
function providersShown(
  plan: Plan,
  candidates: readonly Picks[],
  minor: number,
  fragments: Fragments,
): number[] {
  const { books, slots } = plan;
  const shown: number[] = [];
  const bare = slots.map(({ parts }) => minor >= TREES_SINCE && parts.length === 0);
  fragments.beginList();
  for (const picks of candidates) {
    let before = -1;
    for (let at = 0; at < picks.length; at++) {
      const provider = picks[at] as number;
      if (provider === before || bare[at] === true) continue;
      before = provider;
      if (minor < TREES_SINCE) {
        if (fragments.isNew(provider)) shown.push(provider);
      } else {
        for (const member of books.treeOf(provider)) {
          if (fragments.isNew(member)) shown.push(member);
        }
      }
    }
  }
  return shown;
}
