/** Which traits a provider has: /resource_providers/{uuid}/traits, from 1.6 on. */
import type { Books } from '../../ledger/books.ts';
import { setTraits } from '../../ledger/inventory.ts';
import { fresh, NO_CONTENT, newest } from './answers.ts';
import { Traits } from './bodies.ts';
import { conflict, fault } from './fault.ts';
import { noProvider, providerOf } from './providers.ts';
import { traitIds } from './query-rules.ts';
import { type Answer, type Ask, endpoint, read, write } from './route.ts';

const PATH = '/resource_providers/:uuid/traits';

const list = endpoint({
  method: 'GET',
  path: PATH,
  since: 6,
  rule: 'placement:resource_providers:traits:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      return row === undefined ? noProvider(ask) : shown(ask, books, row.id);
    }),
});

function shown(ask: Ask, books: Books, provider_id: number): Answer {
  const rows = [...(books.providerTraits[provider_id] ?? [])].flatMap(
    (id) => books.traits.get(id) ?? [],
  );
  const body = {
    traits: rows.map((row) => row.name),
    resource_provider_generation: books.row(provider_id).generation,
  };
  return fresh(ask, body, newest(rows.map((row) => row.updated_at_ms)));
}

const update = endpoint({
  method: 'PUT',
  path: PATH,
  since: 6,
  rule: 'placement:resource_providers:traits:update',
  body: Traits,
  json: true,
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const provider = books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      if (ask.body.resource_provider_generation !== provider.generation) return changedMeanwhile;
      const ids = traitIds(books, ask.body.traits);
      if (ids.is === 'no') return fault(400, `No such trait ${ids.why.join(', ')}`);
      setTraits(draft, provider.id, ids.value);
      return shown(ask, books, provider.id);
    }),
});

export const changedMeanwhile = conflict(
  "Resource provider's generation already changed. Please update the generation and try again.",
);

const remove = endpoint({
  method: 'DELETE',
  path: PATH,
  since: 6,
  rule: 'placement:resource_providers:traits:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const provider = draft.books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      setTraits(draft, provider.id, []);
      return NO_CONTENT;
    }),
});

export const providerTraitRoutes = [list, update, remove];
