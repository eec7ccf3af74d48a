/** Which providers a list shows: the query of GET /resource_providers. */
import type { Books } from '../../ledger/books.ts';
import type { ProviderRow } from '../../ledger/rows.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import { lastOf, type Query } from '../query.ts';
import type { Schema } from './complaint.ts';
import { type Fault, fault } from './fault.ts';
import {
  knownOnly,
  type Membership,
  type Resources,
  readMemberOf,
  readResources,
  readTraitNames,
  traitIds,
} from './query-rules.ts';

type Filter = (row: ProviderRow) => boolean;

const text: Schema = { type: 'string' };
const uuid: Schema = { type: 'string', format: 'uuid' };
/** Each name with the version that brought it. */
const names: readonly (readonly [since: number, name: string, schema: Schema])[] = [
  [0, 'name', text],
  [0, 'uuid', uuid],
  [3, 'member_of', text],
  [4, 'resources', text],
  [14, 'in_tree', uuid],
  [18, 'required', text],
];

export function wrongProviderQuery(query: Query, minor: number): Fault | null {
  const there = names.filter(([since]) => minor >= since);
  return knownOnly(query, Object.fromEntries(there.map(([, name, schema]) => [name, schema])));
}

/** All the filters of the query together; a query that names what nobody knows is a fault. */
export function filterOf(books: Books, query: Query, minor: number): Decision<Filter, Fault> {
  const filters: Filter[] = [];
  const name = lastOf(query, 'name');
  // An empty name is no filter, as upstream reads it.
  if (name) filters.push((row) => row.name === name);
  const one = lastOf(query, 'uuid');
  if (one !== undefined) filters.push((row) => row.uuid === one);
  const tree = lastOf(query, 'in_tree');
  if (tree !== undefined) filters.push(inTree(books, tree));
  for (const read of [readers.member_of, readers.resources, readers.required]) {
    const filter = read(books, query, minor);
    if (filter.is === 'no') return filter;
    filters.push(filter.value);
  }
  return done((row) => filters.every((filter) => filter(row)));
}

function inTree(books: Books, member: string): Filter {
  const root = books.provider(member)?.root_id;
  return (row) => row.root_id === root;
}

const all: Decision<Filter, Fault> = done(() => true);

const readers = {
  member_of(books: Books, query: Query, minor: number): Decision<Filter, Fault> {
    const values = query.get('member_of');
    if (values === undefined) return all;
    const read = readMemberOf(values, minor);
    return read.is === 'no' ? read : done((row) => isMember(books, row.id, read.value));
  },

  resources(books: Books, query: Query): Decision<Filter, Fault> {
    const value = lastOf(query, 'resources');
    if (value === undefined) return all;
    const read = readResources(books, value);
    return read.is === 'no' ? read : done((row) => hasRoom(books, row.id, read.value));
  },

  required(books: Books, query: Query, minor: number): Decision<Filter, Fault> {
    const values = query.get('required');
    if (values === undefined) return all;
    const read = readTraitNames(values, minor);
    if (read.is === 'no') return read;
    const { any_of, forbidden } = read.value;
    const ids = traitIds(books, [...any_of.flat(), ...forbidden]);
    if (ids.is === 'no') {
      const why = `No such trait(s): ${ids.why.join(', ')}.`;
      return no(fault(400, `Invalid trait(s) in "required" parameter: ${why}`));
    }
    const has = (row: ProviderRow, name: string) =>
      books.hasTrait(row.id, books.traitByName.get(name)?.id ?? -1);
    return done(
      (row) =>
        any_of.every((some) => some.some((trait) => has(row, trait))) &&
        !forbidden.some((trait) => has(row, trait)),
    );
  },
};

/** By the provider's own aggregates, not its root's. */
function isMember(books: Books, provider: number, { any_of, forbidden }: Membership): boolean {
  const held = books.providerAggregates[provider];
  return (
    any_of.every((some) => some.some((aggregate) => held?.has(aggregate))) &&
    !forbidden.some((aggregate) => held?.has(aggregate))
  );
}

function hasRoom(books: Books, provider: number, resources: Resources): boolean {
  for (const [class_id, amount] of resources) {
    if (!books.column(class_id).fits(provider, amount)) return false;
  }
  return true;
}
