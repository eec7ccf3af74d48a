/**
 * A report of a whole tree of providers at once: who there is, below whom, and what each has.
 *
 *   create and re-parent, parents first ─► inventories, traits, aggregates ─► remove the others
 *
 *   T1  all of it or nothing: a refusal is taken back by the ledger (L2);
 *   T2  what is as reported already is left alone: the same report again changes nothing, and its
 *       generations are not compared, so that a report whose answer was lost may be sent again;
 *   T3  a provider that has changed since its author looked is not written over;
 *   T4  after it, every provider reported is below (or is) the root.
 */
import { present } from '../base/units.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Books } from './books.ts';
import type { Draft } from './draft.ts';
import {
  type Inventory,
  type ReportRefusal,
  setAggregates,
  setInventories,
  setTraits,
} from './inventory.ts';
import {
  below,
  changeProvider,
  createProvider,
  type DeleteRefusal,
  deleteProvider,
  type ProviderRefusal,
} from './provider.ts';
import type { ProviderRow } from './rows.ts';

/** What is left out stays as it is. */
export interface ReportedProvider {
  readonly uuid: string;
  readonly name: string;
  readonly parent_uuid: string | null;
  /** What its author saw; null: it was not there. */
  readonly seen_generation?: number | null;
  readonly inventories?: readonly Inventory[];
  readonly trait_ids?: readonly number[];
  readonly aggregate_uuids?: readonly string[];
}

export interface TreeReport {
  readonly root_uuid: string;
  readonly providers: readonly ReportedProvider[];
  /** Takes away the providers of the tree that are not named. */
  readonly remove_others: boolean;
}

export type TreeRefusal =
  | ProviderRefusal
  | ReportRefusal
  | DeleteRefusal
  /** One uuid is reported twice. */
  | { readonly why: 'named-twice'; readonly uuid: string }
  /** The root is not among the reported, or has a parent. */
  | { readonly why: 'no-root' }
  /** Its parent is not of this tree, or it is above itself. */
  | { readonly why: 'outside'; readonly uuid: string }
  /** The author saw it as it is not; `actual` null: there is no such provider. */
  | {
      readonly why: 'not-as-seen';
      readonly uuid: string;
      readonly actual: number | null;
      readonly given: number | null;
    };

export interface TreeReported {
  /** In the order of the report. */
  readonly providers: readonly { readonly row: ProviderRow; readonly changed: boolean }[];
  readonly removed: readonly string[];
}

export function reportTree(draft: Draft, report: TreeReport): Decision<TreeReported, TreeRefusal> {
  const ordered = parentsFirst(draft.books, report);
  if (ordered.is === 'no') return ordered;
  const changed = new Set<string>();
  for (const one of ordered.value) {
    const mark = draft.mark;
    const seen = draft.books.provider(one.uuid)?.generation ?? null;
    const put = putProvider(draft, one);
    if (put.is === 'no') return put;
    if (draft.mark === mark) continue; // T2
    changed.add(one.uuid);
    const { seen_generation: given } = one;
    if (given !== undefined && given !== seen) {
      return no({ why: 'not-as-seen', uuid: one.uuid, actual: seen, given }); // T3
    }
  }
  const removed = report.remove_others ? removeOthers(draft, report) : done([]);
  if (removed.is === 'no') return removed;
  const providers = report.providers.map(({ uuid }) => ({
    row: present(draft.books.provider(uuid), `${uuid} was reported`),
    changed: changed.has(uuid),
  }));
  return done({ providers, removed: removed.value });
}

/** The reported in an order in which each finds its parent there (T4). */
function parentsFirst(
  books: Books,
  { root_uuid, providers }: TreeReport,
): Decision<readonly ReportedProvider[], TreeRefusal> {
  const byUuid = new Map<string, ReportedProvider>();
  for (const one of providers) {
    if (byUuid.has(one.uuid)) return no({ why: 'named-twice', uuid: one.uuid });
    byUuid.set(one.uuid, one);
  }
  if (byUuid.get(root_uuid)?.parent_uuid !== null) return no({ why: 'no-root' });
  const settled = new Set(others(books, root_uuid, byUuid));
  const ordered: ReportedProvider[] = [];
  for (const one of providers) {
    const chain = chainTo(byUuid, one, settled);
    const top = chain.at(-1);
    const tied = top?.uuid === root_uuid || settled.has(top?.parent_uuid ?? '');
    if (chain.length > 0 && !tied) return no({ why: 'outside', uuid: one.uuid });
    for (const link of chain.reverse()) {
      settled.add(link.uuid);
      ordered.push(link);
    }
  }
  return done(ordered);
}

