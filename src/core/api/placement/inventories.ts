/** What a provider has: /resource_providers/{uuid}/inventories and one class of it. */
import type { Books } from '../../ledger/books.ts';
import { bumpGeneration } from '../../ledger/claim.ts';
import type { Draft } from '../../ledger/draft.ts';
import {
  dropInventory,
  type Inventory,
  putInventory,
  type ReportRefusal,
  setInventories,
} from '../../ledger/inventory.ts';
import type { InventoryRow, ProviderRow } from '../../ledger/rows.ts';
import { fresh, location, NO_CONTENT, newest } from './answers.ts';
import { ChangedInventory, Inventories, NewInventory } from './bodies.ts';
import { conflict, type Fault, fault } from './fault.ts';
import { readInventories, readInventory } from './inventory-rules.ts';
import { noProvider, noProviderFirst, providerOf } from './providers.ts';
import { type Answer, type Ask, endpoint, read, write } from './route.ts';

const PATH = '/resource_providers/:uuid/inventories';

const classOf = (ask: Ask): string => ask.request.params['name'] as string;

const list = endpoint({
  method: 'GET',
  path: PATH,
  rule: 'placement:resource_providers:inventories:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      return row === undefined ? noProvider(ask) : shownAll(ask, books, row.id);
    }),
});

function shownAll(ask: Ask, books: Books, provider_id: number): Answer {
  const rows = [...(books.inventories[provider_id]?.values() ?? [])].toSorted(
    (a, b) => a.resource_class_id - b.resource_class_id,
  );
  const inventories = Object.fromEntries(
    rows.map((row) => [books.className(row.resource_class_id), amounts(row)]),
  );
  const { generation } = books.row(provider_id);
  const body = { resource_provider_generation: generation, inventories };
  const answer = fresh(ask, body, newest(rows.map((row) => row.updated_at_ms)));
  if (rows.length > 0) return answer;
  // An empty set was never modified: upstream gives it no date.
  const { 'last-modified': _, ...headers } = answer.headers ?? {};
  return { ...answer, headers };
}

const amounts = (row: InventoryRow) => ({
  total: row.total,
  reserved: row.reserved,
  min_unit: row.min_unit,
  max_unit: row.max_unit,
  step_size: row.step_size,
  allocation_ratio: row.allocation_ratio,
});

const show = endpoint({
  method: 'GET',
  path: `${PATH}/:name`,
  rule: 'placement:resource_providers:inventories:show',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const provider = books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const row = inventoryOf(books, provider, classOf(ask));
      if (row !== undefined) return shownOne(ask, books, row);
      return fault(404, `No inventory of class ${classOf(ask)} for ${provider.uuid}`);
    }),
});

const inventoryOf = (books: Books, { id }: ProviderRow, name: string): InventoryRow | undefined =>
  books.inventory(id, books.classByName.get(name)?.id ?? -1);

function shownOne(ask: Ask, books: Books, row: InventoryRow, status = 200) {
  const { generation } = books.row(row.provider_id);
  const body = { ...amounts(row), resource_provider_generation: generation };
  return fresh(ask, body, row.updated_at_ms, status);
}

const create = endpoint({
  method: 'POST',
  path: PATH,
  rule: 'placement:resource_providers:inventories:create',
  body: NewInventory,
  first: noProviderFirst,
  json: true,
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const { resource_class: name } = ask.body;
      const provider = books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const what = `Unable to create inventory for resource provider ${provider.uuid}`;
      const asked = readInventory(books, provider, name, ask.body, ask.minor, what);
      if (asked.is === 'no') return asked.why;
      if (inventoryOf(books, provider, name) !== undefined) {
        return conflict(`Update conflict: ${provider.uuid} has an inventory of ${name} already.`);
      }
      const answer = shownOne(ask, books, written(draft, provider, asked.value), 201);
      const where = location(ask, `/resource_providers/${provider.uuid}/inventories/${name}`);
      return { ...answer, headers: { ...answer.headers, location: where } };
    }),
});

