/**
 * The devices of hosts and the names by which flavors ask for them, from the environment, in
 * upstream's words, as JSON lists.
 *
 *   OS_PCI__DEVICE_SPEC='[{"vendor_id": "10de", "resource_class": "GPU"}]'
 *   OS_PCI__ALIAS='[{"name": "gpu", "vendor_id": "10de", "product_id": "20b5"}]'
 *
 * Where nobody says anything, the devices of the simulated hosts are offered under the names gpu,
 * nic and vf. What is wrong is told all at once, a line each.
 */
import type { Alias } from '../../core/devices/alias.ts';
import { deviceAliases } from '../../core/devices/alias.ts';
import { type DeviceSpec, deviceSpecs } from '../../core/devices/spec.ts';
import { STANDARD_CLASSES, STANDARD_TRAITS } from '../../core/ledger/standard-names.ts';
import type { MachineDevice } from '../../core/ports/device.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';

export interface PciOptions {
  readonly devices: readonly DeviceSpec[];
  readonly aliases: ReadonlyMap<string, Alias>;
}

type Environment = Readonly<Record<string, string | undefined>>;

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

export function readPciOptions(env: Environment): Decision<PciOptions, string> {
  const specs = listIn(env, 'OS_PCI__DEVICE_SPEC', trialSpecs);
  const aliases = listIn(env, 'OS_PCI__ALIAS', trialAliases);
  const devices = specs.is === 'no' ? specs : deviceSpecs(specs.value, names);
  const known = aliases.is === 'no' ? aliases : deviceAliases(aliases.value, names);
  if (devices.is === 'done' && known.is === 'done') {
    return done({ devices: devices.value, aliases: known.value });
  }
  const wrong = [devices, known].flatMap((one) => (one.is === 'no' ? one.why : []));
  return no(wrong.join('; '));
}

function listIn(
  env: Environment,
  name: string,
  otherwise: readonly object[],
): Decision<unknown, readonly string[]> {
  const text = env[name];
  if (text === undefined) return done(otherwise);
  try {
    return done(JSON.parse(text));
  } catch {
    return no([`${name} is no JSON`]);
  }
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
