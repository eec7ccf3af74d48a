/**
 * Devices, told from rows and from what guests were made with.
 *
 *   DV1  no device is held twice, nor together with one that it is part of
 *   DV4  who holds devices of a pool holds as much of its class there, and who holds that, devices
 *   H4   no device of a machine is two guests', and each that a guest has there is held there
 */
import type { Books, Consumer } from '../../core/ledger/books.ts';
import { type DeviceHoldRow, type DeviceRow, deviceHolds } from '../../core/ledger/device-rows.ts';
import { type AllocationRow, allocations } from '../../core/ledger/rows.ts';
import type { Batch } from '../../core/ports/store.ts';
import { type Complaint, complaint } from './complaint.ts';
import type { WatchedHost } from './hosts.ts';

/** Asked after each commit, about those whose holds it touched. */
export function devicesAfter(books: Books, { changes }: Batch): Complaint[] {
  const owners = new Set(
    changes
      .filter(({ table }) => table === deviceHolds.name || table === allocations.name)
      .map(({ row }) => (row as DeviceHoldRow | AllocationRow).consumer_uuid),
  );
  return [...owners].flatMap((uuid) => {
    const consumer = books.consumers.get(uuid);
    return consumer === undefined ? [] : [...kinTwice(books, consumer), ...unpaid(books, consumer)];
  });
}

/** DV1: of everybody's holds, none is of a part or the whole of this one's. */
function kinTwice(books: Books, { devices }: Consumer): Complaint[] {
  return devices.flatMap((hold) => {
    const row = books.devices.get(hold.provider_id, hold.device);
    const there = [...books.devices.holds()].filter((one) => one !== hold && isOn(one, hold));
    const other = there.find((one) => {
      const its = books.devices.get(one.provider_id, one.device);
      return isKin(row, its) || one.device === hold.device;
    });
    if (other === undefined) return [];
    const what = `${hold.device} and ${other.device} of ${hold.provider_id}`;
    return [complaint('DV1', `${what} are held at once`)];
  });
}

const isOn = (a: DeviceHoldRow, b: DeviceHoldRow): boolean => a.provider_id === b.provider_id;
const isKin = (a: DeviceRow | undefined, b: DeviceRow | undefined): boolean =>
  a !== undefined && (a.facts.parent === b?.device || b?.facts.parent === a.device);

/** DV4. */
function unpaid(books: Books, { row, allocations: held, devices }: Consumer): Complaint[] {
  const counts = new Map<string, number>();
  const count = (pool: number, of: number, by: number) =>
    counts.set(`${of} of ${pool}`, (counts.get(`${of} of ${pool}`) ?? 0) + by);
  for (const { provider_id, resource_class_id, used } of held) {
    if (books.devices.isPool(provider_id)) count(provider_id, resource_class_id, used);
  }
  for (const hold of devices) {
    const { pool_id, resource_class_id } = books.devices.heldDevice(hold);
    if (pool_id !== null) count(pool_id, resource_class_id, -1);
  }
  return [...counts]
    .filter(([, left]) => left !== 0)
    .map(([what, left]) => complaint('DV4', `${row.uuid} pays for ${left} more of ${what}`));
}

/** H4, of one machine. `holders`: who may hold something for a guest. */
export function devicesOfGuests(
  books: Books,
  { name, specs }: WatchedHost,
  holders: (uuid: string) => readonly string[],
): Complaint[] {
  const provider = books.providerNamed(name)?.id ?? -1;
  const owners = new Map<string, string>();
  return specs.flatMap(({ uuid, devices = [] }) =>
    devices.flatMap(({ id }) => {
      const other = owners.get(id);
      owners.set(id, uuid);
      if (other !== undefined && other !== uuid) {
        return [complaint('H4', `device ${id} of ${name} is ${other}'s and ${uuid}'s`)];
      }
      const holder = books.devices.holder(provider, id)?.consumer_uuid;
      if (holder !== undefined && holders(uuid).includes(holder)) return [];
      return [complaint('H4', `guest ${uuid} has ${id} of ${name}, which is not held for it`)];
    }),
  );
}
