/**
 * Claims: the one way in which anybody comes to hold anything, and the one way to let go.
 *
 *   before:  consumer A ── 4 VCPU on p, 8 GiB on p          claim A: { 2 VCPU on q }
 *   after:   consumer A ── 2 VCPU on q                      (a claim replaces all that it held)
 *
 * Several consumers change together or not at all, so a move is one call: the server now holds the
 * destination, the operation holds the source.
 *
 *   L1  no use, with the overhead of each consumer, rises past its limit; a claim that lowers (or
 *       keeps) it passes (PL-33), since lowering an inventory below its use is allowed;
 *   L2  a refused claim changes nothing (the draft is rolled back by whoever asked);
 *   L3  the same for NUMA cells and pages; a CPU, a device has one holder; no group's rule is
 *       broken;
 *   L6  an inventory that is charged by several of the claims is charged their sum, so the part of
 *       a sharing provider that stays where it is must be named by one of them only.
 */

import { assert, never, present } from '../base/units.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Books, Cell, Consumer } from './books.ts';
import {
  cellLimit,
  cellSize,
  noteOrdinary,
  overOrdinary,
  overPages,
  poolKey,
  takePages,
} from './claim-pages.ts';
import { completeDevices, type DeviceRefusal, letGoDevices, takeDevices } from './device-claims.ts';
import type { DeviceHoldRow } from './device-rows.ts';
import type { Draft } from './draft.ts';
import type { AllocationRow, CellHoldRow, CpuPinRow, PageHoldRow, SlotRow } from './rows.ts';
import * as rows from './rows.ts';

export interface Amount {
  readonly provider_id: number;
  readonly resource_class_id: number;
  readonly amount: number;
}

/** All that one consumer is to hold from now on. With no amounts it lets go of everything. */
export interface Claim {
  readonly consumer_uuid: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly consumer_type: string | null;
  /** What the caller saw; null: no such consumer. Left out: whatever it is (PL-35). */
  readonly seen_generation?: number | null;
  readonly amounts: readonly Amount[];
  /** True where it takes back what it held a moment ago, whatever units have become since. */
  readonly whatever_units?: boolean;
  /** Letting go of everything raises no generation: DELETE is so upstream, writing `{}` is not. */
  readonly quietly?: boolean;
  /** Left out, cells, CPUs, pages and slots stay as they are for as long as anything is held. */
  readonly cells?: readonly Omit<CellHoldRow, 'consumer_uuid'>[];
  readonly pins?: readonly Omit<CpuPinRow, 'consumer_uuid'>[];
  readonly pages?: readonly Omit<PageHoldRow, 'consumer_uuid'>[];
  readonly devices?: readonly Omit<DeviceHoldRow, 'consumer_uuid'>[];
  readonly slots?: readonly Omit<SlotRow, 'consumer_uuid'>[];
}

/** Why a claim was refused; data first, words at the rim. */
export type ClaimRefusal =
  /** The consumer is not as the caller saw it: read it again. */
  | { readonly why: 'consumer-generation'; readonly consumer_uuid: string }
  /** Ask somewhere else: this provider has none of the class. */
  | ({ readonly why: 'no-inventory' } & Amount)
  /** Ask for another amount. */
  | ({ readonly why: 'units' } & Amount)
  /** Wait, or ask somewhere else. */
  | ({ readonly why: 'full'; readonly used: number; readonly limit: number } & Amount)
  | {
      readonly why: 'cell-full';
      readonly provider_id: number;
      readonly cell: number;
      readonly resource: 'vcpus' | 'memory_mib';
      readonly asked: number;
      readonly free: number;
    }
  /** Choose another CPU: `holder` has this one; null: it is not for guests to hold. */
  | {
      readonly why: 'pinned';
      readonly provider_id: number;
      readonly cpu: number;
      readonly holder: string | null;
    }
  /** Choose another cell, or pages of another size. */
  | {
      readonly why: 'pages-full';
      readonly provider_id: number;
      readonly cell: number;
      readonly size_kib: number;
      readonly asked: number;
      readonly free: number;
    }
  | DeviceRefusal
  | {
      readonly why: 'group';
      readonly provider_id: number;
      readonly group_uuid: string;
      readonly policy: rows.SlotPolicy;
    };

