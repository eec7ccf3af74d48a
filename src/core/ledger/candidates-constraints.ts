/**
 * What a slot asks of one provider, taken apart: one constraint after the other, in a fixed order,
 * so that a search which found nothing can say where it stopped.
 *
 *   has the class ─► the amount's size ─► room ─► traits ─► forbidden ─► aggregates ─► tree
 *
 * A provider meets all constraints of a slot below a root exactly if `slot.accepts` it there
 * (candidates-plan.ts); candidates-explain.test.ts holds the two against each other.
 */
import { never, present } from '../base/units.ts';
import type { Books } from './books.ts';
import type { Group } from './candidates-ask.ts';
import type { Plan, Slot } from './candidates-plan.ts';
import type { InventoryRow } from './rows.ts';
import { SHARING } from './standard.ts';

export type Constraint =
  | { readonly is: 'inventory'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'units'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'room'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'trait'; readonly any_of: readonly number[] }
  | { readonly is: 'forbidden-trait'; readonly trait_id: number }
  /** All sets by the provider itself or all by its root, never some by either. */
  | { readonly is: 'aggregate'; readonly all_of: readonly (readonly string[])[] }
  | { readonly is: 'forbidden-aggregate'; readonly aggregate_uuid: string }
  | { readonly is: 'tree'; readonly root_id: number };

/** The traits of group '' are missing here: its providers need them together. */
export function constraintsOf(plan: Plan, slot: Slot): readonly Constraint[] {
  const group = present(plan.ask.groups[slot.group], 'a slot without a group');
  const amounts = slot.parts.map(({ class_id, amount }) => ({ class_id, amount }));
  const kinds = ['inventory', 'units', 'room'] as const;
  return [
    ...kinds.flatMap((is) => amounts.map((part) => ({ is, ...part }))),
    ...(slot.suffixed ? group.any_traits : []).map((any_of) => ({ is: 'trait', any_of }) as const),
    ...aboutWhere(group),
  ];
}

function aboutWhere(group: Group): Constraint[] {
  const { forbidden_traits, any_aggregates, forbidden_aggregates, in_tree } = group;
  return [
    ...forbidden_traits.map((trait_id) => ({ is: 'forbidden-trait', trait_id }) as const),
    ...(any_aggregates.length === 0 ? [] : [{ is: 'aggregate', all_of: any_aggregates } as const]),
    ...forbidden_aggregates.map(
      (aggregate_uuid) => ({ is: 'forbidden-aggregate', aggregate_uuid }) as const,
    ),
    ...(in_tree === null ? [] : [{ is: 'tree', root_id: in_tree } as const]),
  ];
}

/**
 * `anchor`: the root below which it is looked at, by a slot of group ''; null: no matter where. A
 * tree is in whatever aggregate its root is in; a root in a forbidden one keeps everybody away.
 */
export function meets(
  books: Books,
  asked: Constraint,
  provider: number,
  anchor: number | null,
): boolean {
  switch (asked.is) {
    case 'inventory':
      return books.column(asked.class_id).held.has(provider);
    case 'units':
      return books.column(asked.class_id).sized(provider, asked.amount);
    case 'room':
      return free(books, asked.class_id, provider) >= asked.amount;
    case 'trait':
      return asked.any_of.some((trait) => books.hasTrait(provider, trait));
    case 'forbidden-trait':
      return !books.hasTrait(provider, asked.trait_id);
    case 'aggregate':
      return (
        isInAll(books, asked.all_of, provider) ||
        (anchor === books.row(provider).root_id && isInAll(books, asked.all_of, anchor))
      );
    case 'forbidden-aggregate':
      return (
        !isIn(books, asked.aggregate_uuid, provider) &&
        (anchor === null || !isIn(books, asked.aggregate_uuid, anchor))
      );
    case 'tree':
      return books.row(provider).root_id === asked.root_id;
    default:
      return never(asked);
  }
}

const isIn = (books: Books, aggregate: string, provider: number): boolean =>
  books.providerAggregates[provider]?.has(aggregate) ?? false;

const isInAll = (books: Books, sets: readonly (readonly string[])[], provider: number): boolean =>
  sets.every((set) => set.some((aggregate) => isIn(books, aggregate, provider)));

/**
 * The roots that bound what can be said of a provider before a tree is looked at: if it does below
 * none of them, it does nowhere. One that shares may be looked at from other trees, too.
 */
export function anchorsFor(books: Books, slot: Slot, provider: number): readonly (number | null)[] {
  if (slot.suffixed) return [null];
  const { root_id } = books.row(provider);
  return books.hasTrait(provider, SHARING) ? [root_id, null] : [root_id];
}

/** What may still be claimed; below zero where more is held than there is. */
export function free(books: Books, class_id: number, provider: number): number {
  const { limit, used } = books.column(class_id);
  return (limit[provider] ?? -1) - (used[provider] ?? 0);
}

/** What is needed of a provider that does not meet the constraint, and what it has. */
export interface Shortfall {
  readonly needed: number;
  readonly available: number;
  /** Where it is not the constraint that names the class. */
  readonly class_id?: number;
}

/** Null for what is no matter of numbers. */
export function shortfallOf(books: Books, asked: Constraint, provider: number): Shortfall | null {
  switch (asked.is) {
    case 'inventory':
      return { needed: asked.amount, available: 0 };
    case 'room': {
      const available = Math.max(0, free(books, asked.class_id, provider));
      return { needed: asked.amount, available };
    }
    case 'units': {
      const row = present(books.inventory(provider, asked.class_id), 'units of no inventory');
      return { needed: asked.amount, available: nearestSize(row, asked.amount) };
    }
    case 'trait':
    case 'forbidden-trait':
    case 'aggregate':
    case 'forbidden-aggregate':
    case 'tree':
      return null;
    default:
      return never(asked);
  }
}

/** The largest size up to `amount` that one claim may have; the smallest, where all are larger. */
function nearestSize({ min_unit, max_unit, step_size }: InventoryRow, amount: number): number {
  if (amount < min_unit) return min_unit;
  const most = Math.min(amount, max_unit);
  return most - (most % step_size);
}
