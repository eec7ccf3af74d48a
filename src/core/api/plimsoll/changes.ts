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
import type { Ledger } from '../../ledger/ledger.ts';
import { type ProviderRow, providers } from '../../ledger/rows.ts';
import type { Batch } from '../../ports/store.ts';
import { BatchNames, changesOf, type Later, newestStamp } from './change-words.ts';
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
    if (reply.is === 'done') return page(ledger, since, fitting(reply.value));
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

async function page(ledger: Ledger, since: number, batches: readonly Batch[]): Promise<Answered> {
  const next = batches.at(-1)?.sequence ?? since;
  let named = await ledger.read(({ books }) => told(books, batches, new Map()));
  if (named.missing.size > 0) {
    const later = await namedLater(ledger, next, named.missing);
    named = await ledger.read(({ books }) => told(books, batches, later));
  }
  const body: Static<typeof Changes> = { batches: named.told, next, newest: ledger.sequence };
  return found(body);
}

/** What the first records from `since` on say of these providers. */
async function namedLater(ledger: Ledger, since: number, ids: ReadonlySet<number>): Promise<Later> {
  const named = new Map<number, ProviderRow>();
  let at = since;
  while (named.size < ids.size) {
    const reply = await ledger.records(at, BATCHES_MAX);
    if (reply.is !== 'done' || reply.value.length === 0) break;
    for (const { sequence, changes } of reply.value) {
      at = sequence;
      for (const { table, row } of changes) {
        const provider = row as ProviderRow;
        const asked = table === providers.name && ids.has(provider.id);
        if (asked && !named.has(provider.id)) named.set(provider.id, provider);
      }
    }
  }
  return new Map([...ids].map((id) => [id, named.get(id) ?? null]));
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
function told(
  books: Books,
  batches: readonly Batch[],
  later: Later,
): { readonly told: Static<typeof ChangeBatch>[]; readonly missing: ReadonlySet<number> } {
  const names = new BatchNames(books, later);
  let newest_ms = Number.NEGATIVE_INFINITY;
  const dated = batches.map((batch) => {
    newest_ms = Math.max(newest_ms, newestStamp(batch));
    return { batch, not_before_ms: newest_ms };
  });
  const told = dated
    .reverse()
    .map(({ batch, not_before_ms }) => {
      names.enter(batch, not_before_ms);
      return { sequence: batch.sequence, changes: changesOf(batch, names) };
    })
    .filter(({ changes }) => changes.length > 0)
    .reverse();
  return { told, missing: names.missing };
}
