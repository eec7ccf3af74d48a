/**
 * Who holds what for a server: the server itself and, in a move, the run (table 3.1 of the facts).
 *
 *                        server's consumer      run's consumer
 *   at rest              its host               –
 *   in a move            destination            source
 *   moved                destination            –
 *   back                 source                 –
 *   evacuated            destination, and the   –
 *                        dead source until it is clean (servers/evacuations.ts)
 *   beside itself        new flavor             old flavor, on the same host
 *
 *   L5  both sides change in one call, so there is no instant with neither, or with three;
 *   L6  what source and destination share (a sharing provider) is the destination's alone, and the
 *       run holds only what the source has more of it. A host does not share with itself: there
 *       both are held in full, but for devices that are the same: one guest at a time has them.
 */
import { assert } from '../base/units.ts';
import type { Books, Consumer } from '../ledger/books.ts';
import { type Amount, type Claim, type ClaimRefusal, claimAll } from '../ledger/claim.ts';
import type { DeviceHoldRow, DeviceRow } from '../ledger/device-rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { CellHoldRow, CpuPinRow, PageHoldRow, SlotRow } from '../ledger/rows.ts';
import type { Decision } from '../ports/reply.ts';
import type { Placement } from '../scheduler/ask.ts';
import { type EvacuationRow, evacuations, inQuarantine } from '../servers/evacuations.ts';
import type { ServerRow } from '../servers/rows.ts';

/** All that a consumer holds, as it would be claimed again. */
export interface Hold {
  readonly amounts: readonly Amount[];
  readonly cells: readonly Omit<CellHoldRow, 'consumer_uuid'>[];
  readonly pins: readonly Omit<CpuPinRow, 'consumer_uuid'>[];
  readonly pages: readonly Omit<PageHoldRow, 'consumer_uuid'>[];
  /** A run that an older program began noted none: then it keeps what it has. */
  readonly devices?: readonly Omit<DeviceHoldRow, 'consumer_uuid'>[];
  readonly slots: readonly Omit<SlotRow, 'consumer_uuid'>[];
}

const nothing: Hold = { amounts: [], cells: [], pins: [], pages: [], devices: [], slots: [] };

export function holdOf(books: Books, consumer_uuid: string): Hold {
  const consumer = books.consumers.get(consumer_uuid);
  return consumer === undefined ? nothing : asHold(consumer);
}

/**
 * What it holds where it is, for a run to give it back later: what is in quarantine for it may be
 * free by then.
 */
export const ownHoldOf = (draft: Draft, server: Pick<ServerRow, 'uuid'>): Hold =>
  outside(draft, server, holdOf(draft.books, server.uuid));

const asHold = ({ allocations, cellHolds, pins, pages, devices, slots }: Consumer): Hold => ({
  amounts: allocations.map(({ provider_id, resource_class_id, used }) => ({
    provider_id,
    resource_class_id,
    amount: used,
  })),
  cells: cellHolds.map(({ consumer_uuid: _, ...cell }) => cell),
  pins: pins.map(({ consumer_uuid: _, ...pin }) => pin),
  pages: pages.map(({ consumer_uuid: _, ...held }) => held),
  devices: devices.map(({ consumer_uuid: _, ...held }) => held),
  slots: slots.map(({ consumer_uuid: _, ...slot }) => slot),
});

type Owner = Pick<ServerRow, 'uuid' | 'project_id' | 'user_id'>;

const claimOf = (
  { project_id, user_id }: Owner,
  consumer_uuid: string,
  consumer_type: 'INSTANCE' | 'MIGRATION',
  hold: Hold,
): Claim => ({ consumer_uuid, project_id, user_id, consumer_type, ...hold });

/** The server holds this, and what is in quarantine for it. */
const serverClaim = (draft: Draft, server: Owner, hold: Hold): Claim => {
  const shut = inQuarantine(draft, server.uuid);
  const kept = part(holdOf(draft.books, server.uuid), shut);
  const own = part(hold, (held) => !shut(held));
  return claimOf(server, server.uuid, 'INSTANCE', {
    amounts: [...own.amounts, ...kept.amounts],
    cells: [...own.cells, ...kept.cells],
    pins: [...own.pins, ...kept.pins],
    pages: [...own.pages, ...kept.pages],
    ...(own.devices && { devices: [...own.devices, ...(kept.devices ?? [])] }),
    slots: own.slots,
  });
};

const part = (hold: Hold, is: (held: { readonly provider_id: number }) => boolean): Hold => ({
  amounts: hold.amounts.filter(is),
  cells: hold.cells.filter(is),
  pins: hold.pins.filter(is),
  pages: hold.pages.filter(is),
  ...(hold.devices && { devices: hold.devices.filter(is) }),
  slots: hold.slots.filter(is),
});

