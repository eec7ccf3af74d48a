/** How the books keep rows: entries with an id and a name, and the orders of lists (B4). */
import { byText } from '../base/order.ts';
import type { DeviceHoldRow } from './device-rows.ts';
import type { AllocationRow, CellHoldRow, CellRow, CpuPinRow, SlotRow } from './rows.ts';

/** Puts or takes away the row under its id and its name; gives the one that was there. */
export function named<Row extends { readonly id: number; readonly name: string }>(
  byId: Map<number, Row>,
  byName: Map<string, Row>,
  row: Row,
  gone: boolean,
): Row | undefined {
  const before = byId.get(row.id);
  if (before !== undefined) byName.delete(before.name);
  if (gone) {
    byId.delete(row.id);
  } else {
    byId.set(row.id, row);
    byName.set(row.name, row);
  }
  return before;
}

type GuestNodeHold = Pick<CellHoldRow, 'provider_id' | 'guest_node'>;

export const byCell = (a: { row: CellRow }, b: { row: CellRow }) => a.row.cell - b.row.cell;
export const bySpot = (a: AllocationRow, b: AllocationRow) =>
  a.provider_id - b.provider_id || a.resource_class_id - b.resource_class_id;
export const byGuestNode = (a: GuestNodeHold, b: GuestNodeHold) =>
  a.provider_id - b.provider_id || a.guest_node - b.guest_node;
export const bySlot = (a: SlotRow, b: SlotRow) =>
  byText(a.consumer_uuid, b.consumer_uuid) ||
  byText(a.group_uuid, b.group_uuid) ||
  a.provider_id - b.provider_id;
export const byCpu = (a: CpuPinRow, b: CpuPinRow) => a.provider_id - b.provider_id || a.cpu - b.cpu;
export const byDevice = (a: DeviceHoldRow, b: DeviceHoldRow) =>
  a.provider_id - b.provider_id || byText(a.device, b.device);
