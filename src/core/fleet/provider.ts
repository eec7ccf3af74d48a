/**
 * What a report makes of its host's root provider: inventories, NUMA cells, traits, aggregates.
 *
 * Each part compares what is reported now, what was reported last, and what the books hold (F1–F3,
 * registry.ts); what only others know of is left alone.
 */
import { timesRatio } from '../base/decimal.ts';
import { bumpGeneration } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import { inUse, putInventory } from '../ledger/inventory.ts';
import * as ledger from '../ledger/rows.ts';
import { mibOf } from '../topology/pages.ts';
import { classIdOf, traitIdOf } from './names.ts';
import type { HostReport, ReportedInventory } from './report.ts';
import type { HostReportRow } from './rows.ts';

export type LastReport = Omit<HostReportRow, 'host'>;

/** All that hangs on the provider; one new generation if anything of it changed. */
export function writeProvider(
  draft: Draft,
  provider: number,
  report: HostReport,
  last: LastReport,
): string[] {
  const mark = draft.mark;
  const unknown = [
    ...writeInventories(draft, provider, report.inventories, last),
    ...writeTraits(draft, provider, report.traits, last.traits),
  ];
  writeAggregates(draft, provider, report.aggregates, last.aggregates);
  writePages(draft, provider, report);
  writeCells(draft, provider, report);
  writeCores(draft, provider, report);
  if (draft.mark > mark) bumpGeneration(draft, provider);
  return unknown;
}

// ── inventories ──────────────────────────────────────────────────────────────────────────────

export function writeInventories(
  draft: Draft,
  provider: number,
  reported: readonly ReportedInventory[],
  { classes: last, reserved }: LastReport,
): string[] {
  const unknown: string[] = [];
  for (const one of reported) {
    const id = classIdOf(draft, one.resource_class);
    if (id === undefined) unknown.push(one.resource_class);
    else writeInventory(draft, provider, id, one, reserved?.[one.resource_class]);
  }
  for (const name of last) {
    if (reported.some((one) => one.resource_class === name)) continue;
    const id = draft.books.classByName.get(name)?.id ?? -1;
    const row = draft.books.inventory(provider, id);
    if (row !== undefined && !inUse(draft.books, provider, id)) {
      draft.remove(ledger.inventories, row);
    }
  }
  return unknown;
}

function writeInventory(
  draft: Draft,
  provider: number,
  resource_class_id: number,
  one: ReportedInventory,
  last_reserved: number | undefined,
): void {
  const before = draft.books.inventory(provider, resource_class_id);
  const inventory = {
    resource_class_id,
    total: one.total,
    reserved: reservedOf(one, before?.reserved, last_reserved),
    min_unit: one.min_unit ?? 1,
    max_unit: one.max_unit ?? one.total,
    step_size: one.step_size ?? 1,
    allocation_ratio: one.allocation_ratio ?? before?.allocation_ratio ?? one.initial_ratio,
    overhead: one.overhead ?? 0,
  };
  if (!sameRow(before, inventory)) putInventory(draft, provider, inventory);
}

/** By resource class, as a later report is held against it. */
export const keptBackOf = (all: readonly ReportedInventory[]): Record<string, number> =>
  Object.fromEntries(all.map((one) => [one.resource_class, keptBack(one)]));

/** As much of it as there can be. */
const keptBack = ({ reserved, total }: ReportedInventory): number => Math.min(reserved, total);

/** Others have changed it if the books do not say what the host said last. */
function reservedOf(
  one: ReportedInventory,
  before: number | undefined,
  last: number | undefined,
): number {
  const own = keptBack(one);
  const changed_by_others = before !== undefined && last !== undefined && before !== last;
  return changed_by_others && own === last ? Math.min(before, one.total) : own;
}

export function ratiosOf(
  draft: Draft,
  provider: number,
  report: HostReport,
): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const { resource_class } of report.inventories) {
    const id = draft.books.classByName.get(resource_class)?.id ?? -1;
    const row = draft.books.inventory(provider, id);
    if (row !== undefined) ratios[resource_class] = row.allocation_ratio;
  }
  return ratios;
}

// ── cells ────────────────────────────────────────────────────────────────────────────────────

