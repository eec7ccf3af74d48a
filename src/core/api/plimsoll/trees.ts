/** PUT /providers/:uuid/tree: a whole tree of providers reported in one request. */
import { type Static, Type } from 'typebox';
import { never } from '../../base/units.ts';
import type { Books } from '../../ledger/books.ts';
import { capacity } from '../../ledger/column.ts';
import type { Draft } from '../../ledger/draft.ts';
import { type Inventory, plainInventory } from '../../ledger/inventory.ts';
import {
  type ReportedProvider,
  reportTree,
  type TreeRefusal,
  type TreeReported,
} from '../../ledger/tree-report.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import { strict } from '../body.ts';
import { Inventories, NAME_MAX, NAME_PATTERN, Uuid } from '../placement/bodies.ts';
import { traitIds } from '../placement/query-rules.ts';
import { isUuidLike, plainUuid } from '../placement/uuid.ts';
import { TreeReported as TreeReportedSchema } from './ledger-schemas.ts';
import type { LedgerRooms } from './rooms.ts';
import { type Answered, found, own, type Refusal, refused, written } from './route.ts';

export const PROVIDERS_MAX = 1000;
const CLASSES_MAX = 200;
const TRAITS_MAX = 1000;
const AGGREGATES_MAX = 1000;

const Provider = strict({
  uuid: Uuid,
  name: Type.String({ minLength: 1, maxLength: 200 }),
  parent_provider_uuid: Type.Union([Uuid, Type.Null()]),
  generation: Type.Optional(
    Type.Union([Type.Integer(), Type.Null()], {
      description: 'as its author saw it; null: it was not there. Left out: whatever it is',
    }),
  ),
  inventories: Type.Optional(
    Object.assign({}, Inventories.properties.inventories, { maxProperties: CLASSES_MAX }),
  ),
  traits: Type.Optional(
    Type.Array(Type.String({ pattern: NAME_PATTERN, maxLength: NAME_MAX }), {
      maxItems: TRAITS_MAX,
    }),
  ),
  aggregates: Type.Optional(Type.Array(Uuid, { maxItems: AGGREGATES_MAX })),
});

const Tree = strict({
  providers: Type.Array(Provider, {
    minItems: 1,
    maxItems: PROVIDERS_MAX,
    description: 'the root and those below it, in any order; what is left out of one stays',
  }),
  remove_others: Type.Optional(
    Type.Boolean({ description: 'take away the providers of the tree that are not named' }),
  ),
});

export const putTree = own({
  method: 'PUT',
  path: '/providers/:uuid/tree',
  summary: 'Reports a tree of providers with all that they have: all of it, or nothing',
  audience: 'operator',
  query: Type.Object({}),
  body: Tree,
  reply: TreeReportedSchema,
  refusals: { 409: 'something is held, taken, or not as it was seen; nothing was changed' },
  async handle({ params: { uuid = '' }, body }, { ledger }: LedgerRooms) {
    if (!isUuidLike(uuid)) return refused(400, 'bad-address', `${uuid} is not a UUID`);
    const reply = await ledger.submit((draft) => decide(draft, plainUuid(uuid), body));
    return written(reply, shown, ({ refusal }) => refusal);
  },
});

type Refused = { readonly why: 'refused'; readonly refusal: Refusal };
/** A report with the books that it was made in, since nobody may keep those. */
type Shown = Static<typeof TreeReportedSchema>;

const refuse = (status: number, code: string, message: string): Decision<never, Refused> =>
  no({ why: 'refused', refusal: refused(status, code, message) });

const shown = (body: Shown): Answered => found(body);

/** Names are looked up where the report is decided: they may be gone at any other time. */
function decide(
  draft: Draft,
  root_uuid: string,
  { providers: bodies, remove_others = false }: Static<typeof Tree>,
): Decision<Shown, Refused> {
  const providers: ReportedProvider[] = [];
  for (const body of bodies) {
    const read = readProvider(draft.books, body);
    if (read.is === 'no') return read;
    providers.push(read.value);
  }
  const reported = reportTree(draft, { root_uuid, providers, remove_others });
  if (reported.is === 'done') return done(inWords(draft.books, reported.value));
  const { status, code, message } = words(draft.books, reported.why);
  return refuse(status, code, message);
}

