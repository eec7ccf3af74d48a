/** How much is held: of a provider, and by a project. */
import type { Books, Consumer } from '../../ledger/books.ts';
import { lastOf, type Query } from '../query.ts';
import { fresh } from './answers.ts';
import type { Schema } from './complaint.ts';
import type { Fault } from './fault.ts';
import { noProvider, providerOf } from './providers.ts';
import { knownOnly } from './query-rules.ts';
import { endpoint, read } from './route.ts';

const TYPES_SINCE = 38;
/** What consumers without a type are called. */
export const UNKNOWN_TYPE = 'unknown';

const ofProvider = endpoint({
  method: 'GET',
  path: '/resource_providers/:uuid/usages',
  rule: 'placement:resource_providers:usages',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      if (row === undefined) return noProvider(ask);
      const classes = [...(books.inventories[row.id]?.keys() ?? [])].toSorted((a, b) => a - b);
      const usages = Object.fromEntries(
        classes.map((id) => [books.className(id), books.column(id).used[row.id] ?? 0]),
      );
      return fresh(ask, { resource_provider_generation: row.generation, usages });
    }),
});

const id: Schema = { type: 'string', minLength: 1, maxLength: 255 };
const type: Schema = { ...id, pattern: '^[A-Z0-9_]+$|^all|^unknown$' };

const ofProject = endpoint({
  method: 'GET',
  path: '/usages',
  since: 9,
  rule: 'placement:usages',
  json: true,
  target: (query) => ({
    project_id: lastOf(query, 'project_id'),
    user_id: lastOf(query, 'user_id'),
  }),
  query: wrongUsageQuery,
  handle: (ask) =>
    read(ask, (books) => {
      const held = consumersOf(books, ask.query);
      if (ask.minor < TYPES_SINCE) return fresh(ask, { usages: sums(books, held) });
      return fresh(ask, { usages: byType(books, held, lastOf(ask.query, 'consumer_type')) });
    }),
});

function wrongUsageQuery(query: Query, minor: number): Fault | null {
  const names = { project_id: id, user_id: id };
  const known = minor < TYPES_SINCE ? names : { ...names, consumer_type: type };
  return knownOnly(query, known, ['project_id']);
}

function consumersOf(books: Books, query: Query): Consumer[] {
  const project = lastOf(query, 'project_id');
  const user = lastOf(query, 'user_id');
  return [...books.consumers.values()].filter(
    ({ row }) => row.project_id === project && (user === undefined || row.user_id === user),
  );
}

function sums(books: Books, consumers: readonly Consumer[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { resource_class_id, used } of consumers.flatMap((c) => c.allocations)) {
    const name = books.className(resource_class_id);
    found[name] = (found[name] ?? 0) + used;
  }
  return found;
}

type Usage = Record<string, number>;

/** One group a consumer type; `all` puts them into one; a type's name leaves only that one. */
function byType(
  books: Books,
  consumers: readonly Consumer[],
  wanted: string | undefined,
): Record<string, Usage> {
  const groups = new Map<string, Consumer[]>();
  for (const consumer of consumers) {
    if (consumer.allocations.length === 0) continue;
    const own = consumer.row.consumer_type ?? UNKNOWN_TYPE;
    const type = wanted === 'all' ? 'all' : own;
    if (wanted !== undefined && type !== wanted) continue;
    const there = groups.get(type);
    if (there === undefined) groups.set(type, [consumer]);
    else there.push(consumer);
  }
  const usages: Record<string, Usage> = {};
  for (const [type, members] of groups) {
    usages[type] = { ...sums(books, members), consumer_count: members.length };
  }
  return usages;
}

export const usageRoutes = [ofProvider, ofProject];
