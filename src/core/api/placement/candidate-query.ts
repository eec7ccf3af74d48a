/**
 * The query of GET /allocation_candidates, as what it asks of the search.
 *
 *   resources=VCPU:2&required=HW_CPU_X86_AVX          the group that may be spread
 *   resources_NIC=VGPU:1&member_of_NIC=in:<a>,<b>     a group of its own, by suffix
 *
 *   1.10 resources · 1.16 limit · 1.17 required · 1.21 member_of · 1.25 suffixes, group_policy ·
 *   1.31 in_tree · 1.33 any suffix · 1.35 root_required · 1.36 same_subtree, groups without
 *   resources · and what query-rules.ts says of the values
 */
import type { Books } from '../../ledger/books.ts';
import type { CandidateAsk, Group } from '../../ledger/candidates.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import { lastOf, type Query } from '../query.ts';
import { complaintOf, keepsTo, repr, type Schema } from './complaint.ts';
import { type Fault, fault } from './fault.ts';
import {
  badQuery,
  type Membership,
  readMemberOf,
  readResources,
  readTraitNames,
  type TraitNames,
  traitIds,
} from './query-rules.ts';
import { isUuidLike } from './uuid.ts';

const RESOURCELESS_SINCE = 36;

// ── which names there may be ─────────────────────────────────────────────────────────────────

const text: Schema = { type: 'string' };
const limit: Schema = { type: 'string', pattern: '^[1-9][0-9]*$', minLength: 1 };
const policy: Schema = { type: 'string', enum: ['none', 'isolate'] };

const numbered = '([1-9][0-9]*)?$';
const named = '([a-zA-Z0-9_-]{1,64})?$';

const schemas = new Map<number, Schema>();

function schemaAt(minor: number): Schema {
  const known = schemas.get(minor);
  if (known !== undefined) return known;
  const made = minor < 25 ? plainSchema(minor) : groupedSchema(minor);
  schemas.set(minor, made);
  return made;
}

const plainSchema = (minor: number): Schema => ({
  additionalProperties: false,
  required: ['resources'],
  properties: {
    resources: text,
    ...(minor >= 16 ? { limit } : {}),
    ...(minor >= 17 ? { required: text } : {}),
    ...(minor >= 21 ? { member_of: text } : {}),
  },
});

function groupedSchema(minor: number): Schema {
  const suffix = minor < 33 ? numbered : named;
  const grouped = ['resources', 'required', 'member_of', ...(minor >= 31 ? ['in_tree'] : [])];
  return {
    additionalProperties: false,
    properties: {
      limit,
      group_policy: policy,
      ...(minor >= 35 ? { root_required: text } : {}),
      ...(minor >= 36 ? { same_subtree: text } : {}),
    },
    patternProperties: Object.fromEntries(grouped.map((name) => [`^${name}${suffix}`, text])),
  };
}

/** The same schema for quick looks: each name that stands alone, and all that may have a suffix. */
interface Quick {
  readonly alone: ReadonlyMap<string, (value: string) => boolean>;
  readonly grouped: RegExp | null;
}
const quicks = new Map<number, Quick>();

function quickAt(minor: number): Quick {
  const known = quicks.get(minor);
  if (known !== undefined) return known;
  const { properties = {}, patternProperties = {} } = schemaAt(minor);
  const patterns = Object.keys(patternProperties);
  const made = {
    alone: new Map(
      Object.entries(properties).map(([name, rule]) => [name, (v: string) => keepsTo(rule, v)]),
    ),
    grouped: patterns.length === 0 ? null : new RegExp(patterns.join('|')),
  };
  quicks.set(minor, made);
  return made;
}

export function wrongCandidateQuery(query: Query, minor: number): Fault | null {
  const { alone, grouped } = quickAt(minor);
  let right = grouped !== null || query.has('resources');
  for (const [name, values] of query) {
    const fits = alone.get(name);
    right &&= fits === undefined ? grouped?.test(name) === true : fits(values.at(-1) ?? '');
  }
  if (right) return null;
  const value = Object.fromEntries([...query].map(([name, values]) => [name, values.at(-1)]));
  return badQuery(complaintOf(schemaAt(minor), value));
}

// ── groups ───────────────────────────────────────────────────────────────────────────────────

/** A group as it was written, before its names are looked up. */
interface Written {
  readonly suffix: string;
  resources: Group['resources'];
  traits: TraitNames;
  aggregates: Membership;
  tree: string | null;
}

const nothing = { any_of: [], forbidden: [] };
const GROUPED = /^(resources|required|member_of|in_tree)(.*)$/;

