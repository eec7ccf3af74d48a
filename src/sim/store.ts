/**
 * The store's twin in memory: one disk, any number of processes on it, and the mishaps a test asks
 * for. Real: real/sqlite-store.ts. Both keep core/ports/store.contract.ts.
 *
 *   SimStore (a process's connection) ──┐
 *   SimStore (another, or the next life)├──► SimDisk: rows, sequence, change records, whose turn
 *
 * What was committed is on the disk and outlives every crash; what was not is nowhere. A process
 * that crashed hears no answer any more, and what it still asks is not done.
 *
 * It is stricter than SQL about rows (T1): one property a column, of the column's type.
 */
import type { Change, ColumnType, Table } from '../core/base/table.ts';
import { Turn } from '../core/base/turn.ts';
import { assert, never, present } from '../core/base/units.ts';
import { done, lost, no, type Reply } from '../core/ports/reply.ts';
import type { Batch, Head, Store, StoreRefusal } from '../core/ports/store.ts';

/** Asked before each begin and commit; null lets it pass. */
export interface StoreFaults {
  onBegin?(): 'refuse' | 'lose' | null;
  onCommit?(): 'refuse' | 'lose-done' | 'lose-undone' | null;
}

/** How many change records the disk keeps; who is further behind must load again. */
export const SIM_RECORDS_KEPT = 1000;

export class SimDisk {
  readonly rows = new Map<string, Map<string, object>>();
  readonly turn = new Turn();
  sequence = 0;
  records: Batch[] = [];
}

export class SimStore implements Store {
  readonly disk: SimDisk;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #faults: StoreFaults;
  /** A disk that was handed in may have others at work on it. */
  readonly shared: boolean;
  #mine = false;
  #dead = false;

  constructor(tables: readonly Table[], faults: StoreFaults = {}, disk?: SimDisk) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#faults = faults;
    this.shared = disk !== undefined;
    this.disk = disk ?? new SimDisk();
  }

  /** The process dies, between any two of its steps. */
  crash(): void {
    this.#dead = true;
    this.#end();
  }

  /** The process dies, and this is the store as its next life finds it. */
  reopen(): SimStore {
    this.crash();
    return new SimStore([...this.#tables.values()], this.#faults, this.disk);
  }

  async load(visit: (table: Table, row: object) => void): Promise<{ sequence: number }> {
    for (const table of this.#tables.values()) {
      const rows = [...(this.disk.rows.get(table.name)?.values() ?? [])];
      for (const row of rows.sort(byPrimary(table))) visit(table, row);
    }
    return { sequence: this.disk.sequence };
  }

  async begin(since: number): Promise<Reply<Head, StoreRefusal>> {
    if (this.#dead) return unheard();
    const fault = this.#faults.onBegin?.() ?? null;
    if (fault !== null) return fault === 'lose' ? lost : no(refused);

    await this.disk.turn.take();
    if (this.#dead) {
      this.disk.turn.give();
      return unheard();
    }
    this.#mine = true;
    const { sequence, records } = this.disk;
    const missed = records.filter((batch) => batch.sequence > since);
    if (missed.length === sequence - since) return done({ sequence, missed });
    this.#end();
    return no({ why: 'pruned' });
  }

  async commit(batch: Batch): Promise<Reply<void, StoreRefusal>> {
    if (this.#dead) return unheard();
    assert(this.#mine, 'a commit without a begin');
    const fault = this.#faults.onCommit?.() ?? null;
    if (fault === null || fault === 'lose-done') this.#write(batch);
    this.#end();
    switch (fault) {
      case null:
        return done(undefined);
      case 'refuse':
        return no(refused);
      case 'lose-done':
      case 'lose-undone':
        return lost;
      default:
        return never(fault);
    }
  }

  async rollback(): Promise<void> {
    if (this.#dead) return unheard();
    assert(this.#mine, 'a rollback without a begin');
    this.#end();
  }

  async records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>> {
    if (this.#dead) return unheard();
    const { sequence, records } = this.disk;
    const found = records.filter((batch) => batch.sequence > since);
    if (found.length !== sequence - since) return no({ why: 'pruned' });
    return done(found.slice(0, limit));
  }

  async close(): Promise<void> {
    this.crash();
  }

  #write(batch: Batch): void {
    const { disk } = this;
    assert(batch.sequence === disk.sequence + 1, `batch ${batch.sequence} out of order`);
    for (const change of batch.changes) this.#writeRow(change);
    disk.sequence = batch.sequence;
    disk.records.push(batch);
    if (disk.records.length > 2 * SIM_RECORDS_KEPT) {
      disk.records = disk.records.slice(-SIM_RECORDS_KEPT);
    }
  }

  #writeRow({ table: name, row, gone }: Change): void {
    const table = present(this.#tables.get(name), `table ${name} was not declared`);
    const rows = this.disk.rows.get(name) ?? new Map<string, object>();
    this.disk.rows.set(name, rows);
    if (gone) {
      rows.delete(table.key(row));
    } else {
      assertShape(table, row);
      rows.set(table.key(row), row);
    }
  }

  #end(): void {
    if (this.#mine) this.disk.turn.give();
    this.#mine = false;
  }
}

const refused: StoreRefusal = { why: 'unavailable', message: 'the store would not, as planned' };

/** The dead hear nothing. */
const unheard = <T>(): Promise<T> => new Promise(() => {});

function assertShape(table: Table, row: object): void {
  const columns = Object.entries(table.columns);
  for (const [column, type] of columns) {
    const value = (row as Readonly<Record<string, unknown>>)[column];
    assert(holds(type, value), `${table.name}.${column} (${type}) cannot be ${String(value)}`);
  }
  assert(Object.keys(row).length === columns.length, `a row of ${table.name} has a stray column`);
}

function holds(type: ColumnType, value: unknown): boolean {
  if (value === null) return type.endsWith('?') || type === 'json';
  switch (type) {
    case 'text':
    case 'text?':
      return typeof value === 'string';
    case 'integer':
    case 'integer?':
      return Number.isSafeInteger(value);
    case 'real':
    case 'real?':
      return Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'json':
    case 'json?':
      return value !== undefined;
    default:
      return never(type);
  }
}

const byPrimary = (table: Table) => (a: object, b: object) => {
  for (const column of table.primary as readonly never[]) {
    if (a[column] < b[column]) return -1;
    if (a[column] > b[column]) return 1;
  }
  return 0;
};
