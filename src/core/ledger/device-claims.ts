/**
 * The devices of claims: taken with everything else of a claim, or nothing of it is.
 *
 *   let go ─► take those named (or those held before) ─► fill up from the pools ─► settle
 *
 *   DV4  of each pool a consumer holds exactly as many devices as it has allocated there, by
 *        whatever way it came to its allocation: so an amount and its devices never part;
 *   DV5  what is let go and was used once waits to be cleaned; what is gone is taken away; news
 *        that waited counts from then on. What a move hands over is not let go.
 */
import { assert } from '../base/units.ts';
import type { Consumer } from './books.ts';
import type { Amount, Claim } from './claim.ts';
import { type DeviceHoldRow, type DeviceRow, deviceHolds } from './device-rows.ts';
import { recountPool, restDevice } from './device-state.ts';
import type { Draft } from './draft.ts';

/** Choose another device: `holder` has this one, or its kin; null: it is not for guests to hold. */
export interface DeviceRefusal {
  readonly why: 'device';
  readonly provider_id: number;
  /** Null: any of the pool. */
  readonly device: string | null;
  readonly holder: string | null;
}

export function letGoDevices(draft: Draft, consumer: Consumer, before: DeviceHoldRow[]): void {
  for (const hold of [...consumer.devices]) {
    before.push(hold);
    draft.remove(deviceHolds, hold);
  }
}

/** Those that the claim names; where it names none, what its consumer held and still pays for. */
export function takeDevices(
  draft: Draft,
  claim: Claim,
  before: readonly DeviceHoldRow[],
): DeviceRefusal | null {
  for (const hold of claim.devices ?? stillCovered(draft, claim, before)) {
    const refusal = takeDevice(draft, { ...hold, consumer_uuid: claim.consumer_uuid }, before);
    if (refusal !== null) return refusal;
  }
  return null;
}

function takeDevice(
  draft: Draft,
  hold: DeviceHoldRow,
  before: readonly DeviceHoldRow[],
): DeviceRefusal | null {
  const { provider_id, device } = hold;
  const row = draft.books.devices.get(provider_id, device);
  const other = row === undefined ? undefined : draft.books.devices.inTheWay(row);
  const offered = row?.state === 'offered' || before.some((one) => isSame(one, hold));
  if (row === undefined || other !== undefined || !offered) {
    return { why: 'device', provider_id, device, holder: other?.consumer_uuid ?? null };
  }
  draft.put(deviceHolds, hold);
  return null;
}

const isSame = (a: DeviceHoldRow, b: DeviceHoldRow): boolean =>
  a.provider_id === b.provider_id && a.device === b.device;

function stillCovered(
  { books }: Draft,
  { consumer_uuid, amounts }: Claim,
  before: readonly DeviceHoldRow[],
): readonly DeviceHoldRow[] {
  const own = before.filter((hold) => hold.consumer_uuid === consumer_uuid);
  if (own.length === 0) return own;
  const left = new Map(amounts.map((one) => [spot(one), one.amount]));
  return own.filter((hold) => {
    const { pool_id, resource_class_id } = books.devices.heldDevice(hold);
    if (pool_id === null) return true;
    const at = spot({ provider_id: pool_id, resource_class_id });
    const paid = left.get(at) ?? 0;
    left.set(at, paid - 1);
    return paid > 0;
  });
}

const spot = (a: { provider_id: number; resource_class_id: number }): string =>
  `${a.provider_id}/${a.resource_class_id}`;

/**
 * Once all that the claims name is taken, and before anybody looks at limits, since the inventories
 * of pools follow their devices. Adds the pools that changed to `changed`.
 */
export function completeDevices(
  draft: Draft,
  claims: readonly Claim[],
  before: readonly DeviceHoldRow[],
  changed: Set<number>,
): DeviceRefusal | null {
  for (const claim of claims) {
    const refusal = fillDevices(draft, claim);
    if (refusal !== null) return refusal;
  }
  settleDevices(draft, claims, before, changed);
  return null;
}

/** DV4: what is allocated and not named is chosen here. */
function fillDevices(draft: Draft, claim: Claim): DeviceRefusal | null {
  for (const amount of claim.amounts) {
    if (!draft.books.devices.isPool(amount.provider_id)) continue;
    const refusal = fillPool(draft, claim.consumer_uuid, amount);
    if (refusal !== null) return refusal;
  }
  return null;
}

function fillPool(draft: Draft, consumer_uuid: string, asked: Amount): DeviceRefusal | null {
  const { books } = draft;
  const counts = (row: DeviceRow) => isCounted(row, asked);
  const pool = books.devices.inPool(asked.provider_id).filter(counts);
  if (pool.length === 0) return null; // an inventory that somebody else keeps there
  const held = books.consumers.get(consumer_uuid)?.devices ?? [];
  const has = held.filter((hold) => counts(books.devices.heldDevice(hold))).length;
  assert(has <= asked.amount, `${consumer_uuid} names more devices than it claims`);
  for (let missing = asked.amount - has; missing > 0; missing--) {
    const row = pool.find((one) => books.devices.isFree(one));
    const { provider_id } = pool[0] as DeviceRow;
    if (row === undefined) return { why: 'device', provider_id, device: null, holder: null };
    draft.put(deviceHolds, { provider_id, device: row.device, consumer_uuid, request: '' });
  }
  return null;
}

const isCounted = (row: DeviceRow, { provider_id, resource_class_id }: Amount): boolean =>
  row.pool_id === provider_id && row.resource_class_id === resource_class_id;

/** What becomes of the devices let go (DV5). */
function settleDevices(
  draft: Draft,
  claims: readonly Claim[],
  before: readonly DeviceHoldRow[],
  changed: Set<number>,
): void {
  const { books } = draft;
  const held = claims.flatMap(
    ({ consumer_uuid }) => books.consumers.get(consumer_uuid)?.devices ?? [],
  );
  const touched = new Set<number>();
  for (const hold of [...before, ...held]) {
    const row = books.devices.get(hold.provider_id, hold.device);
    for (const pool of [row?.pool_id, row?.parked?.pool_id]) if (pool != null) touched.add(pool);
    if (row !== undefined && books.devices.holder(row.provider_id, row.device) === undefined) {
      restDevice(draft, row);
    }
  }
  for (const pool of touched) if (recountPool(draft, pool)) changed.add(pool);
}
