/** The devices of a host as plain values, with who holds them. For APIs and people. */

import type { DeviceRow } from '../ledger/device-rows.ts';
import type { View } from '../ledger/draft.ts';

export interface DeviceView {
  readonly id: string;
  readonly address: string;
  readonly kind: string;
  readonly vendor_id: string;
  readonly product_id: string;
  /** The NUMA cell that it is near; null: nobody knows. */
  readonly cell: number | null;
  readonly resource_class: string;
  /**
   * `barred`: what it is part of, or a part of it, is held. `cleaning`: it waits to be said clean.
   * `gone`: its host has it no more.
   */
  readonly state: 'free' | 'held' | 'barred' | 'cleaning' | 'gone';
  /** The consumer that holds it: a server, or the operation that moves it. */
  readonly holder: string | null;
  /** The id of what it is a part of. */
  readonly parent: string | null;
}

export const deviceViews = (view: View, provider: number): DeviceView[] =>
  view.books.devices.on(provider).map((row) => viewOf(view, row));

function viewOf(view: View, row: DeviceRow): DeviceView {
  const { id, address, kind, vendor_id, product_id, cell, resource_class, parent } = row.facts;
  const holder = view.books.devices.holder(row.provider_id, row.device)?.consumer_uuid ?? null;
  return {
    ...{ id, address, kind, vendor_id, product_id, cell, resource_class, parent, holder },
    state: stateOf(view, row, holder),
  };
}

function stateOf({ books }: View, row: DeviceRow, holder: string | null): DeviceView['state'] {
  if (row.state === 'gone') return 'gone';
  if (holder !== null) return 'held';
  if (row.state !== 'offered') return 'cleaning';
  return books.devices.isFree(row) ? 'free' : 'barred';
}
