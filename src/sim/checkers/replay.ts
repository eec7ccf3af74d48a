/**
 * L8: the same changes in the same order give the same state, on every process.
 *
 * Three pictures of one sequence must be one: the rows on disk; what a process has in memory, which
 * decided most of it and loaded the rest; and a follower that never decided anything and only
 * applied the change records.
 */
import type { Table } from '../../core/base/table.ts';
import type { Books } from '../../core/ledger/books.ts';
import { deviceHolds, devices } from '../../core/ledger/device-rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import * as rows from '../../core/ledger/rows.ts';
import type { SimDisk } from '../store.ts';
import { type Complaint, complaint } from './complaint.ts';

/** Every row of the tables as text, sorted: equal pictures are equal lists. */
export function pictureOf(tables: readonly Table[], view: View): string[] {
  return tables.flatMap((table) => lines(table, rowsOf(table, view)));
}

export function pictureOfDisk(tables: readonly Table[], disk: SimDisk): string[] {
  return tables.flatMap((table) => lines(table, [...(disk.rows.get(table.name)?.values() ?? [])]));
}

/** The first difference of two pictures, if there is one. */
export function differs(
  what: string,
  found: readonly string[],
  wanted: readonly string[],
): Complaint[] {
  const wantedLines = new Set(wanted);
  const foundLines = new Set(found);
  const extra = found.find((line) => !wantedLines.has(line));
  const absent = wanted.find((line) => !foundLines.has(line));
  if (extra === undefined && absent === undefined) return [];
  return [complaint('L8', `${what} has ${extra ?? 'nothing'} and lacks ${absent ?? 'nothing'}`)];
}

function lines(table: Table, found: readonly object[]): string[] {
  const columns = Object.keys(table.columns).toSorted();
  const text = (row: object) =>
    columns.map((column) => JSON.stringify((row as Record<string, unknown>)[column])).join(' ');
  return found.map((row) => `${table.name} ${text(row)}`).toSorted();
}

function rowsOf(table: Table, view: View): readonly object[] {
  const { books } = view;
  if (!books.keeps(table.name)) return [...view.rows(table).values()];
  return bookRows(table.name, books);
}

const there = <T>(list: readonly (T | undefined)[]): T[] =>
  list.filter((item): item is T => item !== undefined);

/** The rows of one of the ledger's own tables, which the books keep in shapes of their own. */
function bookRows(name: string, books: Books): readonly object[] {
  const consumers = [...books.consumers.values()];
  switch (name) {
    case rows.resourceClasses.name:
      return [...books.classes.values()];
    case rows.traits.name:
      return [...books.traits.values()];
    case rows.providers.name:
      return there(books.providers);
    case rows.inventories.name:
      return there(books.inventories).flatMap((held) => [...held.values()]);
    case rows.providerTraits.name:
      return books.providerTraits.flatMap((held, provider_id) =>
        [...(held ?? [])].map((trait_id) => ({ provider_id, trait_id })),
      );
    case rows.providerAggregates.name:
      return books.providerAggregates.flatMap((held, provider_id) =>
        [...(held ?? [])].map((aggregate_uuid) => ({ provider_id, aggregate_uuid })),
      );
    case rows.cells.name:
      return there(books.cells).flatMap((cells) => cells.map(({ row }) => row));
    case rows.consumers.name:
      return consumers.map(({ row }) => row);
    case rows.allocations.name:
      return consumers.flatMap(({ allocations }) => allocations);
    case rows.cellHolds.name:
      return consumers.flatMap(({ cellHolds }) => cellHolds);
    case rows.cellCpus.name:
      return there(books.pins.cores).flat();
    case devices.name:
      return there(books.providers).flatMap(({ id }) => books.devices.on(id));
    case deviceHolds.name:
      return [...books.devices.holds()];
    case rows.cellPages.name:
      return there(books.providers).flatMap(({ id }) => books.pages.of(id).map(({ row }) => row));
    case rows.pageHolds.name:
      return consumers.flatMap(({ pages }) => pages);
    case rows.cpuPins.name:
      return consumers.flatMap(({ pins }) => pins);
    case rows.slotGroups.name:
      return [...books.slotGroups.values()];
    default:
      return consumers.flatMap(({ slots }) => slots);
  }
}
