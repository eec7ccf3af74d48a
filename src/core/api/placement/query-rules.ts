/**
 * The parts of queries that several routes read alike: which names there may be, `resources`,
 * `required` and `member_of`.
 */
import type { Books } from '../../ledger/books.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import type { Query } from '../query.ts';
import { complaintOf, keepsTo, type Schema } from './complaint.ts';
import { type Fault, fault } from './fault.ts';
import { isUuidLike } from './uuid.ts';

export const badQuery = (detail: string): Fault =>
  fault(400, `Invalid query string parameters: ${detail}`);

/** Which names a query may have, and the form of each; the last value of a name counts. */
export function knownOnly(
  query: Query,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): Fault | null {
  const value = Object.fromEntries([...query].map(([name, values]) => [name, values.at(-1)]));
  const schema: Schema = { additionalProperties: false, properties, required };
  return keepsTo(schema, value) ? null : badQuery(complaintOf(schema, value));
}

/** Amounts by class id. */
export type Resources = ReadonlyMap<number, number>;

/** `VCPU:2,MEMORY_MB:1024`. */
export function readResources(books: Books, text: string): Decision<Resources, Fault> {
  const found = new Map<number, number>();
  if (text === '') return no(fault(400, badlyFormed('empty string')));
  for (const part of text.split(',')) {
    const pieces = part.split(':');
    const [name, amount] = pieces;
    if (pieces.length !== 2 || name === undefined || amount === undefined) {
      return no(fault(400, badlyFormed(part)));
    }
    const count = readAmount(name, amount);
    if (count.is === 'no') return count;
    const row = books.classByName.get(name);
    if (row === undefined) {
      const why = `No such resource class ${name}.`;
      return no(fault(400, `Invalid resource class in resources parameter: ${why}`));
    }
    found.set(row.id, count.value);
  }
  return done(found);
}

const badlyFormed = (got: string): string =>
  'Badly formed resources parameter. Expected resources query string parameter in form: ' +
  `?resources=VCPU:2,MEMORY_MB:1024. Got: ${got}.`;

function readAmount(name: string, text: string): Decision<number, Fault> {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    return no(
      fault(400, `Requested resource ${name} expected positive integer amount. Got: ${text}.`),
    );
  }
  const count = Number(text);
  if (count >= 1) return done(count);
  return no(fault(400, `Requested resource ${name} requires amount >= 1. Got: ${count}.`));
}

/** Traits by name: for each entry of `any_of` one of its traits; none of the forbidden. */
export interface TraitNames {
  readonly any_of: readonly (readonly string[])[];
  readonly forbidden: readonly string[];
}

const FORBIDDEN_TRAITS_SINCE = 22;
const ANY_TRAITS_SINCE = 39;

/** All values of `required` in one query: each adds to the others from 1.39, the last before. */
export function readTraitNames(
  values: readonly string[],
  minor: number,
): Decision<TraitNames, Fault> {
  const any_of: (readonly string[])[] = [];
  const forbidden: string[] = [];
  for (const text of minor < ANY_TRAITS_SINCE ? values.slice(-1) : values) {
    const read = text.startsWith('in:') ? readAnyOf(text, minor) : readAllOf(text, minor);
    if (read.is === 'no') return read;
    any_of.push(...read.value.any_of);
    forbidden.push(...read.value.forbidden);
  }
  return done({ any_of, forbidden });
}

const IN_FORM = "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC'";

function readAnyOf(text: string, minor: number): Decision<TraitNames, Fault> {
  if (minor < ANY_TRAITS_SINCE) {
    return no(badQuery(`${IN_FORM} only supported since microversion 1.39. Got: ${text}`));
  }
  const names = text.slice('in:'.length).split(',');
  if (names.includes('')) return no(emptyTrait('in:HW_CPU_X86_VMX,CUSTOM_MAGIC', text));
  if (names.some((name) => name.startsWith('!'))) {
    return no(badQuery(`${IN_FORM} does not support forbidden traits. Got: ${text}`));
  }
  return done({ any_of: [names], forbidden: [] });
}

function readAllOf(text: string, minor: number): Decision<TraitNames, Fault> {
  const mayForbid = minor >= FORBIDDEN_TRAITS_SINCE;
  const expected = mayForbid ? 'HW_CPU_X86_VMX,!CUSTOM_MAGIC' : 'HW_CPU_X86_VMX,CUSTOM_MAGIC';
  const names = text.split(',');
  if (!mayForbid && names.some((name) => name.startsWith('!'))) {
    return no(
      badQuery(`Expected 'required' parameter value of the form: ${expected}. Got: ${text}`),
    );
  }
  // `!!T` forbids T, as upstream reads it.
  const bare = names.map((name) => name.replace(/^!+/, ''));
  if (bare.includes('')) return no(emptyTrait(expected, text));
  return done({
    any_of: bare.filter((_, i) => !names[i]?.startsWith('!')).map((name) => [name]),
    forbidden: bare.filter((_, i) => names[i]?.startsWith('!')),
  });
}

const emptyTrait = (form: string, got: string): Fault =>
  badQuery(
    `Expected 'required' parameter value of the form: ${form}. Got an empty trait in: ${got}`,
  );

/** For each entry of `any_of` a member of one of its aggregates; of none of the forbidden. */
export interface Membership {
  readonly any_of: readonly (readonly string[])[];
  readonly forbidden: readonly string[];
}

const MANY_MEMBER_OF_SINCE = 24;
const FORBIDDEN_AGGREGATES_SINCE = 32;

export function readMemberOf(
  values: readonly string[],
  minor: number,
): Decision<Membership, Fault> {
  if (values.length > 1 && minor < MANY_MEMBER_OF_SINCE) {
    return no(fault(400, 'Multiple member_of parameters are not supported'));
  }
  const any_of: (readonly string[])[] = [];
  const forbidden: string[] = [];
  for (const text of values) {
    const not = text.startsWith('!');
    if (not && minor < FORBIDDEN_AGGREGATES_SINCE) return no(notYetForbidden);
    const read = readAggregates(text, not ? text.slice(1) : text);
    if (read.is === 'no') return read;
    if (not) forbidden.push(...read.value);
    else any_of.push(read.value);
  }
  return done({ any_of, forbidden });
}

const notYetForbidden = fault(
  400,
  'Forbidden member_of parameters are not supported in the specified microversion',
);

function readAggregates(text: string, bare: string): Decision<readonly string[], Fault> {
  const many = bare.startsWith('in:');
  const list = many ? bare.slice('in:'.length) : bare;
  const uuids = [...new Set(list.split(','))];
  if (!many && list.includes(',')) {
    const detail =
      "Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using " +
      `the valid microversion. Got: ${text}`;
    return no(fault(400, detail));
  }
  if (uuids.every(isUuidLike)) return done(uuids);
  return no(badQuery(`Expected 'member_of' parameter to contain valid UUID(s). Got: ${list}`));
}

/** The ids of these traits; names that nobody knows are told all at once. */
export function traitIds(
  books: Books,
  names: Iterable<string>,
): Decision<readonly number[], readonly string[]> {
  const unknown: string[] = [];
  const ids: number[] = [];
  for (const name of names) {
    if (unknown.includes(name)) continue;
    const row = books.traitByName.get(name);
    if (row === undefined) unknown.push(name);
    else ids.push(row.id);
  }
  return unknown.length > 0 ? no(unknown.toSorted()) : done(ids);
}
