/**
 * The devices of simulated hosts, and the names by which simulated clients ask for them.
 *
 *   cell 0   card, card, …   card 3b:00.0 of three virtual functions     cell 1   card, card, …
 *
 * Where a host has cards it has the card of functions too: whole to one guest, or in parts to
 * three.
 */

import { present } from '../core/base/units.ts';
import { deviceAliases } from '../core/devices/alias.ts';
import type { PmemLabel } from '../core/devices/pmem.ts';
import { type DeviceSpec, deviceSpecs } from '../core/devices/spec.ts';
import type { MachineDevice, PersistentMemory } from '../core/ports/device.ts';

const names = { classes: [], traits: ['OWNER_NOVA', 'COMPUTE_MANAGED_PCI_DEVICE'] };
const SIM = 'abcd';
const CARD = '0001';
const WHOLE = '0002';
const PART = '0003';
const PARTS = 3;

const read = deviceSpecs([{ vendor_id: SIM, live_migratable: 'yes' }], names);
export const simSpecs: readonly DeviceSpec[] = present(
  read.is === 'done' ? read.value : null,
  'specifications',
);

const alias = (name: string, product_id: string, more: object) => ({
  ...{ name, vendor_id: SIM, product_id },
  ...more,
});
const known = deviceAliases(
  [
    alias('card', CARD, { numa_policy: 'required' }),
    alias('any-card', CARD, { numa_policy: 'preferred' }),
    alias('whole', WHOLE, { device_type: 'type-PF' }),
    alias('part', PART, { device_type: 'type-VF', live_migratable: 'yes' }),
  ],
  names,
);
export const simAliases = present(known.is === 'done' ? known.value : null, 'aliases');

export function simDevices(cells: number, cards_per_cell: number): readonly MachineDevice[] {
  if (cards_per_cell === 0) return [];
  const whole = '0000:3b:00.0';
  const plain = { vendor_id: SIM, cell: 0, serial: null };
  const card = (at: number): MachineDevice => ({
    ...plain,
    ...{ address: `0000:${10 + at}:00.0`, kind: 'PCI', parent: null, product_id: CARD },
    ...{ cell: at % cells, serial: `card-${at}` },
  });
  const part = (at: number): MachineDevice => ({
    ...plain,
    ...{ address: `0000:3b:01.${at}`, kind: 'VF', parent: whole, product_id: PART },
  });
  return [
    ...Array.from({ length: cells * cards_per_cell }, (_, at) => card(at)),
    { ...plain, address: whole, kind: 'PF', parent: null, product_id: WHOLE, serial: 'whole' },
    ...Array.from({ length: PARTS }, (_, at) => part(at)),
  ];
}

/** So many namespaces of persistent memory of each label. */
export const simLabels = (counts: Readonly<Record<string, number>>): readonly PmemLabel[] =>
  Object.entries(counts).map(([label, count]) => ({
    label,
    namespaces: Array.from({ length: count }, (_, at) => `${label}-${at}`),
  }));

/** A machine's, by the names that its operator says, in cell 0. */
export const namespacesOf = (labels: readonly PmemLabel[]): readonly PersistentMemory[] =>
  labels
    .flatMap(({ namespaces }) => namespaces)
    .map((name, at) => ({ name, address: `/dev/dax0.${at}`, cell: 0 }));
