/**
 * What a slot asks of one provider, taken apart: one constraint after the other, in a fixed order,
 * so that a search which found nothing can say where it stopped.
 *
 *   has the class ─► the amount's size ─► room ─► traits ─► forbidden ─► aggregates ─► tree
 *
 * A provider meets all constraints of a slot exactly if `slot.accepts` it (candidates-plan.ts);
 * candidates-explain.test.ts holds the two against each other.
 */
import { never, present } from '../base/units.ts';
import type { Books } from './books.ts';
import type { Group } from './candidates-ask.ts';
import type { Plan, Slot } from './candidates-plan.ts';
import type { InventoryRow } from './rows.ts';

export type Constraint =
  | { readonly is: 'inventory'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'units'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'room'; readonly class_id: number; readonly amount: number }
  | { readonly is: 'trait'; readonly any_of: readonly number[] }
  | { readonly is: 'forbidden-trait'; readonly trait_id: number }
  | { readonly is: 'aggregate'; readonly any_of: readonly string[] }
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
    ...any_aggregates.map((any_of) => ({ is: 'aggregate', any_of }) as const),
    ...forbidden_aggregates.map(
      (aggregate_uuid) => ({ is: 'forbidden-aggregate', aggregate_uuid }) as const,
    ),
    ...(in_tree === null ? [] : [{ is: 'tree', root_id: in_tree } as const]),
  ];
}

/** `spread`: the slot is of group '', where a tree is in whatever aggregate its root is in. */
export function meets(books: Books, asked: Constraint, provider: number, spread: boolean): boolean {
  const isIn = (aggregate: string): boolean =>
    inAggregate(books, aggregate, provider) ||
    (spread && inAggregate(books, aggregate, books.row(provider).root_id));
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
      return asked.any_of.some(isIn);
    case 'forbidden-aggregate':
      return !isIn(asked.aggregate_uuid);
    case 'tree':
      return books.row(provider).root_id === asked.root_id;
    default:
      return never(asked);
  }
}

const inAggregate = (books: Books, aggregate: string, provider: number): boolean =>
  books.providerAggregates[provider]?.has(aggregate) ?? false;

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
