/** Resource providers: /resource_providers and one of them; trees of them from 1.14 on. */
import type { Books } from '../../ledger/books.ts';
import {
  changeProvider,
  createProvider,
  type DeleteRefusal,
  deleteProvider,
  type ProviderRefusal,
} from '../../ledger/provider.ts';
import type { ProviderRow } from '../../ledger/rows.ts';
import type { HttpRequest } from '../http.ts';
import { fresh, location, NO_CONTENT, newest } from './answers.ts';
import { ChangedProvider, NewProvider } from './bodies.ts';
import { type Fault, fault } from './fault.ts';
import { providerLinks } from './links.ts';
import { filterOf, wrongProviderQuery } from './provider-filter.ts';
import { type Answer, type Ask, endpoint, read, write } from './route.ts';
import { plainUuid } from './uuid.ts';

const PATH = '/resource_providers';
const TREES_SINCE = 14;
const POST_ANSWERS_SINCE = 20;
const MOVES_SINCE = 37;

const list = endpoint({
  method: 'GET',
  path: PATH,
  rule: 'placement:resource_providers:list',
  json: true,
  query: wrongProviderQuery,
  handle: (ask) =>
    read(ask, (books) => {
      const wanted = filterOf(books, ask.query, ask.minor);
      if (wanted.is === 'no') return wanted.why;
      const rows: ProviderRow[] = [];
      for (const row of books.providers) if (row !== undefined && wanted.value(row)) rows.push(row);
      const body = { resource_providers: rows.map((row) => shown(ask, books, row)) };
      return fresh(ask, body, newest(rows.map((row) => row.updated_at_ms)));
    }),
});

const show = endpoint({
  method: 'GET',
  path: `${PATH}/:uuid`,
  rule: 'placement:resource_providers:show',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.provider(providerOf(ask));
      return row === undefined ? noProvider(ask) : shownFresh(ask, books, row);
    }),
});

/** A provider as this version shows it. */
function shown({ minor, settings }: Ask, books: Books, row: ProviderRow) {
  const { uuid, name, generation, parent_id, root_id } = row;
  const tree = {
    parent_provider_uuid: parent_id === null ? null : books.row(parent_id).uuid,
    root_provider_uuid: books.row(root_id).uuid,
  };
  return {
    uuid,
    name,
    generation,
    ...(minor < TREES_SINCE ? {} : tree),
    links: providerLinks(settings.prefix, row, minor),
  };
}

const shownFresh = (ask: Ask, books: Books, row: ProviderRow) =>
  fresh(ask, shown(ask, books, row), row.updated_at_ms);

/** The UUID of the provider that the path names, as it is written there. */
export const providerOf = (ask: Ask): string => ask.request.params['uuid'] as string;

export const noProvider = ({ request }: Pick<Ask, 'request'>): Fault =>
  fault(404, `No resource provider with uuid ${request.params['uuid']} found`);

/** That the path names no provider, which is told before anything about the body. */
export const noProviderFirst = (request: HttpRequest, books: Books): Fault | null =>
  books.provider(request.params['uuid'] as string) === undefined ? noProvider({ request }) : null;

const create = endpoint({
  method: 'POST',
  path: PATH,
  rule: 'placement:resource_providers:create',
  body: NewProvider,
  handle: (ask) => {
    const { body } = ask;
    const { name } = body;
    const asked = 'parent_provider_uuid' in body ? body.parent_provider_uuid : null;
    const uuid = body.uuid === undefined ? ask.rooms.entropy.uuid() : plainUuid(body.uuid);
    const parent_uuid = asked ?? null;
    const what = `Unable to create resource provider "${name}", ${uuid}:`;
    if (name === '') return fault(400, `${what} a name is required.`);
    if (parent_uuid === uuid) {
      return fault(400, `${what} parent provider UUID cannot be same as UUID.`);
    }
    return write(ask, (draft) => {
      const made = createProvider(draft, { uuid, name, parent_uuid });
      return made.is === 'no' ? words(what, made.why) : created(ask, draft.books, made.value);
    });
  },
});

