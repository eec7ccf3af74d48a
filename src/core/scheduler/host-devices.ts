/**
 * Which devices of the host a request would get: chosen here, claimed as chosen.
 *
 *   free devices ─► those that answer, near enough to the seat ─► the choice ─► amounts of pools
 *
 * What amounts alone ask of pools (`resources:VGPU=1`) is no choice of ours: the ledger picks, once
 * those chosen here are taken. Both must fit together.
 */
import type { DeviceAsk } from '../devices/alias.ts';
import { isNear } from '../devices/alias.ts';
import { chooseDevices } from '../devices/choice.ts';
import type { DeviceFacts } from '../devices/device.ts';
import type { Amount } from '../ledger/claim.ts';
import type { DeviceRow } from '../ledger/device-rows.ts';
import type { Placement } from './ask.ts';
import type { HostView } from './host-view.ts';
import type { Shape } from './plugin.ts';
import { amountsOn } from './tree-search.ts';

/** What cannot be: no devices for this seat. */
export const NO_DEVICES = -Infinity;

type Choice = readonly (readonly DeviceFacts[])[];

/** The devices for the seat that the host view holds; null: there is no way. */
export const choiceOn = (shape: Shape, host: HostView): Choice | null =>
  chooseDevices(shape.devices, freeDevices(host), cellsOfSeat(shape, host));

/** How good the seat is for devices: near ones for who asks, none wasted by who does not. */
export function deviceMerit(shape: Shape, host: HostView): number {
  if (host.devices.length === 0) return shape.devices.length === 0 ? 0 : NO_DEVICES;
  const cells = cellsOfSeat(shape, host);
  if (shape.devices.length === 0) return cells === null ? 0 : -countNear(freeDevices(host), cells);
  const choice = choiceOn(shape, host);
  if (choice === null || !fitTogether(shape, host, choice)) return NO_DEVICES;
  return cells === null ? 0 : countNear(choice.flat(), cells);
}

const countNear = (devices: readonly DeviceFacts[], cells: readonly number[]): number =>
  devices.filter((device) => isNear('required', device, cells)).length;

/** Null: the guest has no topology, and is near to nothing. */
function cellsOfSeat({ nodes }: Shape, host: HostView): readonly number[] | null {
  if (nodes.length === 0) return null;
  return nodes.flatMap((_, node) => host.cells[host.seat[node] ?? -1]?.row.cell ?? []);
}

/**
 * Those that anybody may take, the least useful to others first: of no network, parts of what is
 * split already, parts before wholes.
 */
export function freeDevices(host: HostView): readonly DeviceFacts[] {
  const free = host.books.devices.free(host.provider_id);
  const known = inOrder.get(free);
  if (known !== undefined) return known;
  const sorted = sortedByUse(host, free);
  inOrder.set(free, sorted);
  return sorted;
}

/** By what the books hold free, which is another list once anything about the host's devices is. */
const inOrder = new WeakMap<readonly DeviceRow[], readonly DeviceFacts[]>();

function sortedByUse(
  { books, provider_id }: HostView,
  free: readonly DeviceRow[],
): readonly DeviceFacts[] {
  if (free.length < 2) return free.map(({ facts }) => facts);
  const split = new Set(
    books.devices
      .on(provider_id)
      .filter(({ device }) => books.devices.holder(provider_id, device) !== undefined)
      .map(({ facts }) => facts.parent),
  );
  const use = ({ facts }: DeviceRow) =>
    (facts.physical_network === null ? 0 : 2) +
    (facts.parent !== null && split.has(facts.parent) ? 0 : 1);
  return free.toSorted((a, b) => use(a) - use(b)).map(({ facts }) => facts);
}

/** What is to be claimed by name. */
export function namedOf(shape: Shape, host: HostView, choice: Choice): Placement['devices'] {
  const { provider_id } = host;
  return choice.flatMap((devices, at) =>
    devices.map(({ id }) => ({
      provider_id,
      device: id,
      request: (shape.devices[at] as DeviceAsk).alias,
    })),
  );
}

/** What is free fits by itself: only what amounts alone ask of the same pools can be in its way. */
function fitTogether(shape: Shape, host: HostView, choice: Choice): boolean {
  return !asksPools(shape, host) || amountsWith(shape, host, choice) !== null;
}

function asksPools(shape: Shape, host: HostView): boolean {
  const { devices } = host.books;
  if (shape.groups.length === 0) {
    return shape.resources.some((wanted) => devices.isPool(host.sourceFor(wanted)));
  }
  const plain = plainAmounts(shape, host);
  return plain === null || plain.some(({ provider_id }) => devices.isPool(provider_id));
}

/** All amounts, those of the chosen devices among them; null: they do not fit together. */
export function amountsWith(
  shape: Shape,
  host: HostView,
  choice: Choice,
): readonly Amount[] | null {
  const plain = plainAmounts(shape, host);
  if (plain === null || choice.length === 0) return plain;
  const sums = new Map<string, Amount>();
  for (const one of [...plain, ...choice.flat().flatMap((facts) => amountOf(host, facts))]) {
    const at = `${one.provider_id} ${one.resource_class_id}`;
    sums.set(at, { ...one, amount: one.amount + (sums.get(at)?.amount ?? 0) });
  }
  const all = [...sums.values()];
  const fits = ({ provider_id, resource_class_id, amount }: Amount) =>
    host.books.column(resource_class_id).fits(provider_id, amount);
  return all.every(fits) ? all : null;
}

function plainAmounts(shape: Shape, host: HostView): readonly Amount[] | null {
  if (shape.groups.length > 0) return amountsOn(shape, host);
  return shape.resources.map((wanted) => ({
    provider_id: host.sourceFor(wanted),
    resource_class_id: wanted.id,
    amount: wanted.amount,
  }));
}

function amountOf(
  { books, provider_id }: HostView,
  { id: device }: DeviceFacts,
): readonly Amount[] {
  const { pool_id, resource_class_id } = books.devices.heldDevice({ provider_id, device });
  return pool_id === null ? [] : [{ provider_id: pool_id, resource_class_id, amount: 1 }];
}
