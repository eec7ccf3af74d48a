/**
 * The devices that a host offers: what its machine has, by what its operator says.
 *
 *   machine ── PF 3b:00.0 ── VF 3b:02.0, VF 3b:02.1          specs: VFs of 3b, CUSTOM_NIC
 *   offered ── pool 3b:00.0: VF, VF                          traits belong to the pool
 *
 * A pool is the topmost device with all its parts, and one resource provider below the host's. What
 * cannot be told apart there is left out, and said: VFs of one PF with different classes or traits.
 */
import type { MachineDevice } from '../ports/device.ts';
import type { Machine } from '../ports/hypervisor.ts';
import { functionOf } from './address.ts';
import type { DeviceFacts } from './device.ts';
import { type PmemLabel, pmemPool } from './pmem.ts';
import { type DeviceSpec, fitsSpec } from './spec.ts';

export interface Pool {
  /** The id of the topmost device. */
  readonly id: string;
  readonly address: string;
  readonly traits: readonly string[];
  readonly devices: readonly DeviceFacts[];
}

export interface Offer {
  readonly pools: readonly Pool[];
  /** Devices of networks: in no pool, since their network counts them. */
  readonly apart: readonly DeviceFacts[];
  /** One sentence for each thing that could not be offered as it is configured. */
  readonly problems: readonly string[];
}

export function offerOf(
  machine: Machine,
  specs: readonly DeviceSpec[],
  labels: readonly PmemLabel[] = [],
): Offer {
  const identities = identitiesOf(machine.devices ?? []);
  const problems: string[] = [];
  const pools: Pool[] = [];
  const apart: DeviceFacts[] = [];
  for (const [top, parts] of byTop(machine.devices ?? [])) {
    const offered = parts.flatMap((device) => offeredOf(machine, device, specs, identities));
    apart.push(...offered.filter(({ physical_network }) => physical_network !== null));
    const devices = offered.filter(({ physical_network }) => physical_network === null);
    const problem = mixed(devices);
    if (problem !== null) problems.push(`${top.address} is not offered: ${problem}`);
    else if (devices.length > 0) {
      const { address } = top;
      pools.push({ id: identities.get(top) as string, address, traits: common(devices), devices });
    }
  }
  const persistent = pmemPool(machine, labels);
  return { pools: [...pools, ...(persistent ? [persistent] : [])], apart, problems };
}

/** Each topmost device with all that is part of it, itself first. */
function byTop(devices: readonly MachineDevice[]): Map<MachineDevice, readonly MachineDevice[]> {
  const at = new Map(devices.map((device) => [device.address, device]));
  const tops = new Map<MachineDevice, MachineDevice[]>();
  for (const device of devices) {
    const top = (device.parent === null ? undefined : at.get(device.parent)) ?? device;
    tops.set(top, [...(tops.get(top) ?? []), device]);
  }
  return tops;
}

/**
 * DV2: by serial number and function, of a VF by its PF and its place among its VFs; by address
 * where there is no serial number, or where several devices claim the same.
 */
function identitiesOf(devices: readonly MachineDevice[]): Map<MachineDevice, string> {
  const bySerial = (device: MachineDevice): string | null =>
    device.serial === null || device.kind === 'VF'
      ? null
      : `serial:${device.serial}/${functionOf(device.address)}`;
  const seen = new Map<string, number>();
  for (const device of devices) {
    const name = bySerial(device) ?? '';
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  const own = (device: MachineDevice): string => {
    const name = bySerial(device);
    return name !== null && seen.get(name) === 1 ? name : `pci:${device.address}`;
  };
  return new Map(devices.map((device) => [device, partName(device, devices, own) ?? own(device)]));
}

function partName(
  device: MachineDevice,
  devices: readonly MachineDevice[],
  own: (device: MachineDevice) => string,
): string | null {
  const whole = devices.find(({ address }) => address === device.parent);
  if (device.kind !== 'VF' || whole === undefined) return null;
  const before = devices.filter(
    ({ parent, address }) => parent === device.parent && address < device.address,
  );
  return `${own(whole)}/vf/${before.length}`;
}

function offeredOf(
  machine: Machine,
  device: MachineDevice,
  specs: readonly DeviceSpec[],
  identities: Map<MachineDevice, string>,
): readonly DeviceFacts[] {
  const spec = specs.find((one) => fitsSpec(one, device));
  if (spec === undefined) return [];
  const whole = (machine.devices ?? []).find(({ address }) => address === device.parent);
  const facts: DeviceFacts = {
    id: identities.get(device) as string,
    address: device.address,
    kind: device.kind,
    parent: whole === undefined ? null : (identities.get(whole) as string),
    vendor_id: device.vendor_id,
    product_id: device.product_id,
    cell: device.cell,
    socket_cells: socketOf(machine, device.cell),
    resource_class: spec.resource_class ?? classOf(device),
    traits: traitsOf(spec),
    physical_network: spec.physical_network,
    live_migratable: spec.live_migratable,
    one_time_use: spec.one_time_use && device.kind !== 'VF',
    mdev_type: null,
  };
  return spec.mdev_type === null ? [facts] : shares(facts, spec.mdev_type, device);
}

/** The device itself is not offered where its shares are. */
function shares(
  facts: DeviceFacts,
  mdev_type: string,
  { mdev_types = {} }: MachineDevice,
): readonly DeviceFacts[] {
  const kind = 'mdev' as const;
  return Array.from({ length: mdev_types[mdev_type] ?? 0 }, (_, share) => {
    const id = `${facts.id}/mdev/${share}`;
    return { ...facts, id, kind, parent: facts.id, mdev_type };
  });
}

const classOf = ({ vendor_id, product_id }: MachineDevice): string =>
  `CUSTOM_PCI_${vendor_id}_${product_id}`.toUpperCase();

const traitsOf = (spec: DeviceSpec): readonly string[] => [
  ...spec.traits,
  'OWNER_NOVA',
  ...(spec.managed ? ['COMPUTE_MANAGED_PCI_DEVICE'] : []),
  ...(spec.live_migratable ? ['HW_PCI_LIVE_MIGRATABLE'] : []),
  ...(spec.one_time_use ? ['HW_PCI_ONE_TIME_USE'] : []),
];

/** Null unless the machine knows the socket of each of its cells. */
function socketOf({ cells }: Machine, near: number | null): readonly number[] | null {
  const socket = cells.find(({ cell }) => cell === near)?.socket;
  if (socket === undefined || !knowsSockets({ cells })) return null;
  return cells.filter((one) => one.socket === socket).map(({ cell }) => cell);
}

export const knowsSockets = ({ cells }: Pick<Machine, 'cells'>): boolean =>
  cells.length > 0 && cells.every(({ socket }) => socket !== undefined);

/** A pool has the traits that all of its devices have. */
const common = ([first, ...others]: readonly DeviceFacts[]): readonly string[] =>
  (first?.traits ?? []).filter((name) => others.every(({ traits }) => traits.includes(name)));

/** Parts that nobody could tell apart in their pool. */
function mixed(devices: readonly DeviceFacts[]): string | null {
  const [first, ...others] = devices.filter(({ kind }) => kind === 'VF');
  if (first === undefined) return null;
  for (const other of others) {
    if (other.resource_class !== first.resource_class) {
      return `its functions have two resource classes, ${first.resource_class} and ${other.resource_class}`;
    }
    if (`${other.traits}` !== `${first.traits}`) {
      return `its functions ${first.address} and ${other.address} have other traits`;
    }
  }
  return null;
}