/** Replaces what each of the consumers holds, or says why not. */
export function claimAll(draft: Draft, claims: readonly Claim[]): Decision<void, ClaimRefusal> {
  const { books } = draft;
  assertDistinct(claims);
  for (const claim of claims) {
    if (!seenAsIs(books, claim)) {
      return no({ why: 'consumer-generation', consumer_uuid: claim.consumer_uuid });
    }
  }

  const before: Before = {
    providers: new Set(),
    load: new Map(),
    cells: new Map(),
    pins: new Set(),
    pages: new Map(),
    ordinary: new Map(),
    devices: [],
  };
  for (const { amounts } of claims) noteOrdinary(books, amounts, before.ordinary);
  for (const claim of claims) letGo(draft, claim, before);

  for (const claim of claims) {
    const refusal = take(draft, claim, before);
    if (refusal !== null) return no(refusal);
  }
  const short = completeDevices(draft, claims, before.devices, before.providers);
  if (short !== null) return no(short);
  for (const claim of claims) {
    const refusal =
      overLimit(books, claim, before) ??
      overCell(books, claim, before) ??
      overPages(books, claim.pages ?? [], before.pages) ??
      overOrdinary(books, claim.amounts, before.ordinary) ??
      brokenGroup(books, claim);
    if (refusal !== null) return no(refusal);
  }

  for (const claim of claims) if (claim.amounts.length === 0) forget(draft, claim.consumer_uuid);
  // PL-34: as upstream, of a consumer that moves only the new providers' generations rise.
  for (const provider of before.providers) bumpGeneration(draft, provider);
  return done(undefined);
}

/** What the claims of one call take from, and what was taken where they let go. */
interface Before {
  readonly providers: Set<number>;
  /** By `spot`. */
  readonly load: Map<number, number>;
  readonly cells: Map<Cell, Pick<Cell, 'vcpus_used' | 'memory_mib_used'>>;
  /** CPUs that one of them held: it may have them back though the host offers them no more. */
  readonly pins: Set<string>;
  /** By `poolKey`. */
  readonly pages: Map<string, number>;
  /** Ordinary memory by provider, in MiB; only of hosts that have other pages too. */
  readonly ordinary: Map<number, number>;
  readonly devices: DeviceHoldRow[];
}

/** Raises a provider's generation: something about it, or its use, has changed (PL-34). */
export function bumpGeneration(draft: Draft, provider: number): void {
  const row = draft.books.row(provider);
  draft.put(rows.providers, {
    ...row,
    generation: row.generation + 1,
    updated_at_ms: draft.now_ms,
  });
}

function assertDistinct(claims: readonly Claim[]): void {
  if (claims.length < 2) return;
  const consumers = new Set(claims.map((claim) => claim.consumer_uuid));
  assert(consumers.size === claims.length, 'one call claims twice for a consumer');
}

function seenAsIs(books: Books, { consumer_uuid, seen_generation }: Claim): boolean {
  if (seen_generation === undefined) return true;
  const row = books.consumers.get(consumer_uuid)?.row;
  return (row?.generation ?? null) === seen_generation;
}

/** One number for a provider and a class; both are small. */
const spot = (a: { provider_id: number; resource_class_id: number }): number =>
  a.provider_id * 2 ** 20 + a.resource_class_id;

