/**
 * Reshaping: inventories of several providers and the holds on them change together (PL-41).
 *
 *   widen   old and new inventories side by side, the new ones winning, nothing removed
 *   claim   every consumer named holds what it is to hold from now on
 *   narrow  the new inventories alone; what is still held of an old one refuses the whole (I1)
 *
 * A generation rises once for each of the three that touches its provider.
 */
import { type Decision, done } from '../ports/reply.ts';
import { type Claim, type ClaimRefusal, claimAll } from './claim.ts';
import type { Draft } from './draft.ts';
import { type Inventory, type ReportRefusal, setInventories } from './inventory.ts';

export type ReshapeRefusal = ReportRefusal | ClaimRefusal;

export interface Report {
  readonly provider_id: number;
  readonly inventories: readonly Inventory[];
}

export function reshape(
  draft: Draft,
  reports: readonly Report[],
  claims: readonly Claim[],
): Decision<void, ReshapeRefusal> {
  for (const report of reports) {
    // Nothing new to make room for: what is there stays until the end.
    if (report.inventories.length === 0) continue;
    const widened = setInventories(draft, report.provider_id, withOld(draft, report));
    if (widened.is === 'no') return widened;
  }
  const held = claimAll(draft, claims);
  if (held.is === 'no') return held;
  for (const { provider_id, inventories } of reports) {
    const narrowed = setInventories(draft, provider_id, inventories);
    if (narrowed.is === 'no') return narrowed;
  }
  return done(undefined);
}

function withOld(draft: Draft, { provider_id, inventories }: Report): readonly Inventory[] {
  const named = new Set(inventories.map((inventory) => inventory.resource_class_id));
  const old = [...(draft.books.inventories[provider_id]?.values() ?? [])];
  return [...inventories, ...old.filter((row) => !named.has(row.resource_class_id))];
}
