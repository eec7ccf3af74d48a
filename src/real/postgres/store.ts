/**
 * The store on PostgreSQL: one database, any number of processes. Twin: sim/store.ts; the store on
 * a file is real/sqlite-store.ts.
 *
 *   begin     BEGIN; lock the head row, so that commits of all processes are in one order (ST1);
 *             what others wrote since is read from their change records
 *   commit    one statement with all of the batch, then COMMIT: two round trips
 *   records   on a second connection, so that nobody waits for a turn (ST6)
 *
 * A process that is stopped while it holds the head row would hold up all the others. The server
 * ends such a session after IDLE_MS, and what that process then commits is refused: its transaction
 * is gone. A connection that breaks before COMMIT was sent has written nothing; one that breaks
 * after it is `lost`, and the next `begin` tells (ST4).
 *
 * Only what the server or the network may do is a `Reply`. A row that a table refuses is our bug.
 */
import pg from 'pg';
import type { Table } from '../../core/base/table.ts';
import { Turn } from '../../core/base/turn.ts';
import { assert } from '../../core/base/units.ts';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import type { Batch, Head, Store, StoreRefusal } from '../../core/ports/store.ts';
import { type History, history, versionOf } from '../schema-history.ts';
import { names } from '../sql-names.ts';
import { rowsOf } from './columns.ts';
import { bringUpToDate } from './schema.ts';
import { Broken, InUse, Session } from './session.ts';
import { changesOf, commitStatement, fillStatement, type Tables } from './statements.ts';
import { understood } from './understood.ts';

/** Any number, as long as it is ours. */
const SOLE_LOCK = 0x736f6c65;
/** How long a session may hold the head row without a word, and others wait for it. */
const IDLE_MS = 4_000;
const LOCK_MS = 10_000;
/** How many change records are kept at least; pruned every PRUNED_EACH batches. */
const RECORDS_KEPT = 10_000;
const PRUNED_EACH = 256;
const RECORDS_KEPT_CHARACTERS = 64 * 2 ** 20;
/** Rows that are fetched at once. */
const FETCHED = 5_000;

export interface PostgresOptions {
  /** e.g. postgres://user@host/database */
  readonly url: string;
  /** The schema that our tables are in. */
  readonly schema?: string;
  /**
   * Whether no other process may be at work on it: one that tries is told `in-use`, and so is this
   * one while others share it.
   */
  readonly sole?: boolean;
  /** How its shape came about; left out: as it did. */
  readonly history?: History;
}

export type OpenedPostgres =
  | { readonly is: 'opened'; readonly store: PostgresStore }
  /** Another process serves from it. */
  | { readonly is: 'in-use' }
  /** It was written by a newer Plimsoll: start that one. Nothing was touched. */
  | { readonly is: 'newer-version'; readonly version: number; readonly ours: number }
  /** An older program that is at work would lose what it needs: stop it first. */
  | { readonly is: 'older-at-work'; readonly process: string; readonly needs: number }
  /** Nobody answers there, or we may not: address, name or password is wrong, or it is down. */
  | { readonly is: 'unreachable'; readonly message: string };

export async function openPostgresStore(
  { url, schema = 'plimsoll', sole = false, history: all = history }: PostgresOptions,
  tables: readonly Table[],
): Promise<OpenedPostgres> {
  assert(/^[a-z_][a-z0-9_]*$/.test(schema), `${schema} is no name for a schema`);
  const setup = [
    `SET search_path = "${schema}"`,
    `SET idle_in_transaction_session_timeout = ${IDLE_MS}`,
    `SET lock_timeout = ${LOCK_MS}`,
    'SET synchronous_commit = on',
    'SET client_min_messages = warning',
  ].join('; ');
  const lock = { space: SOLE_LOCK, name: schema, share: !sole };
  const writer = new Session({ url, setup, lock });
  const reader = new Session({ url, setup, lock: null });
  try {
    const shape = await bringUpToDate(writer, schema, tables, all);
    if (shape.is === 'ready') {
      return {
        is: 'opened',
        store: new PostgresStore({ writer, reader, tables, sole, ours: versionOf(all) }),
      };
    }
    await writer.close();
    return shape;
  } catch (error) {
    writer.cut();
    if (error instanceof InUse) return { is: 'in-use' };
    if (!isTrouble(error)) throw error;
    return { is: 'unreachable', message: error.message };
  }
}

