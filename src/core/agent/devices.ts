/**
 * The devices of a host as its agent sees them: what it reports, and whether a guest may have what
 * was claimed for it.
 *
 *   TR4  a device is one guest's, and so are its parts and what it is part of; none is given that
 *        the machine does not have by now, whatever the ledger was told before.
 */
import { Chance } from '../base/seeded.ts';
import type { DeviceFacts } from '../devices/device.ts';
import { knowsSockets, type Offer, offerOf } from '../devices/offer.ts';
import type { ReportedDevices } from '../fleet/report.ts';
import type { Machine } from '../ports/hypervisor.ts';
import type { GuestSpec } from '../ports/order.ts';
import type { HostConfig } from './config.ts';

type Offers = Pick<HostConfig, 'devices' | 'pmem'>;

export function reportedDevices(uuid: string, machine: Machine, config: Offers): ReportedDevices {
  const { pools, apart } = offerOf(machine, config.devices, config.pmem);
  return {
    pools: pools.map(({ id, ...pool }) => ({ uuid: uuidOf(`${uuid}/${id}`), ...pool })),
    apart,
  };
}

/** What could not be offered as it is configured, for the operator to know. */
export const deviceProblems = (machine: Machine, config: Offers) =>
  offerOf(machine, config.devices, config.pmem).problems;

/** Of machines that know which cells share a socket: policies by socket can be kept to. */
export const socketTraits = (machine: Machine): readonly string[] =>
  knowsSockets(machine) ? ['COMPUTE_SOCKET_PCI_NUMA_AFFINITY'] : [];

/** The same name gives the same UUID (of version 8: a kind of our own). */
function uuidOf(name: string): string {
  const chance = new Chance(`device pool ${name}`);
  const hex = Array.from({ length: 4 }, () => chance.next().toString(16).padStart(8, '0')).join('');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** TR4; null: it may have them. */
export function deviceTaken(
  spec: GuestSpec,
  others: readonly GuestSpec[],
  machine: Machine,
  config: Offers,
): string | null {
  const wanted = spec.devices ?? [];
  if (wanted.length === 0) return null;
  const here = devicesOf(offerOf(machine, config.devices, config.pmem));
  // In a move on its host the server is there twice: its devices are one life's after the other.
  const strangers = others.filter(({ uuid }) => uuid !== spec.uuid);
  for (const { id, address } of wanted) {
    const device = here.find((one) => one.id === id);
    if (device === undefined) return `device ${address} (${id}) is not offered here`;
    const holder = strangers.find((other) => holdsKin(other, device, here));
    if (holder !== undefined) return `device ${address} is held by guest ${holder.uuid}`;
  }
  return null;
}

const devicesOf = ({ pools, apart }: Offer): readonly DeviceFacts[] => [
  ...pools.flatMap(({ devices }) => devices),
  ...apart,
];

const holdsKin = (
  { devices = [] }: GuestSpec,
  device: DeviceFacts,
  here: readonly DeviceFacts[],
): boolean =>
  devices.some(
    ({ id }) =>
      id === device.id ||
      id === device.parent ||
      here.find((one) => one.id === id)?.parent === device.id,
  );
