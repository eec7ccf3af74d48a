/**
 * The devices of hosts and the names by which flavors ask for them. Where nobody says anything, the
 * devices of the simulated hosts are offered under the names gpu, nic and vf.
 *
 *   OS_PCI__DEVICE_SPEC='[{"vendor_id": "10de", "resource_class": "GPU"}]'
 *   OS_PCI__ALIAS='[{"name": "gpu", "vendor_id": "10de", "product_id": "20b5"}]'
 */
import { assert } from '../../core/base/units.ts';
import * as hosts from '../../core/config/hosts.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Alias } from '../../core/devices/alias.ts';
import { deviceAliases } from '../../core/devices/alias.ts';
import { type DeviceSpec, deviceSpecs } from '../../core/devices/spec.ts';
import { STANDARD_CLASSES, STANDARD_TRAITS } from '../../core/ledger/standard-names.ts';
import type { MachineDevice } from '../../core/ports/device.ts';
import type { Decision } from '../../core/ports/reply.ts';

export interface PciOptions {
  readonly devices: readonly DeviceSpec[];
  readonly aliases: ReadonlyMap<string, Alias>;
}

const names = { classes: STANDARD_CLASSES, traits: STANDARD_TRAITS };

const trialSpecs = [
  { vendor_id: '10de', product_id: '20b5' },
  { vendor_id: '8086', product_id: '1592' },
  { vendor_id: '8086', product_id: '1889', live_migratable: 'yes' },
];
const trialAliases = [
  { name: 'gpu', vendor_id: '10de', product_id: '20b5' },
  { name: 'nic', vendor_id: '8086', product_id: '1592', device_type: 'type-PF' },
  { name: 'vf', vendor_id: '8086', product_id: '1889', device_type: 'type-VF' },
];

export const pciOptions = (said: Settings): PciOptions => ({
  devices: said.of(hosts.deviceSpec) ?? right(deviceSpecs(trialSpecs, names)),
  aliases: said.of(hosts.deviceAlias) ?? right(deviceAliases(trialAliases, names)),
});

function right<Value>(read: Decision<Value, readonly string[]>): Value {
  assert(read.is === 'done', 'what is offered unasked can be read');
  return read.value;
}

const VFS = 4;

/** Of a simulated host of two cells: a GPU in each, and a card of four virtual functions. */
export const trialDevices: readonly MachineDevice[] = [
  ...[0, 1].map((cell) => ({
    address: `0000:${cell + 1}7:00.0`,
    kind: 'PCI' as const,
    parent: null,
    vendor_id: '10de',
    product_id: '20b5',
    cell,
    serial: `gpu-${cell}`,
  })),
  {
    address: '0000:3b:00.0',
    kind: 'PF',
    parent: null,
    vendor_id: '8086',
    product_id: '1592',
    cell: 0,
    serial: 'nic-0',
  },
  ...Array.from({ length: VFS }, (_, vf) => ({
    address: `0000:3b:01.${vf}`,
    kind: 'VF' as const,
    parent: '0000:3b:00.0',
    vendor_id: '8086',
    product_id: '1889',
    cell: 0,
    serial: null,
  })),
];