function writeCells(draft: Draft, provider_id: number, report: HostReport): void {
  const held = [...(draft.books.cells[provider_id] ?? [])];
  const { VCPU = 1, MEMORY_MB = 1 } = ratiosOf(draft, provider_id, report);
  for (const one of report.cells) {
    const memory_mib = ordinaryMib(one);
    const row: ledger.CellRow = {
      provider_id,
      cell: one.cell,
      vcpus: timesRatio(one.cores, VCPU),
      cpus: one.cores,
      memory_mib,
      memory_limit_mib: timesRatio(memory_mib, MEMORY_MB),
    };
    const before = held.find(({ row: { cell } }) => cell === one.cell)?.row;
    if (!sameRow(before, row)) draft.put(ledger.cells, row);
  }
  for (const { row, vcpus_used, memory_mib_used } of held) {
    const reported = report.cells.some(({ cell }) => cell === row.cell);
    if (!reported && vcpus_used + memory_mib_used === 0) draft.remove(ledger.cells, row);
  }
}

const sameRow = (before: object | undefined, row: object): boolean =>
  before !== undefined &&
  Object.entries(row).every(([name, value]) => before[name as keyof typeof before] === value);

type ReportedCell = HostReport['cells'][number];

const ordinaryMib = ({ memory_mib, pages = [] }: ReportedCell): number =>
  Math.floor(
    pages.reduce((left, { total, size_kib }) => left - mibOf(total, size_kib), memory_mib),
  );

/** Pages that are held and no longer reported stay, as none: nobody else is given any (G2). */
function writePages(draft: Draft, provider_id: number, { cells }: HostReport): void {
  const now = cells.flatMap(({ cell, pages = [] }) =>
    pages.map(({ size_kib, total, reserved }) => ({
      provider_id,
      cell,
      size_kib,
      total,
      reserved: Math.min(reserved, total),
    })),
  );
  for (const row of now) {
    if (!sameRow(draft.books.pages.pool(row)?.row, row)) draft.put(ledger.cellPages, row);
  }
  for (const { row, used } of [...draft.books.pages.of(provider_id)]) {
    if (now.some(({ cell, size_kib }) => cell === row.cell && size_kib === row.size_kib)) continue;
    if (used === 0) draft.remove(ledger.cellPages, row);
    else if (row.total > 0) draft.put(ledger.cellPages, { ...row, total: 0, reserved: 0 });
  }
}

/** A CPU that is held and no longer reported stays its holder's: nobody else is offered it (P2). */
function writeCores(draft: Draft, provider_id: number, { cells }: HostReport): void {
  const before = [...(draft.books.pins.cores[provider_id] ?? [])];
  const now = cells.flatMap(({ cell, dedicated = [] }) =>
    dedicated.length === 0 ? [] : [{ provider_id, cell, cores: dedicated }],
  );
  for (const row of now) {
    const known = before.find(({ cell }) => cell === row.cell);
    if (JSON.stringify(known?.cores) === JSON.stringify(row.cores)) continue;
    draft.put(ledger.cellCpus, row);
  }
  for (const row of before) {
    if (!now.some(({ cell }) => cell === row.cell)) draft.remove(ledger.cellCpus, row);
  }
}

// ── traits and aggregates ────────────────────────────────────────────────────────────────────

export function writeTraits(
  draft: Draft,
  provider_id: number,
  reported: readonly string[],
  last: readonly string[],
): string[] {
  const unknown: string[] = [];
  for (const name of reported) {
    const trait_id = traitIdOf(draft, name);
    if (trait_id === undefined) unknown.push(name);
    else if (!draft.books.hasTrait(provider_id, trait_id)) {
      draft.put(ledger.providerTraits, { provider_id, trait_id });
    }
  }
  for (const name of last) {
    const trait_id = draft.books.traitByName.get(name)?.id ?? -1;
    if (!reported.includes(name) && draft.books.hasTrait(provider_id, trait_id)) {
      draft.remove(ledger.providerTraits, { provider_id, trait_id });
    }
  }
  return unknown;
}

function writeAggregates(
  draft: Draft,
  provider_id: number,
  reported: readonly string[],
  last: readonly string[],
): void {
  const has = (uuid: string) => draft.books.providerAggregates[provider_id]?.has(uuid) ?? false;
  for (const aggregate_uuid of reported) {
    if (!has(aggregate_uuid)) draft.put(ledger.providerAggregates, { provider_id, aggregate_uuid });
  }
  for (const aggregate_uuid of last) {
    if (reported.includes(aggregate_uuid) || !has(aggregate_uuid)) continue;
    draft.remove(ledger.providerAggregates, { provider_id, aggregate_uuid });
  }
}
