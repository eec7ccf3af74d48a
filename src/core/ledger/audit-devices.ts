/** The books of devices held against themselves: DV1, DV4, and that lists say what tables say. */
import type { Books, Consumer } from './books.ts';
import type { DeviceHoldRow } from './device-rows.ts';

/** One sentence for each thing that is wrong. */
export function checkDevices(books: Books): string[] {
  const held = [...books.devices.holds()];
  const listed = [...books.consumers.values()].flatMap(({ devices }) => devices);
  const wrong = listed
    .filter((hold) => books.devices.holder(hold.provider_id, hold.device) !== hold)
    .map(({ provider_id, device }) => `B4: ${device} of ${provider_id} is kept otherwise`);
  if (held.length !== listed.length) {
    wrong.push(`B4: ${held.length} devices are kept, ${listed.length} are held`);
  }
  return [
    ...wrong,
    ...held.flatMap((hold) => checkHold(books, hold)),
    ...[...books.consumers.values()].flatMap((consumer) => checkCovered(books, consumer)),
  ];
}

/** The device is there, and nothing that it is part of is held as well. */
function checkHold(books: Books, { provider_id, device }: DeviceHoldRow): string[] {
  const row = books.devices.get(provider_id, device);
  if (row === undefined) return [`L4: device ${device} of ${provider_id} is held, and not there`];
  const { parent } = row.facts;
  if (parent === null || books.devices.holder(provider_id, parent) === undefined) return [];
  return [`DV1: ${device} and ${parent} of ${provider_id} are both held`];
}

/** DV4, by pool and class. */
function checkCovered(books: Books, { row, allocations, devices }: Consumer): string[] {
  const paid = new Map<string, number>();
  const count = (pool: number, held: number, by: number) => {
    const at = `${held} of pool ${pool}`;
    paid.set(at, (paid.get(at) ?? 0) + by);
  };
  for (const { provider_id, resource_class_id, used } of allocations) {
    const pool = books.devices.inPool(provider_id);
    const counts = pool.some((one) => one.resource_class_id === resource_class_id);
    if (counts) count(provider_id, resource_class_id, used);
  }
  for (const hold of devices) {
    const device = books.devices.get(hold.provider_id, hold.device);
    if (device?.pool_id != null) count(device.pool_id, device.resource_class_id, -1);
  }
  return [...paid]
    .filter(([, rest]) => rest !== 0)
    .map(([at, rest]) => `DV4: ${row.uuid} pays for ${rest} of class ${at} without a device`);
}
