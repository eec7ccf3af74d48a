/** Whether a running server's devices bear to be moved with it. */
import type { View } from '../ledger/draft.ts';

/** Why it cannot be moved while it runs; null: no device of it minds. */
export function immovable({ books }: View, server_uuid: string): string | null {
  const held = books.consumers.get(server_uuid)?.devices ?? [];
  const all = held.map((hold) => books.devices.heldDevice(hold).facts);
  const stays = all.find(({ live_migratable }) => !live_migratable);
  return stays === undefined ? null : `its device ${stays.address} cannot be moved while in use`;
}
