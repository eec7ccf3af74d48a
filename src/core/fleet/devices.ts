/**
 * What a report makes of a host's devices: a provider for each pool, below the host's own, and a
 * row for each device.
 *
 *   host ── host_0000:3b:00.0   CUSTOM_PCI_8086_1572 2, its traits
 *        ── host_0000:84:00.0   VGPU 8
 *
 * As elsewhere (F1–F3, registry.ts): the same report again changes nothing, traits that others gave
 * stay, and what is held is never taken away.
 */
import type { DeviceFacts } from '../devices/device.ts';
import { bumpGeneration } from '../ledger/claim.ts';
import type { DeviceRow, PlacedDevice } from '../ledger/device-rows.ts';
import {
  cleanedDevice,
  isUnclean,
  offerDevice,
  recountPool,
  withdrawDevice,
} from '../ledger/device-state.ts';
import type { Draft } from '../ledger/draft.ts';
import { changeProvider, createProvider, deleteProvider } from '../ledger/provider.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { classIdOf } from './names.ts';
import { writeTraits } from './provider.ts';
import type { HostReport, ReportedDevices, ReportedPool, UsedDevice } from './report.ts';

/** Gives the names that nobody knows. */
export function writeDevices(draft: Draft, root: number, report: HostReport): string[] {
  if (report.devices === undefined) return [];
  const { apart } = report.devices;
  const reported = {
    apart,
    pools: report.devices.pools.filter(({ uuid }) => isOurs(draft, root, uuid)),
  };
  const before = [...draft.books.devices.on(root)];
  const unknown: string[] = [];
  withdrawOthers(draft, root, before, reported);
  const ids = writePools(draft, report, reported.pools);
  const placed = [
    ...placedDevices(draft, reported.apart, null, unknown),
    ...reported.pools.flatMap((pool, at) => {
      const id = ids[at] ?? null;
      if (id === null) {
        unknown.push(`pool ${pool.uuid}`);
        return [];
      }
      unknown.push(...writePoolTraits(draft, id, pool, before));
      return placedDevices(draft, pool.devices, id, unknown);
    }),
  ];
  for (const one of placed) offerDevice(draft, root, one);
  const known = [...ids, ...before.map(({ pool_id }) => pool_id)];
  const pools = known.flatMap((id) => id ?? []);
  for (const pool of new Set(pools)) settlePool(draft, root, pool);
  return unknown;
}

/** Below this host's, or none yet: whatever a host says, no other's provider is touched. */
function isOurs({ books }: Draft, root: number, uuid: string): boolean {
  const known = books.provider(uuid);
  return known === undefined || (known.root_id === root && known.id !== root);
}

/** First what is gone: it leaves its names to what may have come in its place. */
function withdrawOthers(
  draft: Draft,
  root: number,
  before: readonly DeviceRow[],
  { pools, apart }: ReportedDevices,
): void {
  const there = new Set([...pools.flatMap(({ devices }) => devices), ...apart].map(({ id }) => id));
  const gone = before.filter(({ device }) => !there.has(device));
  for (const row of gone) withdrawDevice(draft, row);
  for (const pool of new Set(gone.flatMap(({ pool_id }) => pool_id ?? []))) {
    const { uuid } = draft.books.row(pool);
    if (!pools.some((one) => one.uuid === uuid)) settlePool(draft, root, pool);
  }
}

/** What was reported of the pool last, each of its devices says. */
function writePoolTraits(
  draft: Draft,
  id: number,
  { traits }: ReportedPool,
  before: readonly DeviceRow[],
): string[] {
  const mark = draft.mark;
  const one = before.find(({ pool_id }) => pool_id === id);
  const unknown = writeTraits(draft, id, traits, (one?.parked ?? one)?.facts.traits ?? []);
  if (draft.mark > mark) bumpGeneration(draft, id);
  return unknown;
}

function placedDevices(
  draft: Draft,
  devices: readonly DeviceFacts[],
  pool_id: number | null,
  unknown: string[],
): PlacedDevice[] {
  return devices.flatMap((facts) => {
    const resource_class_id = classIdOf(draft, facts.resource_class);
    if (resource_class_id !== undefined) return { pool_id, resource_class_id, facts };
    unknown.push(facts.resource_class);
    return [];
  });
}

/** A pool's inventories follow its devices; one that has none left is taken away. */
function settlePool(draft: Draft, root: number, pool: number): void {
  const { devices } = draft.books;
  if (draft.books.providers[pool] === undefined) return;
  const awaited = devices.on(root).some(({ parked }) => parked?.pool_id === pool);
  if (devices.isPool(pool)) {
    if (recountPool(draft, pool)) bumpGeneration(draft, pool);
  } else if (!awaited) deleteProvider(draft, pool); // refused where somebody else has hung on to it
}

export type CleanRefusal =
  | { readonly why: 'unknown-device' }
  /** It waits for nothing. */
  | { readonly why: 'not-cleaning' };

/** Whoever cleans devices says that one is clean; with `uses`: after that use. */
export function cleanDevice(
  draft: Draft,
  root: number,
  device: string,
  uses?: number,
): Decision<void, CleanRefusal> {
  const before = draft.books.devices.get(root, device);
  if (before === undefined) return no({ why: 'unknown-device' });
  if (!isUnclean(before) || (uses ?? before.uses) !== before.uses) {
    return no({ why: 'not-cleaning' });
  }
  cleanedDevice(draft, before);
  if (before.pool_id !== null) settlePool(draft, root, before.pool_id);
  return done(undefined);
}

/** What its host says it has cleaned; a word that comes too late changes nothing. */
export function writeCleaned(draft: Draft, root: number, { cleaned = [] }: HostReport): void {
  for (const { device, uses } of cleaned) cleanDevice(draft, root, device, uses);
}

/** What is there and waits to be cleaned. */
export const uncleanOn = (draft: Draft, root: number): readonly UsedDevice[] =>
  [...draft.books.devices.on(root)]
    .filter(({ state }) => state === 'cleaning')
    .map(({ device, facts: { address }, uses }) => ({ device, address, uses }));

// ── providers ────────────────────────────────────────────────────────────────────────────────

/**
 * Their providers' ids; null: it can have no name. Names follow addresses, which may have been
 * dealt out anew (DV2).
 */
function writePools(
  draft: Draft,
  report: HostReport,
  pools: readonly ReportedPool[],
): readonly (number | null)[] {
  const { books } = draft;
  const nameOf = ({ address }: ReportedPool) => `${report.host}_${address}`;
  for (const pool of pools) {
    const known = books.provider(pool.uuid);
    if (known === undefined || [nameOf(pool), aside(report, pool)].includes(known.name)) continue;
    changeProvider(draft, known.id, { name: aside(report, pool) });
  }
  return pools.map((pool) => {
    const taken = books.providerNamed(nameOf(pool)) ?? null;
    const free = taken === null || taken.uuid === pool.uuid;
    const name = free ? nameOf(pool) : aside(report, pool);
    return poolNamed(draft, report, pool, name);
  });
}

/** The name of a pool whose own is another's, for now. */
const aside = ({ host }: HostReport, { uuid }: ReportedPool): string => `${host}_${uuid}`;

function poolNamed(
  draft: Draft,
  report: HostReport,
  { uuid }: ReportedPool,
  name: string,
): number | null {
  const known = draft.books.provider(uuid);
  if (known?.name === name) return known.id;
  const written =
    known === undefined
      ? createProvider(draft, { uuid, name, parent_uuid: report.uuid })
      : changeProvider(draft, known.id, { name });
  return written.is === 'done' ? written.value.id : null;
}
