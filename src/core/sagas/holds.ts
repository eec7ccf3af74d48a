/**
 * Who holds what for a server: the server itself and, in a move, the run (table 3.1 of the facts).
 *
 *                        server's consumer      run's consumer
 *   at rest              its host               –
 *   in a move            destination            source
 *   moved                destination            –
 *   back                 source                 –
 *
 *   L5  both sides change in one call, so there is no instant with neither, or with three;
 *   L6  what source and destination share (a sharing provider) is the destination's alone, and the
 *       run holds only what the source has more of it.
 */
import { assert } from '../base/units.ts';
import type { Books, Consumer } from '../ledger/books.ts';
import { type Amount, type Claim, claimAll } from '../ledger/claim.ts';
import type { DeviceHoldRow } from '../ledger/device-rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { CellHoldRow, CpuPinRow, PageHoldRow, SlotRow } from '../ledger/rows.ts';
import type { Decision } from '../ports/reply.ts';
import type { Placement } from '../scheduler/ask.ts';
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

/** The server holds its place; what it held before, it holds no longer. */
export const claimPlace = (draft: Draft, server: Owner, place: Placement) =>
  claimAll(draft, [claimOf(server, server.uuid, 'INSTANCE', place)]);

/** The server holds the destination, the run holds the source. */
export const claimMove = (
  draft: Draft,
  server: Owner,
  run_id: string,
  source: Hold,
  place: Placement,
) =>
  claimAll(draft, [
    claimOf(server, run_id, 'MIGRATION', onlyAt(source, place)),
    claimOf(server, server.uuid, 'INSTANCE', place),
  ]);

/** The source less what the destination charges already. */
const onlyAt = (source: Hold, place: Placement): Hold => ({
  ...source,
  amounts: source.amounts.map((held) => less(held, place.amounts)).filter((a) => a.amount > 0),
});

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
    { ...claimOf(server, server.uuid, 'INSTANCE', source), whatever_units: true },
  ]);

/** Lets go of everything that the consumers hold. Letting go is never refused. */
export function letGo(draft: Draft, server: Owner, consumers: readonly string[]): void {
  const there = consumers.filter((uuid) => draft.books.consumers.has(uuid));
  const claims = there.map((uuid) => claimOf(server, uuid, 'INSTANCE', nothing));
  const freed: Decision<void, unknown> = claimAll(draft, claims);
  assert(freed.is === 'done', 'letting go was refused');
}
