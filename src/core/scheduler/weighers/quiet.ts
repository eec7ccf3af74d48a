/**
 * Prefers hosts where no group is gathering: room beside a group is worth most to its next member.
 *
 * merit = 0 where a member of a soft-affinity group lives, else 1. The members themselves are
 * drawn to such a host by a heavier wish (wishes.ts).
 */
import type { SlotRow } from '../../ledger/rows.ts';
import type { HostView } from '../host-view.ts';
import type { Weigher } from '../plugin.ts';

export const quiet: Weigher = { name: 'quiet', merit: (_, host) => (gathering(host) ? 0 : 1) };

function gathering({ books, provider_id }: HostView): boolean {
  const slots = books.slotsOn[provider_id];
  if (slots === undefined) return false;
  for (let at = 0; at < slots.length; at++) {
    const group = books.slotGroups.get((slots[at] as SlotRow).group_uuid);
    if (group?.policy === 'soft-affinity') return true;
  }
  return false;
}