interface StoreParts {
  readonly writer: Session;
  readonly reader: Session;
  readonly tables: readonly Table[];
  readonly sole: boolean;
  readonly ours: number;
}

export class PostgresStore implements Store {
  readonly shared: boolean;
  readonly #writer: Session;
  readonly #reader: Session;
  readonly #tables: Tables;
  readonly #turn = new Turn();
  /** The version of our program. */
  readonly #ours: number;

  constructor({ writer, reader, tables, sole, ours }: StoreParts) {
    this.#ours = ours;
    this.shared = !sole;
    this.#writer = writer;
    this.#reader = reader;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
  }

  /**
   * All tables as of one moment: one snapshot, read piece by piece. The server is asked for the
   * next piece before the last one is looked at, so that both work.
   */
  async load(visit: (table: Table, row: object) => void): Promise<{ sequence: number }> {
    const session = this.#reader;
    await session.open();
    await session.ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const sequence = await headSequence(session);
    for (const table of this.#tables.values()) {
      const columns = names(Object.keys(table.columns));
      const from = `"${table.name}" ORDER BY ${names(table.primary)}`;
      await session.ask(`DECLARE rows NO SCROLL CURSOR FOR SELECT ${columns} FROM ${from}`);
      const fetch = () => ask(session, `FETCH ${FETCHED} FROM rows`);
      const toRow = rowsOf(table);
      for (let coming: Promise<unknown[][]> | null = fetch(); coming !== null; ) {
        const rows: unknown[][] = await coming;
        coming = rows.length === FETCHED ? fetch() : null;
        for (const values of rows) visit(table, toRow(values));
      }
      await session.ask('CLOSE rows');
    }
    await session.ask('COMMIT');
    return { sequence };
  }

