/**
 * The store on SQLite: one file, one process, one `fsync` a batch. Twin: sim/store.ts.
 *
 *   begin     waits for a turn of the event loop, so that requests which arrived with this one
 *             join its batch, then opens the transaction
 *   commit    rows, one change record and the new sequence; WAL with synchronous = FULL, so the
 *             answer comes after the bytes are on the disk (ST3)
 *
 * One process at a time: the file's lock is taken at the first read and held for the process's
 * life (locking_mode = EXCLUSIVE); the operating system frees it when the process dies, however.
 *
 * A commit that fails for want of space wrote nothing. One that fails with an I/O error may be
 * found in the log after a crash although SQLite took it back, so it is `lost`; the next `begin`
 * writes over what is left of it before it says what is there (ST4).
 *
 * Only what the disk may do is a `Reply`. A row that a table refuses is our bug, and is thrown.
 */
import Database from 'better-sqlite3';
import type { Change, Table } from '../core/base/table.ts';
import { Turn } from '../core/base/turn.ts';
import { assert, present } from '../core/base/units.ts';
import { done, lost, no, type Reply } from '../core/ports/reply.ts';
import type { Batch, Head, Store, StoreRefusal } from '../core/ports/store.ts';
import { SCHEMA_VERSION } from './schema-history.ts';
import { SqliteRecords } from './sqlite-records.ts';
import { type Line, SqliteRows } from './sqlite-rows.ts';
import { bringUpToDate, schemaVersion } from './sqlite-schema.ts';

/** What opening came to; the caller tells the operator, in a line. */
export type OpenedStore =
  | { readonly is: 'opened'; readonly store: SqliteStore }
  /** It was written by a newer Plimsoll: start that one. Nothing was touched. */
  | { readonly is: 'newer-version'; readonly version: number; readonly ours: number }
  /** The directory or file may not be written, or the disk will not. */
  | { readonly is: 'not-writable'; readonly message: string }
  /** Another process has it open: there can only be one. */
  | { readonly is: 'locked' }
  /** Not a database, not one of ours, or damaged: restore a copy. */
  | { readonly is: 'corrupt'; readonly message: string };

/** Pages of 4 KiB in the log before it is written back: fewer checkpoints, still a fast restart. */
const CHECKPOINT_PAGES = 4000;

export function openSqliteStore(path: string, tables: readonly Table[]): OpenedStore {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: 0 });
    return openOn(db, tables);
  } catch (error) {
    db?.close();
    return whyNot(error);
  }
}

function openOn(db: Database.Database, tables: readonly Table[]): OpenedStore {
  db.pragma('locking_mode = EXCLUSIVE');
  const version = schemaVersion(db);
  if (version === 'foreign') {
    db.close();
    return { is: 'corrupt', message: 'it is a database of another program' };
  }
  if (version !== null && version > SCHEMA_VERSION) {
    db.close();
    return { is: 'newer-version', version, ours: SCHEMA_VERSION };
  }
  const damage = db.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') {
    db.close();
    return { is: 'corrupt', message: String(damage) };
  }
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = OFF');
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma('cache_size = -65536');
  bringUpToDate(db, tables, version);
  return { is: 'opened', store: new SqliteStore(db, tables) };
}

function whyNot(error: unknown): OpenedStore {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return { is: 'corrupt', message };
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return { is: 'locked' };
  if (code.startsWith('SQLITE_') || error instanceof TypeError) {
    return { is: 'not-writable', message };
  }
  throw error;
}

export class SqliteStore implements Store {
  /** For tests that provoke the disk; nobody else's. */
  readonly db: Database.Database;
  readonly #rows: ReadonlyMap<string, SqliteRows>;
  readonly #records: SqliteRecords;
  readonly #turn = new Turn();
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #advance: Database.Statement;
  #sequence: number;
  /** A commit ended in an I/O error, and its traces have not been written over yet. */
  #traces = false;
  #closed = false;

  constructor(db: Database.Database, tables: readonly Table[]) {
    this.db = db;
    this.#rows = new Map(tables.map((table) => [table.name, new SqliteRows(db, table)]));
    this.#records = new SqliteRecords(db, this.#rows);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#advance = db.prepare('UPDATE head SET sequence = ?');
    this.#sequence = db.prepare('SELECT sequence FROM head').pluck().get() as number;
  }