/** The server holds its place; what it held before, it holds no longer. */
export const claimPlace = (draft: Draft, server: Owner, place: Placement) =>
  claimAll(draft, [serverClaim(draft, server, place)]);

/** The server holds its place, and the dead host that it comes from is in quarantine for it. */
export function claimEvacuation(
  draft: Draft,
  server: Owner,
  evacuation: EvacuationRow,
  place: Placement,
): Decision<void, ClaimRefusal> {
  draft.put(evacuations, evacuation);
  return claimPlace(draft, server, place);
}

/** The server holds the destination, the run holds the source. */
export const claimMove = (
  draft: Draft,
  server: Owner,
  run_id: string,
  source: Hold,
  place: Placement,
) =>
  claimAll(draft, [
    claimOf(
      server,
      run_id,
      'MIGRATION',
      onlyAt(draft.books, outside(draft, server, source), place),
    ),
    serverClaim(draft, server, place),
  ]);

/** Without what is in quarantine: that moves with nobody. */
function outside(draft: Draft, server: Pick<ServerRow, 'uuid'>, hold: Hold): Hold {
  const shut = inQuarantine(draft, server.uuid);
  return part(hold, (held) => !shut(held));
}

/** The source less what the destination charges already. */
function onlyAt(books: Books, source: Hold, place: Placement): Hold {
  const own = books.treeOf(place.provider_id);
  const shared = place.amounts.filter(({ provider_id }) => !own.includes(provider_id));
  const amounts = source.amounts.map((held) => less(held, shared)).filter((a) => a.amount > 0);
  return withoutDevices(books, { ...source, amounts }, (one) => place.devices.some(isSame(one)));
}

type HeldDevice = Omit<DeviceHoldRow, 'consumer_uuid'>;

const isSame = (one: HeldDevice) => (other: HeldDevice) =>
  one.provider_id === other.provider_id && one.device === other.device;

/** Less these devices, and what is paid for them. */
function withoutDevices(books: Books, hold: Hold, go: (held: HeldDevice) => boolean): Hold {
  if (hold.devices === undefined) return hold;
  const paid = hold.devices.filter(go).map((held) => books.devices.heldDevice(held));
  const rest = (held: Amount): number =>
    held.amount - paid.filter((device) => isPaidBy(device, held)).length;
  return {
    ...hold,
    amounts: hold.amounts
      .map((held) => ({ ...held, amount: rest(held) }))
      .filter(({ amount }) => amount > 0),
    devices: hold.devices.filter((held) => !go(held)),
  };
}

const isPaidBy = (device: DeviceRow, { provider_id, resource_class_id }: Amount): boolean =>
  device.pool_id === provider_id && device.resource_class_id === resource_class_id;

/** Whether an alias asked for it: what an amount alone asked for is chosen by the ledger. */
const isNamed = ({ request }: HeldDevice): boolean => request !== '';

export const hasNamedDevices = (books: Books, server: Pick<ServerRow, 'uuid'>): boolean =>
  holdOf(books, server.uuid).devices?.some(isNamed) === true;

/** For a trial: as if it had let go of the devices that it may have again where it is. */
export function letGoDevices(draft: Draft, server: Owner): void {
  const hold = withoutDevices(draft.books, holdOf(draft.books, server.uuid), isNamed);
  const claim = claimOf(server, server.uuid, 'INSTANCE', hold);
  const freed = claimAll(draft, [{ ...claim, whatever_units: true }]);
  assert(freed.is === 'done', 'holding less was refused');
}

const less = (held: Amount, charged: readonly Amount[]): Amount => {
  const same = charged.find(
    (one) =>
      one.provider_id === held.provider_id && one.resource_class_id === held.resource_class_id,
  );
  return { ...held, amount: held.amount - (same?.amount ?? 0) };
};

/** Back as it was: the server holds the source again, the run nothing. */
export const claimBack = (draft: Draft, server: Owner, run_id: string, source: Hold) =>
  claimAll(draft, [
    claimOf(server, run_id, 'MIGRATION', nothing),
    { ...serverClaim(draft, server, source), whatever_units: true },
  ]);

/** Lets go of all that the consumers hold, but for quarantine. Letting go is never refused. */
export function letGo(draft: Draft, server: Owner, consumers: readonly string[]): void {
  const there = consumers.filter((uuid) => draft.books.consumers.has(uuid));
  const claims = there.map((uuid) =>
    uuid === server.uuid
      ? { ...serverClaim(draft, server, nothing), whatever_units: true }
      : claimOf(server, uuid, 'INSTANCE', nothing),
  );
  const freed: Decision<void, unknown> = claimAll(draft, claims);
  assert(freed.is === 'done', 'letting go was refused');
}