function letGo(draft: Draft, claim: Claim, before: Before): void {
  const { books } = draft;
  const consumer = books.consumers.get(claim.consumer_uuid);
  if (consumer === undefined) return;
  const none = claim.amounts.length === 0;
  for (const held of [...consumer.allocations]) {
    const at = spot(held);
    if (!before.load.has(at)) {
      before.load.set(at, books.column(held.resource_class_id).load(held.provider_id));
    }
    draft.remove(rows.allocations, held);
    if (none && claim.quietly !== true) before.providers.add(held.provider_id);
  }
  if (none || claim.cells !== undefined) letGoCells(draft, consumer, before);
  if (none || claim.pins !== undefined) letGoPins(draft, consumer, before);
  if (none || claim.pages !== undefined) letGoPages(draft, consumer, before);
  if (none || claim.slots !== undefined) letGoSlots(draft, consumer);
  letGoDevices(draft, consumer, before.devices);
}

function letGoPages(draft: Draft, consumer: Consumer, { pages }: Before): void {
  for (const hold of [...consumer.pages]) {
    const key = poolKey(hold);
    if (!pages.has(key)) pages.set(key, draft.books.pages.pool(hold)?.used ?? 0);
    draft.remove(rows.pageHolds, hold);
  }
}

function letGoCells(draft: Draft, consumer: Consumer, before: Before): void {
  for (const hold of [...consumer.cellHolds]) {
    const cell = draft.books.heldCell(hold);
    const { vcpus_used, memory_mib_used } = cell;
    if (!before.cells.has(cell)) before.cells.set(cell, { vcpus_used, memory_mib_used });
    draft.remove(rows.cellHolds, hold);
  }
}

function letGoPins(draft: Draft, consumer: Consumer, before: Before): void {
  for (const pin of [...consumer.pins]) {
    before.pins.add(pinKey(pin));
    draft.remove(rows.cpuPins, pin);
  }
}

const pinKey = ({ provider_id, cpu }: { provider_id: number; cpu: number }): string =>
  `${provider_id}/${cpu}`;

function letGoSlots(draft: Draft, consumer: Consumer): void {
  for (const slot of [...consumer.slots]) draft.remove(rows.slots, slot);
}

function take(draft: Draft, claim: Claim, before: Before): ClaimRefusal | null {
  const { consumer_uuid } = claim;
  if (claim.amounts.length === 0) return null;
  writeConsumer(draft, claim);
  for (const asked of claim.amounts) {
    const refusal = misfit(draft.books, asked, claim.whatever_units === true);
    if (refusal !== null) return refusal;
    before.providers.add(asked.provider_id);
    const twice = draft.put(rows.allocations, allocation(draft, consumer_uuid, asked));
    assert(twice === undefined, `${consumer_uuid} claims the same twice`);
  }
  for (const cell of claim.cells ?? []) draft.put(rows.cellHolds, { consumer_uuid, ...cell });
  for (const slot of claim.slots ?? []) draft.put(rows.slots, { consumer_uuid, ...slot });
  return (
    takePins(draft, claim, before) ??
    takePages(draft, consumer_uuid, claim.pages ?? []) ??
    takeDevices(draft, claim, before.devices)
  );
}

/** L3 for CPUs: each is looked at before it is taken, since its row has room for one holder. */
function takePins(draft: Draft, claim: Claim, before: Before): ClaimRefusal | null {
  const { pins } = draft.books;
  for (const pin of claim.pins ?? []) {
    const { provider_id, cpu } = pin;
    const holder = pins.holder(provider_id, cpu)?.consumer_uuid ?? null;
    const offered = pins.has(provider_id, cpu) || before.pins.has(pinKey(pin));
    if (holder !== null || !offered) return { why: 'pinned', provider_id, cpu, holder };
    draft.put(rows.cpuPins, { consumer_uuid: claim.consumer_uuid, ...pin });
  }
  return null;
}

function writeConsumer(draft: Draft, claim: Claim): void {
  const { consumer_uuid: uuid, project_id, user_id, consumer_type } = claim;
  const before = draft.books.consumers.get(uuid)?.row;
  draft.put(rows.consumers, {
    uuid,
    project_id,
    user_id,
    consumer_type,
    generation: (before?.generation ?? 0) + 1,
    claimed_by: draft.author,
    created_at_ms: before?.created_at_ms ?? draft.now_ms,
    updated_at_ms: draft.now_ms,
  });
}

