/**
 * GET /changes: what was committed to the ledger, batch by batch, from the store's change records.
 *
 *   since=41 ──► batches 42, 43, 45 · next 45 ──► since=45 ──► …      (44 was not the ledger's)
 *             └► 410: their records are gone; read everything again, then go on from `newest`
 *
 * The rows are as they were written, with names in place of numbers. A follower who applies them
 * in order has the ledger as it was at `next`.
 */
import { type Static, Type } from 'typebox';
import { type Millis, millis } from '../../base/units.ts';
import type { Books } from '../../ledger/books.ts';
import type { Batch } from '../../ports/store.ts';
import { BatchNames, changesOf } from './change-words.ts';
import { type ChangeBatch, Changes } from './ledger-schemas.ts';
import type { LedgerRooms } from './rooms.ts';
import { type Answered, found, own, refused } from './route.ts';

export const BATCHES_MAX = 1000;
/** Rows after which an answer ends, with the batch that it is in. */
const ROWS_MAX = 20_000;
export const WAIT_MS_MAX = 30_000;

export const listChanges = own({
  method: 'GET',
  path: '/changes',
  summary: 'What was committed to the ledger, in order',
  audience: 'operator',
  query: Type.Object({
    since: Type.Integer({
      minimum: 0,
      description: 'the last sequence that is known; 0: from the first one on',
    }),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: BATCHES_MAX })),
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: WAIT_MS_MAX,
        description: 'how long to wait where there is nothing yet',
      }),
    ),
  }),
  reply: Changes,
  refusals: { 410: 'records since then are gone: read everything again' },
  async handle({ query: { since, limit = 100, wait_ms = 0 } }, rooms: LedgerRooms) {
    const { ledger } = rooms;
    if (ledger.sequence === since && wait_ms > 0) {
      await nextBatch(rooms, millis(Math.min(wait_ms, WAIT_MS_MAX)));
    }
    const reply = await ledger.records(since, Math.max(1, Math.min(limit, BATCHES_MAX)));
    if (reply.is === 'lost') return refused(503, 'unavailable', 'the store does not answer');
    const ask = { since, newest: ledger.sequence };
    if (reply.is === 'done') return ledger.read(({ books }) => page(books, ask, reply.value));
    if (reply.why.why === 'unavailable') return refused(503, 'unavailable', reply.why.message);
    return pruned(ledger.sequence);
  },
});

const pruned = (newest: number): Answered =>
  refused(410, 'pruned', `these records are gone: read everything again from sequence ${newest}`);

/** Until something is committed, or the time is over. */
function nextBatch({ ledger, clock }: LedgerRooms, span: Millis): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      leave();
      resolve();
    };
    const leave = ledger.subscribe(end);
    void clock.sleep(span).then(end);
  });
}

function page(
  books: Books,
  { since, newest }: { readonly since: number; readonly newest: number },
  batches: readonly Batch[],
): Answered {
  const shown = fitting(batches);
  const body: Static<typeof Changes> = {
    batches: told(books, shown),
    next: shown.at(-1)?.sequence ?? since,
    newest,
  };
  return found(body);
}

function fitting(batches: readonly Batch[]): readonly Batch[] {
  let rows = 0;
  const over = batches.findIndex(({ changes }) => {
    rows += changes.length;
    return rows >= ROWS_MAX;
  });
  return over < 0 ? batches : batches.slice(0, over + 1);
}

/** From the last to the first, since a name of later on is a name of now, until it changes. */
function told(books: Books, batches: readonly Batch[]): Static<typeof ChangeBatch>[] {
  const names = new BatchNames(books);
  return batches
    .toReversed()
    .map((batch) => {
      names.enter(batch);
      return { sequence: batch.sequence, changes: changesOf(batch, names) };
    })
    .filter(({ changes }) => changes.length > 0)
    .reverse();
}
