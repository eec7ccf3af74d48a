/**
 * What claims ought to come to, told the plain way: for tests alone, beside the real thing.
 *
 * It keeps lists of holds and no sums, copies itself before each request, and compares capacities
 * as fractions of big integers. It shares no arithmetic and no code with what it judges.
 */
import type { Claim } from './claim.ts';
import type { CellRow, InventoryRow, SlotGroupRow } from './rows.ts';

interface Holder {
  readonly generation: number;
  readonly amounts: Claim['amounts'];
  readonly cells: NonNullable<Claim['cells']>;
  readonly slots: NonNullable<Claim['slots']>;
}

export interface Model {
  readonly inventories: ReadonlyMap<string, InventoryRow>;
  readonly cells: ReadonlyMap<string, CellRow>;
  readonly groups: ReadonlyMap<string, SlotGroupRow>;
  readonly holders: ReadonlyMap<string, Holder>;
}

export const spotOf = (a: { provider_id: number; resource_class_id: number }): string =>
  `${a.provider_id}/${a.resource_class_id}`;
export const cellOf = (c: { provider_id: number; cell: number }): string =>
  `${c.provider_id}/${c.cell}`;

/** Why claims are refused: any of these is a true answer. */
export type Reasons = readonly string[];

/** The model after the claims, or why not. */
export function modelClaim(model: Model, claims: readonly Claim[]): Model | Reasons {
  const stale = claims.some(({ consumer_uuid, seen_generation }) => {
    const now = model.holders.get(consumer_uuid)?.generation ?? null;
    return seen_generation !== undefined && seen_generation !== now;
  });
  if (stale) return ['consumer-generation'];

  const holders = new Map(model.holders);
  for (const claim of claims) {
    const odd = claim.amounts.map((a) => misfit(model, a)).find((why) => why !== null);
    if (odd !== undefined) return [odd];
    if (claim.amounts.length === 0) holders.delete(claim.consumer_uuid);
    else holders.set(claim.consumer_uuid, heldAfter(model, claim));
  }
  const after = { ...model, holders };
  const reasons = claims.flatMap((claim) => reasonsAgainst(model, after, claim));
  return reasons.length > 0 ? reasons : after;
}

function reasonsAgainst(before: Model, after: Model, claim: Claim): string[] {
  const broken = (claim.slots ?? []).some((slot) => !ruleKept(after, slot.group_uuid));
  return [
    ...(tooMuch(before, after, claim) ? ['full'] : []),
    ...(tooMuchOfCell(before, after, claim) ? ['cell-full'] : []),
    ...(broken ? ['group'] : []),
  ];
}

function heldAfter(model: Model, claim: Claim): Holder {
  const before = model.holders.get(claim.consumer_uuid);
  return {
    generation: (before?.generation ?? 0) + 1,
    amounts: claim.amounts.toSorted(
      (a, b) => a.provider_id - b.provider_id || a.resource_class_id - b.resource_class_id,
    ),
    cells: claim.cells ?? before?.cells ?? [],
    slots: claim.slots ?? before?.slots ?? [],
  };
}

function misfit(model: Model, a: Claim['amounts'][number]): string | null {
  const inventory = model.inventories.get(spotOf(a));
  if (inventory === undefined) return 'no-inventory';
  const { min_unit, max_unit, step_size } = inventory;
  const sized = a.amount >= min_unit && a.amount <= max_unit && a.amount % step_size === 0;
  return sized ? null : 'units';
}

/** Only a claim that raises the use may be too much. */
function tooMuch(before: Model, after: Model, claim: Claim): boolean {
  return claim.amounts.some((asked) => {
    const load = loadOf(after, spotOf(asked));
    return load > loadOf(before, spotOf(asked)) && !fits(after, spotOf(asked), load);
  });
}

export function usedOf(model: Model, spot: string): number {
  const amounts = [...model.holders.values()].flatMap((holder) => holder.amounts);
  return sum(amounts.filter((a) => spotOf(a) === spot).map((a) => a.amount));
}

/** With what each holder takes besides. */
function loadOf(model: Model, spot: string): number {
  const { overhead } = model.inventories.get(spot) as InventoryRow;
  const holders = [...model.holders.values()].filter(({ amounts }) =>
    amounts.some((a) => spotOf(a) === spot),
  );
  return usedOf(model, spot) + holders.length * overhead;
}

/** used ≤ (total − reserved) × ratio as fractions; the ratio has at most three places. */
function fits(model: Model, spot: string, used: number): boolean {
  const { total, reserved, allocation_ratio } = model.inventories.get(spot) as InventoryRow;
  const thousandths = BigInt(Math.round(allocation_ratio * 1000));
  return BigInt(used) * 1000n <= BigInt(total - reserved) * thousandths;
}

function tooMuchOfCell(before: Model, after: Model, claim: Claim): boolean {
  return (claim.cells ?? []).some((hold) =>
    (['vcpus', 'memory_mib'] as const).some((what) => {
      const used = usedOfCell(after, cellOf(hold), what);
      const limit = (after.cells.get(cellOf(hold)) as CellRow)[what];
      return used > limit && used > usedOfCell(before, cellOf(hold), what);
    }),
  );
}

export function usedOfCell(model: Model, cell: string, what: 'vcpus' | 'memory_mib'): number {
  const holds = [...model.holders.values()].flatMap((holder) => holder.cells);
  return sum(holds.filter((hold) => cellOf(hold) === cell).map((hold) => hold[what]));
}

/** Every pair of two members of the group: may they be where they are? */
function ruleKept(model: Model, uuid: string): boolean {
  const { policy, max_per_host } = model.groups.get(uuid) as SlotGroupRow;
  const slots = [...model.holders.values()].flatMap((h) =>
    h.slots.filter((s) => s.group_uuid === uuid),
  );
  const pairs = slots.flatMap((a) =>
    slots.filter((b) => a.member !== b.member).map((b) => [a, b] as const),
  );
  switch (policy) {
    case 'anti-affinity': {
      const crowd = (p: number) =>
        new Set(slots.filter((s) => s.provider_id === p).map((s) => s.member));
      return slots.every((s) => crowd(s.provider_id).size <= max_per_host);
    }
    case 'affinity':
      return pairs.every(([a, b]) => a.provider_id === b.provider_id);
    case 'fault-domain':
      return pairs.every(([a, b]) => a.provider_id !== b.provider_id || a.domain === b.domain);
    case 'soft-affinity':
    case 'soft-anti-affinity':
      return true;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