const allocation = (draft: Draft, consumer_uuid: string, asked: Amount): AllocationRow => ({
  consumer_uuid,
  provider_id: asked.provider_id,
  resource_class_id: asked.resource_class_id,
  used: asked.amount,
  updated_at_ms: draft.now_ms,
});

function misfit(books: Books, asked: Amount, anySize: boolean): ClaimRefusal | null {
  const { provider_id: p, resource_class_id: c, amount } = asked;
  if (books.inventory(p, c) === undefined) return { why: 'no-inventory', ...asked };
  return anySize || books.column(c).sized(p, amount) ? null : { why: 'units', ...asked };
}

/** L1, looked at once all is taken, so that the claims of one call are judged by their sum. */
function overLimit(books: Books, claim: Claim, before: Before): ClaimRefusal | null {
  for (const asked of claim.amounts) {
    const column = books.column(asked.resource_class_id);
    const now = column.load(asked.provider_id);
    const limit = column.limit[asked.provider_id] as number;
    if (now <= limit || now <= (before.load.get(spot(asked)) ?? 0)) continue;
    return { why: 'full', used: now - asked.amount, limit, ...asked };
  }
  return null;
}

/** L3 for the cells that this claim names. */
function overCell(books: Books, claim: Claim, before: Before): ClaimRefusal | null {
  for (const hold of claim.cells ?? []) {
    const held = books.heldCell(hold);
    for (const resource of ['vcpus', 'memory_mib'] as const) {
      const now = held[`${resource}_used`];
      const asked = hold[resource];
      if (asked === 0 || now <= (before.cells.get(held)?.[`${resource}_used`] ?? 0)) continue;
      const [limit, size] = [cellLimit(held, hold, resource), cellSize(held, resource)];
      if (now <= limit && asked <= size) continue;
      const { provider_id, cell } = hold;
      const free = Math.min(size, limit - now + asked);
      return { why: 'cell-full', provider_id, cell, resource, asked, free };
    }
  }
  return null;
}

/** L3 for the groups that this claim has a slot in. */
function brokenGroup(books: Books, claim: Claim): ClaimRefusal | null {
  for (const slot of claim.slots ?? []) {
    const group = present(books.slotGroups.get(slot.group_uuid), `no group ${slot.group_uuid}`);
    if (groupAllows(books, group, slot)) continue;
    const { provider_id, group_uuid } = slot;
    return { why: 'group', provider_id, group_uuid, policy: group.policy };
  }
  return null;
}

/**
 * Whether a group's hard rule lets `member` be on the provider, beside the others there. Slots of
 * the member itself never exclude it: in a move it has one on either side. Soft rules always allow.
 */
export function groupAllows(
  books: Books,
  group: rows.SlotGroupRow,
  slot: { readonly provider_id: number; readonly member: string; readonly domain: string },
): boolean {
  const hosts = books.slotsOf.get(group.uuid);
  if (hosts === undefined) return true;
  const others = (hosts.get(slot.provider_id) ?? []).filter((s) => s.member !== slot.member);
  switch (group.policy) {
    case 'anti-affinity':
      return new Set(others.map((s) => s.member)).size < group.max_per_host;
    case 'fault-domain':
      return others.every((s) => s.domain === slot.domain);
    case 'affinity':
      return [...hosts].every(
        ([host, there]) =>
          host === slot.provider_id || there.every((s) => s.member === slot.member),
      );
    case 'soft-affinity':
    case 'soft-anti-affinity':
      return true;
    default:
      return never(group.policy);
  }
}

function forget(draft: Draft, consumer_uuid: string): void {
  const row = draft.books.consumers.get(consumer_uuid)?.row;
  if (row !== undefined) draft.remove(rows.consumers, row);
}