  async begin(since: number): Promise<Reply<Head, StoreRefusal>> {
    await this.#turn.take();
    await new Promise((resolve) => setImmediate(resolve));
    try {
      await this.#writer.open();
      await this.#writer.ask('BEGIN');
      const [sequence, now_ms, works_from] = await lockedHead(this.#writer);
      const isOurs = works_from <= this.#ours; // else what we would need was taken away
      const missed = isOurs ? await this.#recordsAfter(this.#writer, since, sequence) : null;
      if (missed !== null) return done({ sequence, missed, now_ms });
      await this.#writer.ask('ROLLBACK');
      return this.#end(no({ why: 'pruned' }));
    } catch (error) {
      return this.#end(await this.#refuse(error));
    }
  }

  async commit(batch: Batch): Promise<Reply<void, StoreRefusal>> {
    try {
      await this.#writer.ask({ ...commitStatement(this.#tables, batch), rowMode: 'array' });
      if (batch.sequence % PRUNED_EACH === 0) await this.#writer.ask(pruneSql(batch.sequence));
    } catch (error) {
      return this.#end(await this.#refuse(error));
    }
    try {
      await this.#writer.ask('COMMIT');
      return this.#end(done(undefined));
    } catch (error) {
      if (error instanceof Broken) return this.#end(lost);
      return this.#end(await this.#refuse(error));
    }
  }

  async rollback(): Promise<void> {
    try {
      await this.#writer.ask('ROLLBACK');
    } catch (error) {
      if (!isTrouble(error)) throw error;
    }
    this.#end(undefined);
  }

  async records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>> {
    try {
      await this.#reader.open();
      const sequence = await headSequence(this.#reader);
      const found = await this.#recordsAfter(this.#reader, since, sequence, limit);
      return found === null ? no({ why: 'pruned' }) : done(found);
    } catch (error) {
      if (!isTrouble(error)) throw error;
      return no(unavailable(error));
    }
  }

  /** Writes all of it into an empty database, or nothing: how one database is copied to another. */
  async fill(
    tables: ReadonlyMap<Table, readonly object[]>,
    sequence: number,
  ): Promise<'filled' | 'not-empty'> {
    const session = this.#writer;
    await session.open();
    await session.ask('BEGIN');
    if ((await headSequence(session, 'FOR UPDATE')) !== 0) {
      await session.ask('ROLLBACK');
      return 'not-empty';
    }
    for (const [table, rows] of tables) {
      for (let at = 0; at < rows.length; at += FETCHED) {
        const statement = fillStatement(table, rows.slice(at, at + FETCHED));
        await session.ask({ ...statement, rowMode: 'array' });
      }
    }
    await ask(session, 'UPDATE head SET sequence = $1', [sequence]);
    await session.ask('COMMIT');
    return 'filled';
  }

  async close(): Promise<void> {
    await this.#turn.take();
    await Promise.all([this.#writer.close(), this.#reader.close()]);
    this.#turn.give();
  }

  /** Leaves as a dying process would: in the middle of whatever it was about. For tests. */
  crash(): void {
    this.#writer.cut();
    this.#reader.cut();
  }

  async #recordsAfter(
    session: Session,
    since: number,
    head: number,
    most?: number,
  ): Promise<Batch[] | null> {
    const found = await recordsAfter(session, since, head, most);
    const look = (text: string, values: unknown[]) => ask(session, text, values);
    return found === null ? null : understood(look, this.#tables, found);
  }

  /** Takes back whatever was begun; what is not the server's doing is ours, and flies on. */
  async #refuse(error: unknown): Promise<Reply<never, StoreRefusal>> {
    if (!(error instanceof Broken)) {
      await this.#writer.ask('ROLLBACK').catch(() => this.#writer.cut());
    }
    if (!isTrouble(error)) throw error;
    return no(unavailable(error));
  }

  #end<T>(value: T): T {
    this.#turn.give();
    return value;
  }
}

async function ask(session: Session, text: string, values: unknown[] = []): Promise<unknown[][]> {
  const answer = await session.ask({ text, values, rowMode: 'array' });
  assert(!Array.isArray(answer), 'one statement, one answer');
  return answer.rows;
}

async function lockedHead(
  session: Session,
): Promise<[sequence: number, now_ms: number, works_from: number]> {
  const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
  const rows = await ask(session, `SELECT sequence, ${now}, works_from FROM head FOR UPDATE`);
  return rows[0] as [number, number, number];
}

async function headSequence(session: Session, lock = ''): Promise<number> {
  return (await ask(session, `SELECT sequence FROM head ${lock}`))[0]?.[0] as number;
}

/** The batches from `since` to `head`, or the first of them; null when some are not there. */
async function recordsAfter(
  session: Session,
  since: number,
  head: number,
  most = head - since,
): Promise<Batch[] | null> {
  if (since === head) return [];
  if (since < 0 || since > head) return null;
  const limit = Math.min(most, head - since); // more may have come since `head` was read
  const found = (await ask(
    session,
    'SELECT sequence, changes FROM change_record WHERE sequence > $1 ORDER BY sequence LIMIT $2',
    [since, limit],
  )) as [number, string][];
  if (found.length !== limit) return null;
  if ((found[0]?.[0] ?? since + 1) !== since + 1) return null;
  return found.map(([sequence, record]) => ({ sequence, changes: changesOf(record) }));
}

/** Old records go, by number and by size. */
const pruneSql = (sequence: number): string => `
  DELETE FROM change_record WHERE sequence <= ${sequence - RECORDS_KEPT} OR sequence <= (
    SELECT max(sequence) FROM (
      SELECT sequence, sum(size) OVER (ORDER BY sequence DESC) AS total FROM change_record
    ) AS sized WHERE total > ${RECORDS_KEPT_CHARACTERS}
  )`;

/** Out of space, memory or connections; told to stop; waited too long: not of our making. */
const isTrouble = (error: unknown): error is Error =>
  error instanceof Broken ||
  (error instanceof pg.DatabaseError && /^(53|57|58|55P03|40)/.test(error.code ?? ''));

const unavailable = ({ message }: Error): StoreRefusal => ({ why: 'unavailable', message });
