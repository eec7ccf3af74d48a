/** What stands in the way of a move, whatever the other hosts are like. */
import type { View } from '../ledger/draft.ts';
import type { ServerRow } from '../servers/rows.ts';
import type { OperationRefusal } from './operations.ts';

/**
 * Why its source cannot be handed over; null: it holds what it is on. Somebody has taken that away
 * past us, and a move that began so could not be taken back.
 */
export function unheld({ books }: View, { uuid, host }: ServerRow): OperationRefusal | null {
  const root = host === null ? undefined : books.providerNamed(host)?.id;
  const tree = root === undefined ? [] : books.treeOf(root);
  const held = books.consumers.get(uuid)?.allocations ?? [];
  if (held.some(({ provider_id }) => tree.includes(provider_id))) return null;
  const message =
    `Instance ${uuid} is on ${host} and holds nothing there, so it cannot be moved. An operator ` +
    `has it hold again what its guest takes: plimsoll audit --host ${host}`;
  return { why: 'unheld', message };
}

/** Why it cannot be moved while it runs; null: no device of it minds. */
export function immovable({ books }: View, server_uuid: string): string | null {
  const held = books.consumers.get(server_uuid)?.devices ?? [];
  const all = held.map((hold) => books.devices.heldDevice(hold).facts);
  const stays = all.find(({ live_migratable }) => !live_migratable);
  return stays === undefined ? null : `its device ${stays.address} cannot be moved while in use`;
}