  async load(visit: (table: Table, row: object) => void): Promise<{ sequence: number }> {
    for (const rows of this.#rows.values()) {
      for (const row of rows.all()) visit(rows.table, row);
    }
    return { sequence: this.#sequence };
  }

  async begin(since: number): Promise<Reply<Head, StoreRefusal>> {
    await this.#turn.take();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#closed) return this.#end(no(unavailable('the store is closed')));
    try {
      if (this.#traces) this.#writeOverTraces();
      this.#begin.run();
      const missed = this.#records.after(since, this.#sequence);
      if (missed !== null) return done({ sequence: this.#sequence, missed });
      this.#rollback.run();
      return this.#end(no({ why: 'pruned' }));
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async commit(batch: Batch): Promise<Reply<void, StoreRefusal>> {
    assert(batch.sequence === this.#sequence + 1, `batch ${batch.sequence} out of order`);
    try {
      const lines = batch.changes.map((change) => this.#encode(change));
      this.#records.add(batch.sequence, lines);
      writeLast(lines);
      this.#advance.run(batch.sequence);
    } catch (error) {
      return this.#refuse(error);
    }
    try {
      this.#commit.run();
    } catch (error) {
      const refusal = this.#refuse(error);
      this.#traces = !codeOf(error).startsWith('SQLITE_FULL');
      return this.#traces ? lost : refusal;
    }
    this.#sequence = batch.sequence;
    return this.#end(done(undefined));
  }

  async rollback(): Promise<void> {
    this.#rollback.run();
    this.#end(undefined);
  }

  /** Between a begin and its commit nothing is written, so whatever is read was committed. */
  async records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>> {
    if (this.#closed) return no(unavailable('the store is closed'));
    try {
      const found = this.#records.after(since, this.#sequence, limit);
      return found === null ? no({ why: 'pruned' }) : done(found);
    } catch (error) {
      if (!isDiskTrouble(codeOf(error))) throw error;
      return no(unavailable((error as Error).message));
    }
  }

  /** Writes all of it into an empty database, or nothing: how one database is copied to another. */
  async fill(
    tables: ReadonlyMap<Table, readonly object[]>,
    sequence: number,
  ): Promise<'filled' | 'not-empty'> {
    if (this.#sequence !== 0) return 'not-empty';
    this.db.transaction(() => {
      for (const [table, all] of tables) {
        const rows = present(this.#rows.get(table.name), `table ${table.name} not declared`);
        for (const row of all) rows.put(rows.encode(row));
      }
      this.#advance.run(sequence);
    })();
    this.#sequence = sequence;
    return 'filled';
  }

  async close(): Promise<void> {
    await this.#turn.take();
    this.#closed = true;
    this.db.close();
    this.#turn.give();
  }

  #encode(change: Change): Line {
    const rows = present(this.#rows.get(change.table), `table ${change.table} not declared`);
    return { rows, change, values: rows.encode(change.row) };
  }

  #writeOverTraces(): void {
    this.#begin.run();
    this.#advance.run(this.#sequence);
    this.#commit.run();
    this.#traces = false;
  }

  /** Takes back whatever was begun; what is not the disk's doing is ours, and flies on. */
  #refuse(error: unknown): Reply<never, StoreRefusal> {
    if (this.db.inTransaction) this.#rollback.run();
    this.#records.forget(this.#sequence);
    if (!isDiskTrouble(codeOf(error))) throw error;
    return this.#end(no(unavailable((error as Error).message)));
  }

  #end<T>(value: T): T {
    this.#turn.give();
    return value;
  }
}

/** Writes the last change of each row: what the batch itself wrote over need not reach the disk. */
function writeLast(lines: readonly Line[]): void {
  const last = new Map<SqliteRows, Map<string, Line>>();
  for (const line of lines) {
    const key = line.rows.table.key(line.change.row);
    const found = last.get(line.rows);
    if (found === undefined) last.set(line.rows, new Map([[key, line]]));
    else found.set(key, line);
  }
  for (const [rows, byKey] of last) {
    for (const { change, values } of byKey.values()) {
      if (change.gone) rows.remove(change.row);
      else rows.put(values);
    }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Database.SqliteError ? error.code : '';

const isDiskTrouble = (code: string): boolean =>
  /^SQLITE_(FULL|IOERR|NOMEM|READONLY|CANTOPEN|BUSY)/.test(code);

const unavailable = (message: string): StoreRefusal => ({ why: 'unavailable', message });
