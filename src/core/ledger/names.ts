/**
 * Custom resource classes and traits: names that callers bring along. Standard ones cannot be
 * changed or removed, and neither can what some provider has.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { Draft } from './draft.ts';
import type { ResourceClassRow, TraitRow } from './rows.ts';
import * as rows from './rows.ts';
import { isCustom, nextCustomId } from './standard.ts';

export type NameRefusal =
  | { readonly why: 'unknown' }
  | { readonly why: 'name-taken' }
  | { readonly why: 'standard' }
  | { readonly why: 'in-use' };

const unknown = no({ why: 'unknown' } as const);
const taken = no({ why: 'name-taken' } as const);
const standard = no({ why: 'standard' } as const);
const inUse = no({ why: 'in-use' } as const);

export function createClass(draft: Draft, name: string): Decision<ResourceClassRow, NameRefusal> {
  const { classes, classByName } = draft.books;
  if (classByName.has(name)) return taken;
  const row = { id: nextCustomId(classes.keys()), name, updated_at_ms: draft.now_ms };
  draft.put(rows.resourceClasses, row);
  return done(row);
}

export function renameClass(
  draft: Draft,
  name: string,
  to: string,
): Decision<ResourceClassRow, NameRefusal> {
  const { classByName } = draft.books;
  const row = classByName.get(name);
  if (row === undefined) return unknown;
  if (!isCustom(row)) return standard;
  if (name !== to && classByName.has(to)) return taken;
  const renamed = { ...row, name: to, updated_at_ms: draft.now_ms };
  draft.put(rows.resourceClasses, renamed);
  return done(renamed);
}

export function removeClass(draft: Draft, name: string): Decision<void, NameRefusal> {
  const { books } = draft;
  const row = books.classByName.get(name);
  if (row === undefined) return unknown;
  if (!isCustom(row)) return standard;
  if (books.column(row.id).held.size > 0) return inUse;
  draft.remove(rows.resourceClasses, row);
  return done(undefined);
}

export function createTrait(draft: Draft, name: string): Decision<TraitRow, NameRefusal> {
  const { traits, traitByName } = draft.books;
  if (traitByName.has(name)) return taken;
  const row = { id: nextCustomId(traits.keys()), name, updated_at_ms: draft.now_ms };
  draft.put(rows.traits, row);
  return done(row);
}

export function removeTrait(draft: Draft, name: string): Decision<void, NameRefusal> {
  const { books } = draft;
  const row = books.traitByName.get(name);
  if (row === undefined) return unknown;
  if (!isCustom(row)) return standard;
  if ((books.traitBits.get(row.id)?.size ?? 0) > 0) return inUse;
  draft.remove(rows.traits, row);
  return done(undefined);
}
