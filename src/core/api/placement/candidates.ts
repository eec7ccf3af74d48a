/** GET /allocation_candidates: where what is asked could be held; from 1.10 on. */
import { freshness } from './answers.ts';
import { prepared } from './candidate-prepared.ts';
import { type Ask, endpoint, read } from './route.ts';

const list = endpoint({
  method: 'GET',
  path: '/allocation_candidates',
  since: 10,
  rule: 'placement:allocation_candidates:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const { asked, templates, answers } = prepared(
        books,
        ask.request.query,
        ask.query,
        ask.minor,
      );
      if (asked.is === 'no') return asked.why;
      if (asked.value === null) return answer(ask, EMPTY, false);
      const most = ask.settings.max_candidates;
      const { body, cut } = answers.answer(books, asked.value, templates, most);
      return answer(ask, body, cut);
    }),
});

const EMPTY = '{"allocation_requests":[],"provider_summaries":{}}';

/** Told where there are more candidates than an answer may have. */
const CUT_HEADER = 'x-plimsoll-candidates-cut';

const answer = (ask: Ask, body: string | Uint8Array, cut: boolean) => ({
  status: 200,
  headers: {
    'content-type': 'application/json',
    ...freshness(ask),
    ...(cut ? { [CUT_HEADER]: 'true' } : {}),
  },
  body,
});

export const candidateRoutes = [list];