/** Null: what is asked for is in a tree that does not exist, so there is nothing to be found. */
export function readCandidateQuery(
  books: Books,
  query: Query,
  minor: number,
): Decision<CandidateAsk | null, Fault> {
  const written = readGroups(books, query, minor);
  if (written.is === 'no') return written;
  const wrong = wrongGroups(query, written.value, minor);
  if (wrong !== null) return no(wrong);
  const root = readRoot(books, query, minor);
  if (root.is === 'no') return root;
  const subtrees = readSubtrees(query, written.value);
  if (subtrees.is === 'no') return subtrees;
  const groups: Group[] = [];
  let lost = false;
  for (const one of written.value) {
    const group = groupOf(books, one);
    if (group.is === 'no') return group;
    if (group.value === null) lost = true;
    else groups.push(group.value);
  }
  if (lost) return done(null);
  return done({
    groups,
    isolate: lastOf(query, 'group_policy') === 'isolate',
    same_subtrees: subtrees.value,
    root_traits: root.value.required,
    root_forbidden_traits: root.value.forbidden,
    nested: minor >= 29,
    limit: Number(lastOf(query, 'limit') ?? 0),
  });
}

function readGroups(books: Books, query: Query, minor: number): Decision<Written[], Fault> {
  const groups = new Map<string, Written>();
  for (const [name, values] of query) {
    const [, kind, suffix] = GROUPED.exec(name) ?? [];
    if (kind === undefined || suffix === undefined) continue;
    let group = groups.get(suffix);
    if (group === undefined) {
      group = { suffix, resources: new Map(), traits: nothing, aggregates: nothing, tree: null };
      groups.set(suffix, group);
    }
    const wrong = readPart(books, group, kind, values, minor);
    if (wrong !== null) return no(wrong);
  }
  return done([...groups.values()]);
}

function readPart(
  books: Books,
  group: Written,
  kind: string,
  values: readonly string[],
  minor: number,
): Fault | null {
  const last = values.at(-1) ?? '';
  if (kind === 'in_tree') {
    group.tree = last;
    const expected = "Expected 'in_tree' parameter to be a format of uuid";
    return isUuidLike(last) ? null : badQuery(`${expected}. Got: ${last}`);
  }
  if (kind === 'resources') {
    const read = readResources(books, last);
    if (read.is === 'no') return read.why;
    group.resources = read.value;
    return null;
  }
  const read = kind === 'required' ? readTraitNames(values, minor) : readMemberOf(values, minor);
  if (read.is === 'no') return read.why;
  group[kind === 'required' ? 'traits' : 'aggregates'] = read.value;
  return null;
}

// ── what goes together ───────────────────────────────────────────────────────────────────────

function wrongGroups(query: Query, groups: readonly Written[], minor: number): Fault | null {
  const orphan = minor < RESOURCELESS_SINCE ? orphaned(query, groups) : nobodyAsks(query, groups);
  if (orphan !== null) return orphan;
  const subtrees = readSubtrees(query, groups);
  if (subtrees.is === 'no') return subtrees.why;
  const suffixed = groups.filter(({ suffix }) => suffix !== '').length;
  if (suffixed > 1 && !query.has('group_policy')) {
    return fault(
      400,
      'The "group_policy" parameter is required when specifying more than one "resources{N}" ' +
        'parameter.',
    );
  }
  return contradiction(groups);
}

/** Before 1.36 every group asks for resources. */
function orphaned(query: Query, groups: readonly Written[]): Fault | null {
  const orphans = groups.filter(({ resources }) => resources.size === 0);
  for (const [kind, gap] of [
    ['required', '  '],
    ['member_of', ' '],
  ] as const) {
    const keys = orphans.map(({ suffix }) => `${kind}${suffix}`).filter((key) => query.has(key));
    const called = kind === 'required' ? 'traits' : kind;
    if (keys.length === 0) continue;
    return fault(
      400,
      `All ${called} parameters must be associated with resources.${gap}` +
        `Found the following orphaned ${called} keys: ${keys.toSorted().join(', ')}`,
    );
  }
  if (orphans.length > 0) return fault(400, 'All request groups must specify resources.');
  return groups.length > 0 ? null : noResources;
}

const noResources = fault(
  400,
  'There must be at least one resources or resources[$S] parameter.',
  'placement.query.missing_value',
);

