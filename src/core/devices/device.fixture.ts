/** Devices for tests, and a search for them that tries every way. */
import { answers, type DeviceAsk, isNear } from './alias.ts';
import type { DeviceFacts } from './device.ts';

/** A device, with whatever differs. */
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

/** Whether each unit can have a device, by every way to give one to each in turn. */
export function isPossible(
  units: readonly DeviceAsk[],
  free: readonly DeviceFacts[],
  where: readonly number[] | null,
): boolean {
  const [first, ...rest] = units;
  if (first === undefined) return true;
  return free.some((device) => {
    if (!answers(first, device) || !isNear(first.numa, device, where)) return false;
    const left = free.filter(
      (one) => one !== device && one.parent !== device.id && one.id !== device.parent,
    );
    return isPossible(rest, left, where);
  });
}
