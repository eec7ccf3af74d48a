/**
 * Goal: the SQLite store keeps the store's contract, opens or says why not without harm, and takes
 * a full or failing disk as an answer and not as an accident.
 * Method: the contract on a file each, where a crash is a copy of the files as they lie; then each
 * way of opening badly; then a disk with no pages left, and one whose COMMIT fails.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import Database from 'better-sqlite3';
import { type Table, table } from '../core/base/table.ts';
import { cells } from '../core/ledger/rows.ts';
import { contractTables, storeContract } from '../core/ports/store.contract.ts';
import { SCHEMA_VERSION } from './schema-history.ts';
import { RECORDS_KEPT } from './sqlite-records.ts';
import { openSqliteStore, SqliteStore } from './sqlite-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-store-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const freshPath = () => join(directory, `${++files}.db`);

function opened(path: string, tables: readonly Table[] = contractTables): SqliteStore {
  const outcome = openSqliteStore(path, tables);
  ok(outcome.is === 'opened', JSON.stringify(outcome));
  return outcome.store;
}

/** The files as a dead process would leave them, for the next life to open. */
function leftBehind(path: string): SqliteStore {
  const copy = freshPath();
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  return opened(copy);
}

for (const [promise, holds] of Object.entries(storeContract)) {
  test(`sqlite store: ${promise}`, async () => {
    const path = freshPath();
    await holds({ store: opened(path), crash: async () => leftBehind(path) });
  });
}

const mark = (a: number, b = '') => ({ table: 'mark', row: { a, b }, gone: false });

async function write(store: SqliteStore, sequence: number, changes = [mark(sequence)]) {
  await store.begin(sequence - 1);
  return store.commit({ sequence, changes });
}

test('a second process is told that the file is in use; the first is not disturbed', async () => {
  const path = freshPath();
  const first = opened(path);
  equal(openSqliteStore(path, contractTables).is, 'locked');
  equal((await write(first, 1)).is, 'done');
  await first.close();
  const second = opened(path);
  equal((await write(second, 2)).is, 'done');
  equal(openSqliteStore(path, contractTables).is, 'locked');
});

test('a database of a newer version is left as it is, byte by byte', async () => {
  const path = freshPath();
  const store = opened(path);
  store.db.prepare('UPDATE head SET schema_version = ?').run(SCHEMA_VERSION + 1);
  await store.close();
  const before = readFileSync(path);
  const outcome = openSqliteStore(path, contractTables);
  deepEqual(outcome, { is: 'newer-version', version: SCHEMA_VERSION + 1, ours: SCHEMA_VERSION });
  ok(before.equals(readFileSync(path)));
});

test('what is no database, or not ours, or damaged, is corrupt and is left alone', async () => {
  const text = freshPath();
  writeFileSync(text, 'My dear diary, '.repeat(500));
  equal(openSqliteStore(text, contractTables).is, 'corrupt');

  const foreign = freshPath();
  new Database(foreign).exec('CREATE TABLE recipe (name TEXT)').close();
  const before = readFileSync(foreign);
  equal(openSqliteStore(foreign, contractTables).is, 'corrupt');
  ok(before.equals(readFileSync(foreign)));

  const damaged = freshPath();
  const store = opened(damaged);
  for (let n = 1; n <= 20; n++) await write(store, n, [mark(n, 'x'.repeat(3000))]);
  await store.close();
  const bytes = readFileSync(damaged);
  bytes.fill(0x5a, 5 * 4096, 7 * 4096);
  writeFileSync(damaged, bytes);
  equal(openSqliteStore(damaged, contractTables).is, 'corrupt');
});

test('a place that cannot be written is an answer', () => {
  equal(openSqliteStore(join(directory, 'nowhere', 'x.db'), contractTables).is, 'not-writable');
  equal(openSqliteStore(directory, contractTables).is, 'not-writable');
  equal(openSqliteStore('/proc/plimsoll.db', contractTables).is, 'not-writable');
});

test('a table declared later appears; a column without a migration is our bug', async () => {
  const path = freshPath();
  await opened(path, contractTables.slice(0, 1)).close();
  const both = opened(path);
  equal((await both.load(() => {})).sequence, 0);
  await both.close();
  const changed = table<{ a: number; c: string }>({
    name: 'mark',
    columns: { a: 'integer', c: 'text' },
    primary: ['a'],
  });
  let thrown = '';
  try {
    openSqliteStore(path, [changed]);
  } catch (bug) {
    thrown = (bug as Error).message;
  }
  ok(thrown.includes('a migration to a, c is missing'), thrown);
});