/** From 1.36 on a group may do without, when `same_subtree` ties it to one that does not. */
function nobodyAsks(query: Query, groups: readonly Written[]): Fault | null {
  const asking = groups.filter(({ resources }) => resources.size > 0).length;
  if (asking === 0) return noResources;
  if (asking === groups.length) return null;
  const tied = new Set((query.get('same_subtree') ?? []).flatMap((set) => set.split(',')));
  const loose = groups
    .filter(({ suffix, resources }) => resources.size === 0 && !tied.has(suffix))
    .map(({ suffix }) => suffix)
    .toSorted();
  if (loose.length === 0) return null;
  return fault(
    400,
    'Resourceless suffixed group request should be specified in `same_subtree` query param: ' +
      `bad group(s) - ${repr(loose)}.`,
    'placement.query.bad_value',
  );
}

/** A trait that a group needs and forbids; a set is met by any of its traits. */
function contradiction(groups: readonly Written[]): Fault | null {
  const found: string[] = [];
  for (const { suffix, traits } of groups) {
    if (traits.forbidden.length === 0) continue;
    const both = traits.any_of
      .filter((set) => set.every((name) => traits.forbidden.includes(name)))
      .flat();
    if (both.length > 0) found.push(`required${suffix}: (${[...new Set(both)].join(', ')})`);
  }
  if (found.length === 0) return null;
  return fault(
    400,
    'Conflicting required and forbidden traits found in the following traits keys: ' +
      found.toSorted().join(', '),
  );
}

// ── the whole request ────────────────────────────────────────────────────────────────────────

interface RootTraits {
  readonly required: readonly number[];
  readonly forbidden: readonly number[];
}

const anyRoot: Decision<RootTraits, Fault> = done({ required: [], forbidden: [] });

function readRoot(books: Books, query: Query, minor: number): Decision<RootTraits, Fault> {
  const values = query.get('root_required');
  if (values === undefined) return anyRoot;
  if (values.length > 1) {
    const detail = "Query parameter 'root_required' may be specified only once.";
    return no(fault(400, detail, 'placement.query.duplicate_key'));
  }
  // `in:` is for groups; here it is refused as a version that does not know it would.
  const inForm = values[0]?.startsWith('in:') === true;
  const read = readTraitNames(values, inForm ? 38 : minor);
  if (read.is === 'no') return read;
  const names = read.value.any_of.flat();
  const both = names.filter((name) => read.value.forbidden.includes(name));
  if (both.length > 0) {
    const detail = `Conflicting required and forbidden traits found in root_required: ${both.join(', ')}`;
    return no(fault(400, detail, 'placement.query.bad_value'));
  }
  const required = traitIds(books, names);
  const forbidden = traitIds(books, read.value.forbidden);
  if (required.is === 'no') return no(unknownTraits(required.why));
  if (forbidden.is === 'no') return no(unknownTraits(forbidden.why));
  return done({ required: required.value, forbidden: forbidden.value });
}

const untied: Decision<readonly (readonly string[])[], Fault> = done([]);

function readSubtrees(
  query: Query,
  groups: readonly Written[],
): Decision<readonly (readonly string[])[], Fault> {
  const given = query.get('same_subtree');
  if (given === undefined) return untied;
  const sets = given.map((set) => [...new Set(set.split(','))]);
  const real = new Set(groups.map(({ suffix }) => suffix));
  for (const set of sets) {
    if (set.includes('')) {
      const detail = 'Empty string (unsuffixed group) can not be specified in `same_subtree`';
      return no(fault(400, detail, 'placement.query.bad_value'));
    }
    const unreal = set.filter((suffix) => !real.has(suffix)).toSorted();
    if (unreal.length === 0) continue;
    const there = repr([...real].toSorted());
    const detail = `Real suffixes should be specified in \`same_subtree\`: ${repr(unreal)} not found in ${there}.`;
    return no(fault(400, detail, 'placement.query.bad_value'));
  }
  return done(sets);
}

/** Null for a group that must come from a tree that does not exist. */
function groupOf(books: Books, written: Written): Decision<Group | null, Fault> {
  const { suffix, resources, traits, aggregates, tree } = written;
  const known = traitIds(books, [...traits.any_of.flat(), ...traits.forbidden]);
  if (known.is === 'no') return no(unknownTraits(known.why));
  const idOf = (name: string) => books.traitByName.get(name)?.id ?? -1;
  const in_tree = tree === null ? null : books.provider(tree)?.root_id;
  if (in_tree === undefined) return done(null);
  return done({
    suffix,
    resources,
    any_traits: traits.any_of.map((set) => set.map(idOf)),
    forbidden_traits: traits.forbidden.map(idOf),
    any_aggregates: aggregates.any_of,
    forbidden_aggregates: aggregates.forbidden,
    in_tree,
  });
}

const unknownTraits = (names: readonly string[]): Fault =>
  fault(400, `No such trait(s): ${names.join(', ')}.`);
