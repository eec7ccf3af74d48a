/**
 * Prefers hosts where no group is gathering: room beside a group is worth most to its next member.
 *
 * merit = 0 where a member of a soft-affinity group lives, else 1. The members themselves are
 * drawn to such a host by a heavier wish (wishes.ts).
 */
import type { HostView } from '../host-view.ts';
import type { Weigher } from '../plugin.ts';

export const quiet: Weigher = { name: 'quiet', merit: (_, host) => (gathering(host) ? 0 : 1) };

function gathering({ books, provider_id }: HostView): boolean {
  const holders = books.holders[provider_id];
  if (holders === undefined) return false;
  for (const holder of holders) {
    const slots = books.consumers.get(holder)?.slots ?? [];
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as (typeof slots)[number];
      if (slot.provider_id !== provider_id) continue;
      if (books.slotGroups.get(slot.group_uuid)?.policy === 'soft-affinity') return true;
    }
  }
  return false;
}