/** The generation is not compared here: upstream reads past the one in the body. */
function written(draft: Draft, { id }: ProviderRow, inventory: Inventory): InventoryRow {
  putInventory(draft, id, inventory);
  bumpGeneration(draft, id);
  return draft.books.inventory(id, inventory.resource_class_id) as InventoryRow;
}

const updateOne = endpoint({
  method: 'PUT',
  path: `${PATH}/:name`,
  rule: 'placement:resource_providers:inventories:update',
  body: ChangedInventory,
  first: noProviderFirst,
  json: true,
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const provider = books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const { uuid, generation } = provider;
      if (ask.body.resource_provider_generation !== generation) return staleProvider;
      if (!books.classByName.has(classOf(ask))) {
        return fault(404, `No such resource class ${classOf(ask)}.`);
      }
      const what = `Unable to update inventory for resource provider ${uuid}`;
      const asked = readInventory(books, provider, classOf(ask), ask.body, ask.minor, what);
      if (asked.is === 'no') return asked.why;
      if (inventoryOf(books, provider, classOf(ask)) === undefined) return notThere(ask);
      return shownOne(ask, books, written(draft, provider, asked.value));
    }),
});

const notThere = (ask: Ask): Fault =>
  fault(
    400,
    `No inventory record with resource class for resource provider ${providerOf(ask)}: ` +
      `No inventory of class ${classOf(ask)} found.`,
  );

const staleProvider = conflict('resource provider generation conflict');

const updateAll = endpoint({
  method: 'PUT',
  path: PATH,
  rule: 'placement:resource_providers:inventories:update',
  body: Inventories,
  first: noProviderFirst,
  json: true,
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const provider = books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      if (ask.body.resource_provider_generation !== provider.generation) return staleProvider;
      const what = `Unable to update inventory for resource provider ${provider.uuid}`;
      const asked = readInventories(books, provider, ask.body.inventories, ask.minor, what);
      if (asked.is === 'no') return asked.why;
      const set = setInventories(draft, provider.id, asked.value);
      if (set.is === 'no') return notSet(books, set.why, 'update conflict: ');
      return shownAll(ask, books, provider.id);
    }),
});

const ALL_GONE_SINCE = 5;

const removeAll = endpoint({
  method: 'DELETE',
  path: PATH,
  since: ALL_GONE_SINCE,
  before: { allow: 'GET, POST, PUT' },
  rule: 'placement:resource_providers:inventories:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const provider = draft.books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const gone = setInventories(draft, provider.id, []);
      return gone.is === 'no' ? notSet(draft.books, gone.why, '') : NO_CONTENT;
    }),
});

const removeOne = endpoint({
  method: 'DELETE',
  path: `${PATH}/:name`,
  rule: 'placement:resource_providers:inventories:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const provider = draft.books.provider(providerOf(ask));
      if (provider === undefined) return noProvider(ask);
      const row = inventoryOf(draft.books, provider, classOf(ask));
      if (row === undefined) {
        return fault(404, `No inventory of class ${classOf(ask)} found for delete`);
      }
      const gone = dropInventory(draft, row);
      if (gone.is === 'done') return NO_CONTENT;
      const what = `Unable to delete inventory of class ${classOf(ask)}: `;
      // D-PL1: upstream's code for one inventory in use is not the one for several.
      return conflict(notSet(draft.books, gone.why, what).detail);
    }),
});

/** A refused report in words; `what` begins the sentence. */
export function notSet(books: Books, refusal: ReportRefusal, what: string): Fault {
  switch (refusal.why) {
    case 'provider-generation':
      return staleProvider;
    case 'inventory-in-use': {
      const names = refusal.resource_class_ids.map((id) => books.className(id)).join(', ');
      const { uuid } = books.row(refusal.provider_id);
      const detail = `${what}Inventory for '${names}' on resource provider '${uuid}' in use.`;
      return fault(409, detail, 'placement.inventory.inuse');
    }
  }
}

export const inventoryRoutes = [list, show, create, updateOne, updateAll, removeAll, removeOne];
