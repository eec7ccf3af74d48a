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
    'the original finds an unknown class or trait only once all that comes before it had an ' +
    'answer; here it is always 400',
  'amounts-counted-twice':
    'without group_policy=none, when two groups ask for one class, the original adds up amounts in ' +
    'requests that other candidates share: they come out too large, or are dropped as too large',
  'anchors-lost':
    'when sharing providers alone can have all of the group without a suffix, the original keeps ' +
    'one of the trees that they reach, any one, and loses the candidates of the others',
  'reshaped-below-nothing':
    'the original takes inventories with more reserved than there is, when they come by reshape',
  'keeps-over-full':
    'whoever holds a part of an over-full inventory may keep or lower it, as the newest Placement ' +
    'has it; the 8.0.0 that we compare with refuses',
  'theirs-failed': 'the original has a defect here and says so, with 500',
  'group-without-resources':
    'of a group without resources the original reads past in_tree, and finds nobody when all it ' +
    'says is what is forbidden',
  'allow-told':
    'DELETE of all inventories before 1.5 is 405; the original does not say what is allowed',
  'undated-rename':
    'the original forgets Last-Modified in the answer to the first rename of a provider',
} as const;

export type Known = keyof typeof reasons;

export function known(asked: Asked, ours: Answered, theirs: Answered): Known | null {
  if (theirs.status === 500 && ours.status !== 500) return 'theirs-failed';
  const detail = detailOf(theirs);
  if (detail.includes('consumer generation conflict - expected 0')) return 'ghost-consumer';
  if (asked.path.startsWith('/allocations/') && typeOf(ours) === 'unknown') {
    if (canonical(ours.body) === canonical(withType(theirs, 'unknown').body)) {
      return 'ghost-consumer';
    }
  }
  const unknownName = /No such (resource class|trait)/.test(detailOf(ours));
  if (asked.method === 'GET' && theirs.status === 200 && unknownName) return 'name-not-looked-up';
  if (asked.path.startsWith('/allocation_candidates') && theirs.status === 200) {
    if (addsUpWrongly(asked)) return 'amounts-counted-twice';
    if (anchorsLost(asked, ours, theirs)) return 'anchors-lost';
    if (groupsWithoutResources(asked).some(misread)) return 'group-without-resources';
  }
  if (ours.status === 204 && theirs.status === 409 && detail.includes('exceed the capacity')) {
    return 'keeps-over-full';
  }
  if (asked.path === '/reshaper' && detailOf(ours).includes('Invalid inventory for')) {
    return 'reshaped-below-nothing';
  }
  if (ours.status === 405 && theirs.headers['allow'] === undefined) return 'allow-told';
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

/** The values of each group that asks for no resources, by parameter. */
function groupsWithoutResources({ path }: Asked): ReadonlyMap<string, readonly string[]>[] {
  const groups = new Map<string, Map<string, string[]>>();
  for (const [name, value] of new URLSearchParams(path.split('?')[1])) {
    const [, kind, suffix] = /^(resources|required|member_of|in_tree)(.*)$/.exec(name) ?? [];
    if (kind === undefined || suffix === undefined) continue;
    const group = groups.get(suffix) ?? new Map<string, string[]>();
    groups.set(suffix, group);
    group.set(kind, [...(group.get(kind) ?? []), value]);
  }
  return [...groups.values()].filter((group) => !group.has('resources'));
}

function misread(group: ReadonlyMap<string, readonly string[]>): boolean {
  if (group.has('in_tree')) return true;
  const traits = (group.get('required') ?? []).flatMap((value) => value.split(','));
  const said = [...traits, ...(group.get('member_of') ?? [])];
  return said.every((one) => one.startsWith('!'));
}

/** All of theirs are ours too, and each of ours that they lack has some of a sharing provider. */
function anchorsLost({ path }: Asked, ours: Answered, theirs: Answered): boolean {
  const names = [...new URLSearchParams(path.split('?')[1]).keys()];
  const suffixed = names.some((name) => /^(resources|required|member_of).+/.test(name));
  if (!suffixed || !names.includes('resources')) return false;
  const left = requestsOf(ours).map((one) => canonical(one));
  for (const one of requestsOf(theirs).map((request) => canonical(request))) {
    const at = left.indexOf(one);
    if (at < 0) return false;
    left.splice(at, 1);
  }
  const sharing = Object.entries(summariesOf(ours))
    .filter(([, { traits }]) => traits?.includes('MISC_SHARES_VIA_AGGREGATE'))
    .map(([uuid]) => uuid);
  return left.length > 0 && left.every((one) => sharing.some((uuid) => one.includes(uuid)));
}

interface Candidates {
  readonly allocation_requests?: readonly unknown[];
  readonly provider_summaries?: Readonly<Record<string, { readonly traits?: string[] }>>;
}
const requestsOf = ({ body }: Answered) => (body as Candidates).allocation_requests ?? [];
const summariesOf = ({ body }: Answered) => (body as Candidates).provider_summaries ?? {};
