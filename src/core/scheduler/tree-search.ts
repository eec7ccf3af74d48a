/**
 * Groups on one host: the ledger's own search for candidates, in this host's tree and in what is
 * shared with it.
 *
 *   VCPU:2 (any)   1: VGPU:1   2: VGPU:1     ─►   root, gpu-0, gpu-1   the first that works
 *
 * The amounts without a suffix are searched for together with the groups, because both may fall on
 * one inventory.
 */
import { AnchorSearch, type Picks } from '../ledger/candidates-anchor.ts';
import type { Group } from '../ledger/candidates-ask.ts';
import { type Plan, planOf } from '../ledger/candidates-plan.ts';
import type { Amount } from '../ledger/claim.ts';
import type { HostView } from './host-view.ts';
import type { NamedId, Shape, WantedGroup } from './plugin.ts';

/** The picks after which a host counts as one that cannot take it. */
const PICKS_MAX = 10_000;

/** What to claim where; null: nowhere on this host. */
export function amountsOn(shape: Shape, host: HostView): readonly Amount[] | null {
  const all = [{ ...shape, suffix: '', required: [], forbidden: [] }, ...shape.groups];
  if (all.some(namesUnknown)) return null;
  const plan = planOf(host.books, {
    groups: all.map(groupOf),
    isolate: shape.isolate,
    same_subtrees: [],
    root_traits: [],
    root_forbidden_traits: [],
    nested: true,
    limit: 1,
  });
  const picks = AnchorSearch.at(plan, host.provider_id)?.next({ left: PICKS_MAX }) ?? null;
  return picks === null ? null : summed(plan, picks);
}

/** Forbidding what nobody has heard of forbids nothing. */
const namesUnknown = ({ resources, required }: WantedGroup): boolean =>
  [...resources, ...required].some(({ id }) => id < 0);

const groupOf = ({ suffix, resources, required, forbidden }: WantedGroup): Group => ({
  suffix,
  resources: new Map(resources.map(({ id, amount }) => [id, amount])),
  any_traits: idsOf(required).map((id) => [id]),
  forbidden_traits: idsOf(forbidden),
  any_aggregates: [],
  forbidden_aggregates: [],
  in_tree: null,
});

const idsOf = (named: readonly NamedId[]): readonly number[] =>
  named.map(({ id }) => id).filter((id) => id >= 0);

/** One amount for each inventory that the picks fall on. */
function summed({ slots }: Plan, picks: Picks): readonly Amount[] {
  const amounts = new Map<string, Amount>();
  for (const [at, { parts }] of slots.entries()) {
    const provider_id = picks[at] as number;
    for (const { class_id: resource_class_id, amount } of parts) {
      const key = `${provider_id} ${resource_class_id}`;
      const before = amounts.get(key)?.amount ?? 0;
      amounts.set(key, { provider_id, resource_class_id, amount: before + amount });
    }
  }
  return [...amounts.values()];
}