function readProvider(
  books: Books,
  body: Static<typeof Provider>,
): Decision<ReportedProvider, Refused> {
  const { uuid, name, parent_provider_uuid: parent, generation } = body;
  const about = { uuid: plainUuid(uuid), name };
  const { inventories, traits, aggregates } = body;
  const read = inventories && readInventories(books, inventories);
  if (read?.is === 'no') return refuse(400, 'bad-inventory', `${name}: ${read.why}`);
  const ids = traits && traitIds(books, traits);
  if (ids?.is === 'no') {
    return refuse(400, 'no-such-trait', `${name}: there is no trait ${ids.why.join(', ')}`);
  }
  return done({
    ...about,
    parent_uuid: parent === null ? null : plainUuid(parent),
    ...(generation === undefined ? {} : { seen_generation: generation }),
    ...(read === undefined ? {} : { inventories: read.value }),
    ...(ids === undefined ? {} : { trait_ids: ids.value }),
    ...(aggregates === undefined ? {} : { aggregate_uuids: aggregates.map(plainUuid) }),
  });
}

/** What is left out of an inventory is as Placement has it; so is what may not be. */
function readInventories(
  books: Books,
  bodies: NonNullable<Static<typeof Provider>['inventories']>,
): Decision<readonly Inventory[], string> {
  const inventories: Inventory[] = [];
  for (const [name, { resource_provider_generation: _, ...amounts }] of Object.entries(bodies)) {
    const row = books.classByName.get(name);
    if (row === undefined) return no(`there is no resource class ${name}`);
    const inventory = { ...plainInventory(row.id, amounts.total), ...amounts };
    if (inventory.allocation_ratio < 0) return no(`${name} has a ratio below 0`);
    if (capacity(inventory) < 0) return no(`more of ${name} is reserved than there is`);
    inventories.push(inventory);
  }
  return done(inventories);
}

const inWords = (books: Books, { providers, removed }: TreeReported): Shown => ({
  providers: providers.map(({ row, changed }) => ({
    uuid: row.uuid,
    name: row.name,
    generation: row.generation,
    parent_provider_uuid: row.parent_id === null ? null : books.row(row.parent_id).uuid,
    root_provider_uuid: books.row(row.root_id).uuid,
    changed,
  })),
  removed: [...removed],
});

function words(books: Books, refusal: TreeRefusal): Refusal {
  switch (refusal.why) {
    case 'named-twice':
      return refused(400, refusal.why, `${refusal.uuid} is reported twice`);
    case 'no-root':
      return refused(400, refusal.why, 'the root must be among the providers, with parent null');
    case 'outside':
      return refused(400, refusal.why, `${refusal.uuid} is not below the root`);
    case 'loop':
      return refused(400, refusal.why, `${refusal.parent_uuid} would be above itself`);
    case 'no-parent':
      return refused(400, refusal.why, `there is no parent ${refusal.parent_uuid}`);
    case 'name-taken':
      return refused(409, refusal.why, `the name ${refusal.name} is another provider's`);
    case 'uuid-taken':
      return refused(409, refusal.why, `the UUID ${refusal.uuid} is another provider's`);
    case 'not-as-seen': {
      const { uuid, actual, given } = refusal;
      const is = actual === null ? 'is not there' : `has generation ${actual}`;
      const seen = given === null ? 'its absence' : `generation ${given}`;
      return refused(409, 'generation', `${uuid} ${is}; the report saw ${seen}: look again`);
    }
    case 'provider-generation':
    case 'inventory-in-use':
    case 'has-children':
    case 'has-allocations':
    case 'stood-on':
      return refused(409, refusal.why, held(books, refusal));
    default:
      return never(refusal);
  }
}

type Held = Extract<TreeRefusal, { readonly provider_id: number }>;

function held(books: Books, refusal: Held): string {
  const { name, uuid } = books.row(refusal.provider_id);
  const who = `${name} (${uuid})`;
  switch (refusal.why) {
    case 'inventory-in-use': {
      const classes = refusal.resource_class_ids.map((id) => books.className(id)).join(', ');
      return `${who} cannot lose ${classes}: some of it is held`;
    }
    case 'has-allocations':
      return `${who} cannot be removed: some of it is held`;
    case 'stood-on':
      return `${who} is that of a host of the fleet: it stays, and has no parent`;
    case 'has-children':
      return `${who} cannot be removed: there are providers below it`;
    case 'provider-generation':
      return `${who} has generation ${refusal.actual}, not ${refusal.given}: look again`;
    default:
      return never(refusal);
  }
}
