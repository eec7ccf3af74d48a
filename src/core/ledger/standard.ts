/**
 * Standard resource classes and traits, in every ledger from its first opening on; custom ones are
 * made by callers.
 *
 *   0 … 9999   standard, the id is the place in the list (standard-names.ts)
 *   10000 …    custom: `CUSTOM_` and capitals, digits, underscores
 */
import { done } from '../ports/reply.ts';
import type { Draft } from './draft.ts';
import type { Ledger } from './ledger.ts';
import * as rows from './rows.ts';
import { STANDARD_CLASSES, STANDARD_TRAITS } from './standard-names.ts';

export { STANDARD_CLASSES, STANDARD_TRAITS };

/** The first id of names that callers make. */
export const CUSTOM_ID_MIN = 10_000;

/** The id of a standard class, e.g. `classId('VCPU')` = 0; −1 for any other name. */
export const classId = (name: string): number => STANDARD_CLASSES.indexOf(name);
export const VCPU = classId('VCPU');
export const MEMORY_MB = classId('MEMORY_MB');
export const DISK_GB = classId('DISK_GB');

/** The id of a standard trait; −1 for any other name. */
export const traitId = (name: string): number => STANDARD_TRAITS.indexOf(name);
/** Its holder shares what it has with every tree that is in one of its aggregates. */
export const SHARING = traitId('MISC_SHARES_VIA_AGGREGATE');

export const isCustom = (named: { readonly id: number }): boolean => named.id >= CUSTOM_ID_MIN;

/** Writes the standard names that are missing: all of them at first, new ones after an upgrade. */
export function seedStandards(draft: Draft): void {
  const { books, now_ms: updated_at_ms } = draft;
  STANDARD_CLASSES.forEach((name, id) => {
    if (!books.classes.has(id)) draft.put(rows.resourceClasses, { id, name, updated_at_ms });
  });
  STANDARD_TRAITS.forEach((name, id) => {
    if (!books.traits.has(id)) draft.put(rows.traits, { id, name, updated_at_ms });
  });
}

/** Seeds a ledger that was just opened; done before anybody asks it anything. */
export const seedLedger = (ledger: Ledger) =>
  ledger.submit((draft) => {
    seedStandards(draft);
    return done(undefined);
  });

/** The id for the next custom class or trait. */
export const nextCustomId = (ids: Iterable<number>): number => {
  let max = CUSTOM_ID_MIN - 1;
  for (const id of ids) if (id > max) max = id;
  return max + 1;
};
