/**
 * The slots of server groups that consumers hold: by group and provider, and by provider.
 *
 *   group g   on provider 3: two slots, on provider 7: one
 *
 *   S1  what nobody holds is not listed: a group without slots has no entry in `of`.
 */
import { at, newList, place } from '../base/places.ts';
import { bySlot } from './listing.ts';
import type { SlotRow } from './rows.ts';

export class Slots {
  /** By group, then by provider: the slots held there. */
  readonly of = new Map<string, Map<number, SlotRow[]>>();
  /** By provider: the slots held there, of whatever groups. */
  readonly on: (SlotRow[] | undefined)[] = [];

  /** Puts or takes away a slot. */
  apply(row: SlotRow, gone: boolean): void {
    const hosts = this.of.get(row.group_uuid) ?? new Map<number, SlotRow[]>();
    this.of.set(row.group_uuid, hosts);
    const there = hosts.get(row.provider_id) ?? [];
    place(there, row, gone, bySlot);
    if (there.length > 0) hosts.set(row.provider_id, there);
    else hosts.delete(row.provider_id);
    if (hosts.size === 0) this.of.delete(row.group_uuid);
    place(at(this.on, row.provider_id, newList<SlotRow>), row, gone, bySlot);
  }
}
