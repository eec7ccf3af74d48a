/**
 * Where we differ from the original on purpose, and why: its defects are not part of its API.
 *
 * `known` says which of them a pair of answers shows; null: none, so the difference is ours to fix.
 */
import { canonical, difference, isErrors } from './compare.ts';
import type { Answered, Asked } from './request.ts';

/** Each with its reason. */
export const reasons = {
  'ghost-consumer':
    'a consumer that was not there stays behind in the original when it is told to hold nothing, ' +
    'and when its first write is refused with 400: with a type, and a generation 0 to be known',
  'name-not-looked-up':
    'the original finds an unknown class or trait only once all groups before it had an answer; ' +
    'here it is always 400',
  'amounts-counted-twice':
    'without group_policy=none, when two groups ask for one class, the original adds up amounts in ' +
    'requests that other candidates share: they come out too large, or are dropped as too large',
  'undated-rename':
    'the original forgets Last-Modified in the answer to the first rename of a provider',
} as const;

export type Known = keyof typeof reasons;

export function known(asked: Asked, ours: Answered, theirs: Answered): Known | null {
  const detail = detailOf(theirs);
  if (detail.includes('consumer generation conflict - expected 0')) return 'ghost-consumer';
  if (asked.path.startsWith('/allocations/') && typeOf(ours) === 'unknown') {
    if (canonical(ours.body) === canonical(withType(theirs, 'unknown').body)) {
      return 'ghost-consumer';
    }
  }
  if (asked.path.startsWith('/allocation_candidates') && theirs.status === 200) {
    if (/No such (resource class|trait)/.test(detailOf(ours))) return 'name-not-looked-up';
    if (addsUpWrongly(asked)) return 'amounts-counted-twice';
  }
  if (asked.method === 'PUT' && /^\/resource_providers\/[^/]+$/.test(asked.path)) {
    const dated = { ...theirs.headers, 'last-modified': '' };
    if (difference(ours, { ...theirs, headers: dated }) === null) return 'undated-rename';
  }
  return null;
}

const detailOf = ({ body }: Answered): string =>
  isErrors(body) ? (body.errors[0]?.detail ?? '') : '';

const typeOf = ({ body }: Answered) => (body as { consumer_type?: string }).consumer_type;
const withType = (answered: Answered, consumer_type: string): Answered => ({
  ...answered,
  body: { ...(answered.body as object), consumer_type },
});

function addsUpWrongly({ path }: Asked): boolean {
  const query = new URLSearchParams(path.split('?')[1]);
  if (query.get('group_policy') === 'none') return false;
  const classes = [...query]
    .filter(([name]) => name.startsWith('resources'))
    .flatMap(([, value]) => value.split(',').map((part) => part.split(':')[0]));
  return new Set(classes).size < classes.length;
}
