/**
 * Which devices of a machine its operator offers to guests, and what is to be said of them.
 *
 *   { vendor_id: '8086', address: '0000:3b:*.*', traits: 'CUSTOM_FAST' }     every one that fits
 *   the first spec that fits a device is the device's
 *
 * Everything is checked before a host starts, and everything that is wrong is told at once.
 */
import type { MachineDevice } from '../ports/device.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { type AddressPattern, addressPattern } from './address.ts';
import { Fields, isObject, type StandardNames } from './fields.ts';

export interface DeviceSpec {
  /** Null: any. */
  readonly vendor_id: string | null;
  readonly product_id: string | null;
  readonly address: AddressPattern;
  readonly physical_network: string | null;
  /** Null: by vendor and product. */
  readonly resource_class: string | null;
  readonly traits: readonly string[];
  /** The host binds the device to a driver that guests can have, and back. */
  readonly managed: boolean;
  readonly live_migratable: boolean;
  readonly one_time_use: boolean;
  /** Shares of this type are made of the device, as many as it can bear; null: none. */
  readonly mdev_type: string | null;
}

const KEYS = [
  'vendor_id',
  'product_id',
  'address',
  'physical_network',
  'resource_class',
  'traits',
  'managed',
  'live_migratable',
  'one_time_use',
  'mdev_type',
];

/** All specs, or all that is wrong with them. */
export function deviceSpecs(
  said: unknown,
  names: StandardNames,
): Decision<readonly DeviceSpec[], readonly string[]> {
  if (!Array.isArray(said)) return no(['device_spec is a list']);
  const problems: string[] = [];
  const specs = said.map((one, at) => specOf(one, `device_spec ${at + 1}`, names, problems));
  return problems.length === 0 ? done(specs.flatMap((one) => one ?? [])) : no(problems);
}

function specOf(
  said: unknown,
  where: string,
  names: StandardNames,
  problems: string[],
): DeviceSpec | null {
  if (!isObject(said)) {
    problems.push(`${where}: is an object`);
    return null;
  }
  if (said['devname'] !== undefined) {
    problems.push(`${where}: devname names no device for good: say address, vendor_id, product_id`);
    return null;
  }
  const fields = new Fields(said, where, KEYS);
  const address = addressPattern(said['address'] ?? '*');
  if (address.is === 'no') fields.wrong(address.why);
  const mdev_type = fields.text('mdev_type');
  const spec = {
    vendor_id: fields.id('vendor_id'),
    product_id: fields.id('product_id'),
    address: address.is === 'done' ? address.value : () => false,
    physical_network: fields.text('physical_network'),
    resource_class: fields.resourceClass(names) ?? (mdev_type === null ? null : 'VGPU'),
    traits: fields.traits(names),
    managed: fields.truth('managed') ?? true,
    live_migratable: fields.truth('live_migratable') ?? false,
    one_time_use: fields.truth('one_time_use') ?? false,
    mdev_type,
  };
  if (mdev_type !== null && spec.physical_network !== null) {
    fields.wrong('mdev_type does not go with physical_network');
  }
  problems.push(...fields.problems);
  return spec;
}

export const fitsSpec = (spec: DeviceSpec, device: MachineDevice): boolean =>
  (spec.vendor_id === null || spec.vendor_id === device.vendor_id) &&
  (spec.product_id === null || spec.product_id === device.product_id) &&
  spec.address(device.address);
