/** What the database says, table by table: for checks that trust nothing that is in memory. */
import type { HostRow } from '../../core/fleet/rows.ts';
import { hosts } from '../../core/fleet/rows.ts';
import {
  type AllocationRow,
  allocations,
  type CellHoldRow,
  type CellPagesRow,
  type CellRow,
  cellHolds,
  cellPages,
  cells,
  type PageHoldRow,
  pageHolds,
} from '../../core/ledger/rows.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';
import type { SqliteStore } from '../../real/sqlite-store.ts';

export interface LedgerRows {
  readonly hosts: readonly HostRow[];
  readonly servers: readonly ServerRow[];
  readonly allocations: readonly AllocationRow[];
  readonly cells: readonly CellRow[];
  readonly cellHolds: readonly CellHoldRow[];
  readonly cellPages: readonly CellPagesRow[];
  readonly pageHolds: readonly PageHoldRow[];
}

export async function readLedgerRows(store: SqliteStore): Promise<LedgerRows> {
  const found = new Map<string, object[]>();
  await store.load((table, row) => {
    const list = found.get(table.name);
    if (list === undefined) found.set(table.name, [row]);
    else list.push(row);
  });
  const of = <Row>({ name }: { readonly name: string }) => (found.get(name) ?? []) as Row[];
  return {
    hosts: of<HostRow>(hosts),
    servers: of<ServerRow>(servers),
    allocations: of<AllocationRow>(allocations),
    cells: of<CellRow>(cells),
    cellHolds: of<CellHoldRow>(cellHolds),
    cellPages: of<CellPagesRow>(cellPages),
    pageHolds: of<PageHoldRow>(pageHolds),
  };
}
