/** A device for tests, with whatever differs. */
import type { DeviceFacts } from './device.ts';

export const deviceFacts = (id: string, about: Partial<DeviceFacts> = {}): DeviceFacts => ({
  id,
  address: `0000:00:00.0 of ${id}`,
  kind: 'PCI',
  parent: null,
  vendor_id: '10de',
  product_id: '20b5',
  cell: null,
  socket_cells: null,
  resource_class: 'CUSTOM_PCI_10DE_20B5',
  traits: [],
  physical_network: null,
  live_migratable: false,
  one_time_use: false,
  mdev_type: null,
  ...about,
});
