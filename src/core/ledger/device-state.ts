/**
 * What becomes of a device by reports, by being let go, and by being cleaned.
 *
 *              reported                 let go, not one-time-use
 *     (none) ───────────► offered ◄────────────────────────┐
 *        ▲ not reported ◄────┤ taken                       │
 *        │                   ▼                             │
 *        │                 held ──── reported otherwise ─► held, news parked ── let go ─► news
 *        │                   │ not reported
 *        │ let go            ▼
 *        └───────────────── gone ── reported ─► held
 *
 *     held, one-time-use ── let go ─► cleaning ── said clean ─► offered
 *     gone, one-time-use ── let go ─► gone-unclean ── said clean ─► (none)
 *
 * Held is no state of the row: it is that there is a hold. So what is held by whom is said once,
 * and a device is never between states: a batch has all of it, or nothing.
 */
import { type DeviceRow, devices, type PlacedDevice } from './device-rows.ts';
import type { Draft } from './draft.ts';
import * as rows from './rows.ts';

/** A device as its host reports it; what it was, if it was held, stays until it is let go (DV3). */
export function offerDevice(draft: Draft, provider_id: number, placed: PlacedDevice): void {
  const device = placed.facts.id;
  const before = draft.books.devices.get(provider_id, device);
  if (before === undefined) {
    draft.put(devices, { provider_id, device, ...placed, state: 'offered', uses: 0, parked: null });
    return;
  }
  const news = isSame(before, placed) ? null : placed;
  if (isHeld(draft, before)) {
    change(draft, before, { state: 'offered', parked: news });
  } else {
    const state = isUnclean(before) ? 'cleaning' : 'offered';
    change(draft, before, { ...placed, state, parked: null });
    if (news !== null) dropEmpty(draft, before);
  }
}

/** A device that its host reports no longer. One that waits to be cleaned goes on waiting. */
export function withdrawDevice(draft: Draft, before: DeviceRow): void {
  if (isHeld(draft, before)) change(draft, before, { state: 'gone' });
  else if (isUnclean(before)) change(draft, before, { state: 'gone-unclean' });
  else take(draft, before);
}

/** A device that nobody holds any more (DV5). */
export function restDevice(draft: Draft, before: DeviceRow): void {
  if (before.state === 'gone' && !before.facts.one_time_use) {
    take(draft, before);
  } else {
    const used = before.state === 'gone' ? 'gone-unclean' : 'cleaning';
    const state = before.facts.one_time_use ? used : before.state;
    const uses = before.uses + (before.facts.one_time_use ? 1 : 0);
    change(draft, before, { ...before.parked, state, uses, parked: null });
    if (before.parked !== null) dropEmpty(draft, before);
  }
}

/** Somebody says that it is clean: it may be had again, if it is still there. */
export function cleanedDevice(draft: Draft, before: DeviceRow): void {
  if (before.state === 'gone-unclean') take(draft, before);
  else change(draft, before, { state: 'offered' });
}

export const isUnclean = ({ state }: DeviceRow): boolean =>
  state === 'cleaning' || state === 'gone-unclean';

const isHeld = (draft: Draft, { provider_id, device }: DeviceRow): boolean =>
  draft.books.devices.holder(provider_id, device) !== undefined;

const isSame = (a: PlacedDevice, b: PlacedDevice): boolean =>
  a.pool_id === b.pool_id &&
  a.resource_class_id === b.resource_class_id &&
  JSON.stringify(a.facts) === JSON.stringify(b.facts);

function change(draft: Draft, before: DeviceRow, to: Partial<DeviceRow>): void {
  const row = { ...before, ...to };
  const same =
    row.state === before.state &&
    row.uses === before.uses &&
    JSON.stringify(row.parked) === JSON.stringify(before.parked) &&
    isSame(row, before);
  if (!same) draft.put(devices, row);
}

function take(draft: Draft, row: DeviceRow): void {
  draft.remove(devices, row);
  dropEmpty(draft, row);
}

/** Takes away the inventory that the device was counted in, if it was the last there. */
function dropEmpty(draft: Draft, { pool_id, resource_class_id }: DeviceRow): void {
  if (pool_id === null) return;
  const { books } = draft;
  const row = books.inventory(pool_id, resource_class_id);
  const left = books.devices
    .inPool(pool_id)
    .some((one) => one.resource_class_id === resource_class_id);
  const used = books.column(resource_class_id).used[pool_id] ?? 0;
  if (row !== undefined && !left && used === 0) draft.remove(rows.inventories, row);
}

/** Brings a pool's inventories in line with its devices; true: something changed. */
export function recountPool(draft: Draft, pool: number): boolean {
  const mark = draft.mark;
  for (const [resource_class_id, { total, reserved }] of countsOf(draft, pool)) {
    const before = draft.books.inventory(pool, resource_class_id);
    if (before?.total === total && before.reserved === reserved) continue;
    draft.put(rows.inventories, {
      min_unit: 1,
      step_size: 1,
      allocation_ratio: 1,
      overhead: 0,
      ...before,
      provider_id: pool,
      resource_class_id,
      total,
      reserved,
      max_unit: total,
      updated_at_ms: draft.now_ms,
    });
  }
  return draft.mark > mark;
}

/** By class: how many devices, and how many of them are neither held nor free. */
function countsOf({ books }: Draft, pool: number) {
  const counted = new Map<number, { total: number; reserved: number }>();
  for (const row of books.devices.inPool(pool)) {
    const sum = counted.get(row.resource_class_id) ?? { total: 0, reserved: 0 };
    const held = books.devices.holder(row.provider_id, row.device) !== undefined;
    sum.total++;
    if (!held && !books.devices.isFree(row)) sum.reserved++;
    counted.set(row.resource_class_id, sum);
  }
  return counted;
}