function created(ask: Ask, books: Books, row: ProviderRow): Answer {
  const where = { location: location(ask, `${PATH}/${row.uuid}`) };
  if (ask.minor < POST_ANSWERS_SINCE) return { status: 201, headers: where };
  const answer = shownFresh(ask, books, row);
  return { ...answer, headers: { ...answer.headers, ...where } };
}

const update = endpoint({
  method: 'PUT',
  path: `${PATH}/:uuid`,
  rule: 'placement:resource_providers:update',
  body: ChangedProvider,
  first: noProviderFirst,
  json: true,
  handle: (ask) => {
    const { body } = ask;
    const parent_uuid = 'parent_provider_uuid' in body ? body.parent_provider_uuid : undefined;
    return write(ask, (draft) => {
      const { books } = draft;
      const row = books.provider(providerOf(ask));
      if (row === undefined) return noProvider(ask);
      const what = `Unable to save resource provider ${row.uuid}:`;
      const stays = mayNotMove(ask, books, row, parent_uuid);
      if (stays !== null) return fault(400, `${what} ${stays}`);
      const to = { name: body.name, ...(parent_uuid === undefined ? {} : { parent_uuid }) };
      const changed = changeProvider(draft, row.id, to);
      return changed.is === 'no' ? words(what, changed.why) : shownFresh(ask, books, changed.value);
    });
  },
});

const remove = endpoint({
  method: 'DELETE',
  path: `${PATH}/:uuid`,
  rule: 'placement:resource_providers:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const row = draft.books.provider(providerOf(ask));
      if (row === undefined) {
        return fault(404, `No resource provider with uuid ${providerOf(ask)} found for delete`);
      }
      const gone = deleteProvider(draft, row.id);
      return gone.is === 'no' ? notDeleted(row.uuid, gone.why) : NO_CONTENT;
    }),
});

/** Until 1.37 a provider that has a parent keeps it. */
function mayNotMove(
  { minor }: Ask,
  books: Books,
  row: ProviderRow,
  parent_uuid: string | null | undefined,
): string | null {
  if (minor >= MOVES_SINCE || parent_uuid === undefined || row.parent_id === null) return null;
  if (books.row(row.parent_id).uuid === parent_uuid) return null;
  const verb = parent_uuid === null ? 'un-parenting' : 're-parenting';
  return `${verb} a provider is not currently allowed before microversion 1.37.`;
}

function notDeleted(uuid: string, refusal: DeleteRefusal): Fault {
  switch (refusal.why) {
    case 'has-children':
      return fault(
        409,
        `Unable to delete parent resource provider ${uuid}: It has child resource providers.`,
        'placement.resource_provider.cannot_delete_parent',
      );
    case 'has-allocations':
      return fault(
        409,
        `Unable to delete resource provider ${uuid}: Resource provider has allocations.`,
        'placement.resource_provider.inuse',
      );
    case 'stood-on':
      return fault(
        409,
        `Unable to delete resource provider ${uuid}: It is that of a host of this fleet, which ` +
          'goes with its compute service (openstack compute service delete).',
        'placement.resource_provider.inuse',
      );
  }
}

function words(what: string, refusal: ProviderRefusal): Fault {
  switch (refusal.why) {
    case 'name-taken':
      return duplicate(`name: ${refusal.name}`);
    case 'uuid-taken':
      return duplicate(`uuid: ${refusal.uuid}`);
    case 'no-parent':
      return fault(400, `${what} parent provider UUID does not exist.`);
    case 'loop':
      return fault(400, `${what} creating loop in the provider tree is not allowed.`);
    case 'stood-on':
      return fault(409, `${what} it is that of a host of this fleet, which has no parent.`);
  }
}

const duplicate = (what: string): Fault =>
  fault(409, `Conflicting resource provider ${what} already exists.`, 'placement.duplicate_name');

export const providerRoutes = [list, create, show, remove, update];
