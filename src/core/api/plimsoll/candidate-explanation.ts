/** GET /allocation_candidates/explain: why Placement's search for candidates found nothing. */
import { type Static, Type } from 'typebox';
import type { Books } from '../../ledger/books.ts';
import { type CandidateAsk, findCandidates } from '../../ledger/candidates.ts';
import { explainCandidates } from '../../ledger/candidates-explain.ts';
import { readCandidateQuery, wrongCandidateQuery } from '../placement/candidate-query.ts';
import { VERSION_MAX } from '../placement/version.ts';
import { type Query, readQuery } from '../query.ts';
import { CandidateWords } from './candidate-words.ts';
import { CandidateExplanation } from './ledger-schemas.ts';
import type { LedgerRooms } from './rooms.ts';
import { type Answered, found, own, refused } from './route.ts';

/** How many candidates are counted at most. */
export const CANDIDATES_COUNTED_MAX = 1000;

export const explainQuery = own({
  method: 'GET',
  path: '/allocation_candidates/explain',
  summary: 'Why a search for allocation candidates comes back empty',
  audience: 'operator',
  query: Type.Object({}),
  open_query:
    `The query of Placement's GET /allocation_candidates, at microversion 1.${VERSION_MAX}: ` +
    'resources, required, member_of, in_tree (each with any suffix), group_policy, ' +
    'same_subtree, root_required, limit.',
  reply: CandidateExplanation,
  handle: ({ raw_query }, { ledger }: LedgerRooms) =>
    ledger.read(({ books }) => explained(books, readQuery(raw_query))),
});

function explained(books: Books, query: Query): Answered {
  const wrong = wrongCandidateQuery(query, VERSION_MAX);
  if (wrong !== null) return refused(400, 'bad-query', wrong.detail);
  const asked = readCandidateQuery(books, query, VERSION_MAX);
  if (asked.is === 'no') return refused(400, 'bad-query', asked.why.detail);
  return found(asked.value === null ? noTree(books, query) : explanation(books, asked.value));
}

type Explanation = Static<typeof CandidateExplanation>;

function explanation(books: Books, ask: CandidateAsk): Explanation {
  const { candidates, cut } = findCandidates(books, { ...ask, limit: 0 }, CANDIDATES_COUNTED_MAX);
  const why = explainCandidates(books, ask);
  const words = new CandidateWords(books, why);
  const empty = candidates.length === 0;
  const miss = (one: typeof why.first) => (empty && one !== null ? words.miss(one) : null);
  return {
    empty,
    summary: empty ? words.summary() : counted(candidates.length, cut),
    candidates: candidates.length,
    candidates_cut: cut,
    funnel: why.steps.map((step) => words.step(step)),
    funnel_cut: why.cut,
    first_failure: miss(why.first),
    nearest_miss: miss(why.nearest),
  };
}

const counted = (count: number, cut: boolean): string =>
  cut ? `There are at least ${count} candidates.` : `There are ${count} candidates.`;

/** Some `in_tree` names a provider that there is not: nothing else was even looked at. */
function noTree(books: Books, query: Query): Explanation {
  const lost = [...query].find(
    ([name, values]) => name.startsWith('in_tree') && unknown(books, values.at(-1) ?? ''),
  );
  const [name = 'in_tree', values = []] = lost ?? [];
  const sentence = `${name} names ${values.at(-1)}, and there is no such provider`;
  const miss = {
    group: name.slice('in_tree'.length),
    constraint: `is in the tree of ${values.at(-1)}`,
    provider_uuid: null,
    provider_name: null,
    needed: null,
    available: null,
    sentence,
  };
  return {
    empty: true,
    summary: `There are no candidates: ${sentence}.`,
    candidates: 0,
    candidates_cut: false,
    funnel: [],
    funnel_cut: false,
    first_failure: miss,
    nearest_miss: miss,
  };
}

const unknown = (books: Books, uuid: string): boolean => books.provider(uuid) === undefined;
