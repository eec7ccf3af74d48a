/** Cards for the hosts of a benchmark: so many in each NUMA cell, a provider for each. */
import type { DeviceAsk } from '../src/core/devices/alias.ts';
import type { DeviceFacts } from '../src/core/devices/device.ts';
import { writeDevices } from '../src/core/fleet/devices.ts';
import type { HostReport } from '../src/core/fleet/report.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import type { ProviderRow } from '../src/core/ledger/rows.ts';

const VENDOR = '10de';

export const cardsAsked = (count: number): DeviceAsk => ({
  alias: 'card',
  count,
  kind: 'PCI',
  numa: 'legacy',
  any_of: [
    {
      vendor_id: VENDOR,
      product_id: null,
      resource_class: null,
      traits: [],
      live_migratable: null,
    },
  ],
});

/** The host's provider has its cells by now. */
export function addCards(draft: Draft, host: ProviderRow, cells: number, cards_a_cell: number) {
  const cards = Array.from({ length: cells * cards_a_cell }, (_, card) => cardOf(card, cells));
  const pools = cards.map((card) => ({
    uuid: crypto.randomUUID(),
    address: card.address,
    traits: card.traits,
    devices: [card],
  }));
  // Of a report only its devices, and whose they are, are looked at here.
  const report = { host: host.name, uuid: host.uuid, devices: { pools, apart: [] } };
  writeDevices(draft, host.id, report as unknown as HostReport);
}

function cardOf(card: number, cells: number): DeviceFacts {
  const address = `0000:${(card + 16).toString(16)}:00.0`;
  return {
    id: `pci:${address}`,
    address,
    kind: 'PCI',
    parent: null,
    vendor_id: VENDOR,
    product_id: '20b5',
    cell: card % cells,
    socket_cells: null,
    resource_class: 'CUSTOM_PCI_10DE_20B5',
    traits: ['OWNER_NOVA'],
    physical_network: null,
    live_migratable: false,
    one_time_use: false,
    mdev_type: null,
  };
}
