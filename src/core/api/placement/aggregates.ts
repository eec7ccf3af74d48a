/** Which aggregates a provider is in: /resource_providers/{uuid}/aggregates, from 1.1 on. */
import type { Static } from 'typebox';
import type { Books } from '../../ledger/books.ts';
import { setAggregates } from '../../ledger/inventory.ts';
import { fresh } from './answers.ts';
import { Aggregates, BareAggregates, from } from './bodies.ts';
import { changedMeanwhile } from './provider-traits.ts';
import { noProvider, noProviderFirst, providerOf } from './providers.ts';
import { type Answer, type Ask, endpoint, read, write } from './route.ts';

const PATH = '/resource_providers/:uuid/aggregates';
const GENERATION_SINCE = 19;

const list = endpoint({
  method: 'GET',
  path: PATH,
  since: 1,
  rule: 'placement:resource_providers:aggregates:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      return row === undefined ? noProvider(ask) : shown(ask, books, row.id);
    }),
});

function shown(ask: Ask, books: Books, provider_id: number): Answer {
  const aggregates = [...(books.providerAggregates[provider_id] ?? [])];
  const { generation } = books.row(provider_id);
  const more = ask.minor < GENERATION_SINCE ? {} : { resource_provider_generation: generation };
  return fresh(ask, { aggregates, ...more });
}

const update = endpoint({
  method: 'PUT',
  path: PATH,
  since: 1,
  rule: 'placement:resource_providers:aggregates:update',
  body: from(GENERATION_SINCE, BareAggregates, Aggregates),
  first: noProviderFirst,
  json: true,
  handle: (ask) =>
    write(ask, (draft) => {
      const provider = draft.books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const quietly = ask.minor < GENERATION_SINCE;
      const { aggregates, resource_provider_generation: seen } = asked(ask.body as Body);
      if (seen !== undefined && seen !== provider.generation) return changedMeanwhile;
      setAggregates(draft, provider.id, aggregates, undefined, quietly);
      return shown(ask, draft.books, provider.id);
    }),
});

type Body = Static<typeof BareAggregates> | Static<typeof Aggregates>;

const asked = (body: Body): Partial<Static<typeof Aggregates>> & { aggregates: string[] } =>
  Array.isArray(body) ? { aggregates: body } : body;

export const aggregateRoutes = [list, update];
