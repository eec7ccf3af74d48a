/** What is free of a resource on the host itself: what there is, not what is promised. */
import type { HostView } from '../host-view.ts';

export function bareRoom({ books, provider_id }: HostView, class_id: number): number {
  const inventory = books.inventory(provider_id, class_id);
  if (inventory === undefined) return 0;
  const used = books.column(class_id).load(provider_id);
  return Math.max(0, inventory.total - inventory.reserved - used);
}
