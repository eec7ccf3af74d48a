/**
 * Resource providers: trees of things that have something to give.
 *
 *   create ──► (generation 0) ──► rename, re-parent ──► delete
 *
 * Every function here decides on a draft and writes to it; a refusal leaves the rest to whoever
 * asked (the ledger takes a refused request back, L2).
 *
 *   P1  names are unique, and so are UUIDs;
 *   P2  `root_id` is the end of the chain of parents, for every provider of a moved subtree too;
 *   P3  a tree has no loop;
 *   P4  what has children, or allocations on it, is not deleted;
 *   P5  what a row of another room stands on (a host) is not deleted, and stays a root.
 */
import { present } from '../base/units.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Books } from './books.ts';
import { devices as deviceTable } from './device-rows.ts';
import type { Draft } from './draft.ts';
import type { ProviderRow } from './rows.ts';
import * as rows from './rows.ts';

/** Why a provider was not created or changed; data first, words at the rim. */
export type ProviderRefusal =
  | { readonly why: 'name-taken'; readonly name: string }
  | { readonly why: 'uuid-taken'; readonly uuid: string }
  | { readonly why: 'no-parent'; readonly parent_uuid: string }
  /** The parent named is the provider itself, or one below it. */
  | { readonly why: 'loop'; readonly parent_uuid: string }
  | StoodOn;

/** Why a provider was not deleted. */
export type DeleteRefusal =
  | { readonly why: 'has-children'; readonly provider_id: number }
  | { readonly why: 'has-allocations'; readonly provider_id: number }
  | StoodOn;

/** It is a host's own (P5). */
interface StoodOn {
  readonly why: 'stood-on';
  readonly provider_id: number;
}

/** The provider has changed since the caller looked: look again. */
export interface StaleGeneration {
  readonly why: 'provider-generation';
  readonly provider_id: number;
  readonly actual: number;
  readonly given: number;
}

export interface NewProvider {
  readonly uuid: string;
  readonly name: string;
  readonly parent_uuid: string | null;
}

export function createProvider(
  draft: Draft,
  { uuid, name, parent_uuid }: NewProvider,
): Decision<ProviderRow, ProviderRefusal> {
  const { books } = draft;
  const parent = parent_uuid === null ? null : books.provider(parent_uuid);
  if (parent === undefined) return no({ why: 'no-parent', parent_uuid: parent_uuid as string });
  if (books.provider(uuid) !== undefined) return no({ why: 'uuid-taken', uuid });
  if (books.providerNamed(name) !== undefined) return no({ why: 'name-taken', name });

  const id = books.provider_id_max + 1;
  const row: ProviderRow = {
    id,
    uuid,
    name,
    generation: 0,
    parent_id: parent?.id ?? null,
    root_id: parent?.root_id ?? id,
    created_at_ms: draft.now_ms,
    updated_at_ms: draft.now_ms,
  };
  draft.put(rows.providers, row);
  return done(row);
}

/** A new name, a new parent (null: a root from now on), or both; what is left out stays. */
export function changeProvider(
  draft: Draft,
  provider_id: number,
  to: { readonly name?: string; readonly parent_uuid?: string | null },
): Decision<ProviderRow, ProviderRefusal> {
  const { books } = draft;
  if (to.parent_uuid !== undefined) {
    const moved = reparent(draft, provider_id, to.parent_uuid);
    if (moved.is === 'no') return moved;
  }
  const before = books.row(provider_id);
  const { name = before.name } = to;
  const namesake = books.providerNamed(name);
  if (namesake !== undefined && namesake.id !== provider_id) return no({ why: 'name-taken', name });
  draft.put(rows.providers, { ...before, name, updated_at_ms: draft.now_ms });
  return done(books.row(provider_id));
}

function reparent(
  draft: Draft,
  provider_id: number,
  parent_uuid: string | null,
): Decision<void, ProviderRefusal> {
  const { books } = draft;
  const before = books.row(provider_id);
  const parent = parent_uuid === null ? null : books.provider(parent_uuid);
  if (parent === undefined) return no({ why: 'no-parent', parent_uuid: parent_uuid as string });
  if ((parent?.id ?? null) === before.parent_id) return done(undefined);
  if (draft.isStoodOn(provider_id)) return no({ why: 'stood-on', provider_id });
  const moved = [provider_id, ...below(books, provider_id)];
  if (parent !== null && moved.includes(parent.id)) {
    return no({ why: 'loop', parent_uuid: parent.uuid });
  }

  const root_id = parent?.root_id ?? provider_id;
  draft.put(rows.providers, { ...before, parent_id: parent?.id ?? null, root_id });
  for (const id of moved.slice(1)) draft.put(rows.providers, { ...books.row(id), root_id });
  return done(undefined);
}

/** Every provider below this one, parents before their children. */
export function below(books: Books, provider_id: number): number[] {
  const found: number[] = [];
  const open = [provider_id];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of books.children[id] ?? []) {
      found.push(child);
      open.push(child);
    }
  }
  return found;
}

/** Takes the provider away with its inventories, traits, aggregates and NUMA cells. */
export function deleteProvider(draft: Draft, provider_id: number): Decision<void, DeleteRefusal> {
  const { books } = draft;
  if (draft.isStoodOn(provider_id)) return no({ why: 'stood-on', provider_id });
  if ((books.children[provider_id]?.length ?? 0) > 0) {
    return no({ why: 'has-children', provider_id });
  }
  if ((books.holders[provider_id]?.size ?? 0) > 0) {
    return no({ why: 'has-allocations', provider_id });
  }
  for (const row of [...(books.inventories[provider_id]?.values() ?? [])]) {
    draft.remove(rows.inventories, row);
  }
  for (const trait_id of [...(books.providerTraits[provider_id] ?? [])]) {
    draft.remove(rows.providerTraits, { provider_id, trait_id });
  }
  for (const aggregate_uuid of [...(books.providerAggregates[provider_id] ?? [])]) {
    draft.remove(rows.providerAggregates, { provider_id, aggregate_uuid });
  }
  for (const { row } of [...(books.cells[provider_id] ?? [])]) draft.remove(rows.cells, row);
  for (const row of [...(books.pins.cores[provider_id] ?? [])]) draft.remove(rows.cellCpus, row);
  for (const { row } of [...books.pages.of(provider_id)]) draft.remove(rows.cellPages, row);
  const { devices } = books;
  for (const row of [...devices.on(provider_id), ...devices.inPool(provider_id)]) {
    draft.remove(deviceTable, row);
  }
  draft.remove(rows.providers, books.row(provider_id));
  return done(undefined);
}

/** Null when the provider is as the caller saw it, or when the caller does not say. */
export function staleGeneration(
  books: Books,
  provider_id: number,
  given: number | undefined,
): StaleGeneration | null {
  const { generation: actual } = present(books.providers[provider_id], `provider ${provider_id}`);
  if (given === undefined || given === actual) return null;
  return { why: 'provider-generation', provider_id, actual, given };
}