test('cells of an older program keep what they had, without a ratio, till their host reports', async () => {
  const path = freshPath();
  const old = table<{ provider_id: number; cell: number; vcpus: number; memory_mib: number }>({
    name: cells.name,
    columns: { provider_id: 'integer', cell: 'integer', vcpus: 'integer', memory_mib: 'integer' },
    primary: ['provider_id', 'cell'],
  });
  const before = opened(path, [old as unknown as Table]);
  const row = { provider_id: 1, cell: 0, vcpus: 8, memory_mib: 1024 };
  await write(before, 1, [{ table: cells.name, row, gone: false } as never]);
  before.db.prepare('UPDATE head SET schema_version = 6').run();
  await before.close();
  const found: object[] = [];
  const now = opened(path, [cells as unknown as Table]);
  await now.load((_, one) => found.push(one));
  deepEqual(found, [{ ...row, cpus: 8, memory_limit_mib: 1024 }]);
  await now.close();
});

test('a full disk is answered no, nothing is changed, and there is life after it', async () => {
  const path = freshPath();
  const store = opened(path);
  await write(store, 1);
  store.db.pragma('max_page_count = 1');
  const many = Array.from({ length: 2000 }, (_, n) => mark(n, 'x'.repeat(100)));
  const reply = await write(store, 2, many);
  ok(reply.is === 'no' && reply.why.why === 'unavailable', JSON.stringify(reply));
  equal(store.db.prepare('SELECT count(*) FROM mark').pluck().get(), 1);
  equal((await store.load(() => {})).sequence, 1);

  store.db.pragma('max_page_count = 100000');
  equal((await write(store, 2, many)).is, 'done');
  equal((await leftBehind(path).load(() => {})).sequence, 2);
});

/** The database, but for a COMMIT that fails while `trouble.code` says how. */
function troubled(db: Database.Database, trouble: { code: string | null }): Database.Database {
  const prepare = (sql: string) => {
    const real = db.prepare(sql);
    if (sql !== 'COMMIT') return real;
    return {
      run: () => {
        if (trouble.code !== null) throw new Database.SqliteError('as planned', trouble.code);
        return real.run();
      },
    };
  };
  return new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('an I/O error at COMMIT is lost until the disk answers; then it is not there', async () => {
  const trouble: { code: string | null } = { code: null };
  const { db } = opened(freshPath());
  const store = new SqliteStore(troubled(db, trouble), contractTables);
  equal((await write(store, 1)).is, 'done');
  trouble.code = 'SQLITE_IOERR_FSYNC';
  equal((await write(store, 2)).is, 'lost');
  equal((await store.begin(1)).is, 'no');
  trouble.code = null;
  deepEqual(await store.begin(1), { is: 'done', value: { sequence: 1, missed: [] } });
  await store.rollback();
  equal((await write(store, 2)).is, 'done');
});

test('a disk that is full only at COMMIT is a plain no', async () => {
  const trouble: { code: string | null } = { code: 'SQLITE_FULL' };
  const { db } = opened(freshPath());
  const store = new SqliteStore(troubled(db, trouble), contractTables);
  equal((await write(store, 1)).is, 'no');
  trouble.code = null;
  equal((await write(store, 1)).is, 'done');
});

test('begin lets requests of the same turn of the event loop join', async () => {
  const store = opened(freshPath());
  const order: string[] = [];
  const begun = store.begin(0).then(() => order.push('begun'));
  setImmediate(() => order.push('same turn'));
  await begun; // without the wait it would come first
  deepEqual(order, ['same turn', 'begun']);
  await store.rollback();
});

test('records are pruned to a bound, a few hundred at a time', async () => {
  const path = freshPath();
  const store = opened(path);
  store.db.pragma('synchronous = OFF');
  const count = store.db.prepare('SELECT count(*) FROM change_record').pluck();
  let most = 0;
  for (let sequence = 1; sequence <= RECORDS_KEPT + 600; sequence++) {
    await write(store, sequence);
    if (sequence % 50 === 0) most = Math.max(most, count.get() as number);
  }
  ok(most <= RECORDS_KEPT + 300, `${most} records`);
  equal((await store.begin(1)).is, 'no');
  equal((await store.begin(1000)).is, 'done');
});

test('a row that its table cannot hold is thrown: it is our bug', async () => {
  const store = opened(freshPath());
  await store.begin(0);
  const row = { a: 1, b: null };
  let thrown: unknown;
  await store
    .commit({ sequence: 1, changes: [{ table: 'mark', row, gone: false }] })
    .catch((bug: unknown) => {
      thrown = bug;
    });
  ok(thrown instanceof Database.SqliteError);
  equal(store.db.inTransaction, false);
});