/** From one reported provider upwards, until somebody is settled, unknown or met again. */
function chainTo(
  byUuid: ReadonlyMap<string, ReportedProvider>,
  from: ReportedProvider,
  settled: ReadonlySet<string>,
): ReportedProvider[] {
  const chain = new Set<ReportedProvider>();
  let at: ReportedProvider | undefined = from;
  while (at !== undefined && !settled.has(at.uuid) && !chain.has(at)) {
    chain.add(at);
    at = at.parent_uuid === null ? undefined : byUuid.get(at.parent_uuid);
  }
  return [...chain];
}

/** The providers of the tree, as it is, that the report does not name. */
function others(books: Books, root_uuid: string, named: { has(uuid: string): boolean }): string[] {
  const root = books.provider(root_uuid);
  if (root === undefined) return [];
  return below(books, root.id)
    .map((id) => books.row(id).uuid)
    .filter((uuid) => !named.has(uuid));
}

function putProvider(draft: Draft, one: ReportedProvider): Decision<void, TreeRefusal> {
  const { uuid, name, parent_uuid } = one;
  const before = draft.books.provider(uuid);
  const made =
    before === undefined
      ? createProvider(draft, { uuid, name, parent_uuid })
      : changed(draft, before, one);
  return made.is === 'no' ? made : putPossessions(draft, made.value.id, one);
}

function changed(
  draft: Draft,
  row: ProviderRow,
  { name, parent_uuid }: ReportedProvider,
): Decision<ProviderRow, ProviderRefusal> {
  const parent = row.parent_id === null ? null : draft.books.row(row.parent_id).uuid;
  if (row.name === name && parent === parent_uuid) return done(row);
  return changeProvider(draft, row.id, { name, parent_uuid });
}

function putPossessions(
  draft: Draft,
  id: number,
  { inventories, trait_ids, aggregate_uuids }: ReportedProvider,
): Decision<void, ReportRefusal> {
  const { books } = draft;
  if (inventories !== undefined && !hasInventories(books, id, inventories)) {
    const set = setInventories(draft, id, inventories);
    if (set.is === 'no') return set;
  }
  if (trait_ids !== undefined) {
    const set = setTraits(draft, id, trait_ids);
    if (set.is === 'no') return set;
  }
  if (aggregate_uuids === undefined) return done(undefined);
  if (sameSet(books.providerAggregates[id], aggregate_uuids)) return done(undefined);
  return setAggregates(draft, id, aggregate_uuids);
}

function hasInventories(books: Books, id: number, wanted: readonly Inventory[]): boolean {
  const held = books.inventories[id];
  if ((held?.size ?? 0) !== wanted.length) return false;
  return wanted.every((one) => {
    const row = held?.get(one.resource_class_id);
    return (
      row !== undefined &&
      (Object.keys(one) as (keyof Inventory)[]).every((field) => row[field] === one[field])
    );
  });
}

const sameSet = (held: ReadonlySet<string> | undefined, wanted: readonly string[]): boolean =>
  (held?.size ?? 0) === new Set(wanted).size && wanted.every((one) => held?.has(one));

/** Children before their parents. */
function removeOthers(
  draft: Draft,
  { root_uuid, providers }: TreeReport,
): Decision<readonly string[], DeleteRefusal> {
  const { books } = draft;
  const named = new Set(providers.map(({ uuid }) => uuid));
  const removed: string[] = [];
  const root = present(books.provider(root_uuid), 'a tree was reported without its root');
  const doomed = below(books, root.id).filter((id) => !named.has(books.row(id).uuid));
  for (const id of doomed.reverse()) {
    const { uuid } = books.row(id);
    const gone = deleteProvider(draft, id);
    if (gone.is === 'no') return gone;
    removed.push(uuid);
  }
  return done(removed.toSorted());
}
