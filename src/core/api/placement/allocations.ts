/** What consumers hold: /allocations, one consumer's, several at once, and one provider's. */
import type { Books } from '../../ledger/books.ts';
import { claimAll } from '../../ledger/claim.ts';
import type { HttpRequest } from '../http.ts';
import { PostAllocations, PutAllocations } from './allocation-bodies.ts';
import { type ConsumerBody, claimOf, firstStale, refusedClaim } from './allocation-claims.ts';
import { fresh, NO_CONTENT, newest } from './answers.ts';
import { type Fault, fault } from './fault.ts';
import { noProvider, providerOf } from './providers.ts';
import { type Answer, type Ask, endpoint, read, write } from './route.ts';
import { UNKNOWN_TYPE } from './usages.ts';
import { isUuidLike } from './uuid.ts';

const OWNERS_SINCE = 12;
const GENERATION_SINCE = 28;
const TYPES_SINCE = 38;

const PATH = '/allocations/:consumer';
const consumerOf = (ask: Ask): string => ask.request.params['consumer'] as string;

const ofConsumer = endpoint({
  method: 'GET',
  path: PATH,
  rule: 'placement:allocations:list',
  json: true,
  handle: (ask) => read(ask, (books) => shownConsumer(ask, books)),
});

function shownConsumer(ask: Ask, books: Books): Answer {
  const consumer = books.consumers.get(consumerOf(ask));
  if (consumer === undefined || consumer.allocations.length === 0) {
    return fresh(ask, { allocations: {} });
  }
  const { row, allocations } = consumer;
  const held: Record<string, { resources: Record<string, number>; generation: number }> = {};
  for (const { provider_id, resource_class_id, used } of allocations) {
    const { uuid, generation } = books.row(provider_id);
    held[uuid] ??= { resources: {}, generation };
    const there = held[uuid];
    there.resources[books.className(resource_class_id)] = used;
  }
  const { project_id, user_id, generation: consumer_generation } = row;
  const body = {
    allocations: held,
    ...(ask.minor < OWNERS_SINCE ? {} : { project_id, user_id }),
    ...(ask.minor < GENERATION_SINCE ? {} : { consumer_generation }),
    ...(ask.minor < TYPES_SINCE ? {} : { consumer_type: row.consumer_type ?? UNKNOWN_TYPE }),
  };
  return fresh(ask, body, newest(allocations.map((a) => a.updated_at_ms)));
}

const ofProvider = endpoint({
  method: 'GET',
  path: '/resource_providers/:uuid/allocations',
  rule: 'placement:resource_providers:allocations:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      return row === undefined ? noProvider(ask) : shownProvider(ask, books, row.id);
    }),
});

function shownProvider(ask: Ask, books: Books, provider_id: number): Answer {
  const allocations: Record<string, object> = {};
  const moments: number[] = [];
  for (const uuid of books.holders[provider_id] ?? []) {
    const consumer = books.consumers.get(uuid);
    if (consumer === undefined) continue;
    const here = consumer.allocations.filter((a) => a.provider_id === provider_id);
    const resources = Object.fromEntries(
      here.map((a) => [books.className(a.resource_class_id), a.used]),
    );
    const { generation: consumer_generation } = consumer.row;
    allocations[uuid] = {
      resources,
      ...(ask.minor < GENERATION_SINCE ? {} : { consumer_generation }),
    };
    moments.push(...here.map((a) => a.updated_at_ms));
  }
  const { generation } = books.row(provider_id);
  return fresh(ask, { allocations, resource_provider_generation: generation }, newest(moments));
}

const put = endpoint({
  method: 'PUT',
  path: PATH,
  rule: 'placement:allocations:update',
  body: PutAllocations,
  first: malformed,
  handle: (ask) =>
    malformed(ask.request) ?? replace(ask, { [consumerOf(ask)]: ask.body as ConsumerBody }),
});

function malformed({ params }: HttpRequest): Fault | null {
  const consumer = params['consumer'] as string;
  return isUuidLike(consumer) ? null : fault(400, `Malformed consumer_uuid: ${consumer}`);
}

const post = endpoint({
  method: 'POST',
  path: '/allocations',
  since: 13,
  rule: 'placement:allocations:manage',
  body: PostAllocations,
  handle: (ask) => replace(ask, ask.body),
});

/** Each of the consumers holds from now on what its body says, and nothing else; all or none. */
const replace = (ask: Ask, bodies: Readonly<Record<string, ConsumerBody>>): Promise<Answer> =>
  write(ask, (draft) => {
    const stale = firstStale(draft.books, bodies);
    if (stale !== null) return stale;
    const claims = [];
    for (const [consumer, body] of Object.entries(bodies)) {
      const claim = claimOf(ask, draft.books, consumer, body);
      if (claim.is === 'no') return claim.why;
      claims.push(claim.value);
    }
    const held = claimAll(draft, claims);
    return held.is === 'no' ? refusedClaim(draft.books, held.why) : NO_CONTENT;
  });

const remove = endpoint({
  method: 'DELETE',
  path: PATH,
  rule: 'placement:allocations:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const consumer = books.consumers.get(consumerOf(ask));
      if (consumer === undefined || consumer.allocations.length === 0) {
        return fault(404, `No allocations for consumer '${consumerOf(ask)}'`);
      }
      const { uuid: consumer_uuid, project_id, user_id, consumer_type } = consumer.row;
      const gone = {
        consumer_uuid,
        project_id,
        user_id,
        consumer_type,
        amounts: [],
        quietly: true,
      };
      const held = claimAll(draft, [gone]);
      return held.is === 'no' ? refusedClaim(books, held.why) : NO_CONTENT;
    }),
});

export const allocationRoutes = [ofConsumer, ofProvider, put, post, remove];
