/** GET and POST /usages: what many projects hold, in one request and at one moment. */
import { type Static, Type } from 'typebox';
import { by } from '../../base/order.ts';
import type { Books, Consumer } from '../../ledger/books.ts';
import { strict } from '../body.ts';
import type { Caller } from '../http.ts';
import { UNKNOWN_TYPE } from '../placement/usages.ts';
import { type ProjectUsage, Usages } from './ledger-schemas.ts';
import type { LedgerRooms } from './rooms.ts';
import { type Answered, found, own, refused } from './route.ts';
import { sees } from './servers.ts';

export const PROJECTS_IN_QUERY_MAX = 200;
export const PROJECTS_MAX = 10_000;
const ID_MAX = 255;

const summary = 'What each of these projects holds, by resource class and by consumer type';

export const listUsages = own({
  method: 'GET',
  path: '/usages',
  summary,
  audience: 'member',
  query: Type.Object({
    project_id: Type.String({
      description: `one or more, with commas; at most ${PROJECTS_IN_QUERY_MAX}`,
    }),
  }),
  reply: Usages,
  handle: ({ caller, query }, { ledger }: LedgerRooms) => {
    const ids = query.project_id.split(',');
    const wrong = ids.some((id) => id === '' || id.length > ID_MAX);
    if (wrong) return refused(400, 'bad-query', 'project_id has an empty or overlong name');
    if (ids.length > PROJECTS_IN_QUERY_MAX) return tooMany(ids.length);
    return usagesOf(caller, ids, ledger);
  },
});

const tooMany = (count: number): Answered =>
  refused(400, 'too-many', `${count} projects; send more than ${PROJECTS_IN_QUERY_MAX} by POST`);

export const postUsages = own({
  method: 'POST',
  path: '/usages',
  summary: `${summary}; for long lists`,
  audience: 'member',
  query: Type.Object({}),
  body: strict({
    project_ids: Type.Array(Type.String({ minLength: 1, maxLength: ID_MAX }), {
      minItems: 1,
      maxItems: PROJECTS_MAX,
    }),
  }),
  reply: Usages,
  handle: ({ caller, body }, { ledger }: LedgerRooms) => usagesOf(caller, body.project_ids, ledger),
});

function usagesOf(
  caller: Caller,
  ids: readonly string[],
  ledger: LedgerRooms['ledger'],
): Answered | Promise<Answered> {
  if (!ids.every((id) => sees(caller, id))) {
    return refused(403, 'forbidden', 'other projects than your own need the role admin');
  }
  return ledger.read(({ books }) => found({ projects: projectUsages(books, ids) }));
}

type Usage = Static<typeof ProjectUsage>;
type Amounts = Record<string, number>;

/** One pass over all consumers, however many projects are asked for. */
export function projectUsages(books: Books, ids: readonly string[]): Usage[] {
  const tallies = new Map(ids.map((id) => [id, new Map<string, Tally>()]));
  for (const consumer of books.consumers.values()) {
    const tally = tallies.get(consumer.row.project_id);
    if (tally !== undefined) count(tally, consumer);
  }
  return [...tallies].map(([project_id, tally]) => shown(books, project_id, tally));
}

/** What the consumers of one type hold together, by class id. */
interface Tally {
  consumers: number;
  readonly amounts: Map<number, number>;
}

function count(tallies: Map<string, Tally>, { row, allocations }: Consumer): void {
  if (allocations.length === 0) return;
  const type = row.consumer_type ?? UNKNOWN_TYPE;
  const tally = tallies.get(type) ?? { consumers: 0, amounts: new Map() };
  tallies.set(type, tally);
  tally.consumers++;
  for (const { resource_class_id, used } of allocations) {
    tally.amounts.set(resource_class_id, (tally.amounts.get(resource_class_id) ?? 0) + used);
  }
}

function shown(books: Books, project_id: string, tallies: ReadonlyMap<string, Tally>): Usage {
  const by_consumer_type = [...tallies]
    .map(([consumer_type, { consumers, amounts }]) => {
      return { consumer_type, consumers, usages: named(books, amounts) };
    })
    .toSorted(by((entry) => entry.consumer_type));
  const usages: Amounts = {};
  for (const entry of by_consumer_type) {
    for (const [name, used] of Object.entries(entry.usages)) {
      usages[name] = (usages[name] ?? 0) + used;
    }
  }
  const consumers = by_consumer_type.reduce((sum, entry) => sum + entry.consumers, 0);
  return { project_id, consumers, usages, by_consumer_type };
}

const named = (books: Books, amounts: ReadonlyMap<number, number>): Amounts =>
  Object.fromEntries(
    [...amounts]
      .toSorted(([a], [b]) => a - b)
      .map(([class_id, used]) => [books.className(class_id), used]),
  );
