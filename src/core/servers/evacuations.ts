/**
 * Servers that were taken away from a host that is dead, and what they still hold there.
 *
 *   evacuated ──► in quarantine ──────────────────────────────────────────────────► free
 *                 the dead host's share is held     the host is back and has destroyed what was
 *                 by the server, beside its place   left there, or is out of the fleet
 *
 *   E3  nothing of a dead host is sold while the remains of an evacuated guest may fill it;
 *   E4  a host with such remains is not declared up again.
 */
import { table } from '../base/table.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { servers } from './rows.ts';

export interface EvacuationRow {
  readonly server_uuid: string;
  /** The dead host. */
  readonly host: string;
  readonly run_id: string;
  readonly evacuated_at_ms: number;
}

export const evacuations = table<EvacuationRow>({
  name: 'evacuation',
  columns: { server_uuid: 'text', host: 'text', run_id: 'text', evacuated_at_ms: 'integer' },
  primary: ['server_uuid', 'host'],
  indexes: ['server_uuid', 'host'],
});

interface Held {
  readonly provider_id: number;
}

/** Whether a provider is one of a dead host's, where remains of this server are in quarantine. */
export function inQuarantine(view: View, server_uuid: string): (held: Held) => boolean {
  const rows = view.rows(evacuations).by('server_uuid', server_uuid);
  if (rows.length === 0) return () => false;
  const { books } = view;
  const roots = rows.flatMap(({ host }) => books.providerNamed(host)?.id ?? []);
  const shut = new Set(roots.flatMap((root) => books.treeOf(root)));
  return ({ provider_id }) => shut.has(provider_id);
}

/** Nothing of the guest is left there: what was held of the host is free. */
export function release(draft: Draft, row: EvacuationRow): void {
  const server = draft.rows(servers).get(row.server_uuid);
  const there = inQuarantine(draft, row.server_uuid);
  draft.remove(evacuations, row);
  const consumer = draft.books.consumers.get(row.server_uuid);
  if (server === undefined || consumer === undefined) return;
  const still = inQuarantine(draft, row.server_uuid);
  const stays = (held: Held): boolean => !there(held) || still(held);
  claimAll(draft, [
    {
      consumer_uuid: server.uuid,
      project_id: server.project_id,
      user_id: server.user_id,
      consumer_type: consumer.row.consumer_type,
      whatever_units: true,
      amounts: consumer.allocations
        .filter(stays)
        .map(({ provider_id, resource_class_id, used: amount }) => ({
          provider_id,
          resource_class_id,
          amount,
        })),
      cells: consumer.cellHolds.filter(stays),
      pins: consumer.pins.filter(stays),
      pages: consumer.pages.filter(stays),
      devices: consumer.devices.filter(stays),
    },
  ]);
}
