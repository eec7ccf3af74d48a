/**
 * Goal: the store on PostgreSQL keeps the store's contract, and takes whatever server and network
 * may do as an answer and not as an accident; several processes commit in one order.
 * Method: the contract on a real server, a schema a promise, where a crash is a cut socket; then
 * two stores on one schema; then a server that dies, sessions that are ended, a lock that is held.
 * Mutants that these killed: no FOR UPDATE; `lost` answered as `no`; a reconnect between the
 * statement and its COMMIT; U+0000 not escaped; ORDER BY in the database's own collation.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import test, { after, before } from 'node:test';
import * as fc from 'fast-check';
import pg from 'pg';
import { type Table, table } from '../../core/base/table.ts';
import { contractTables, storeContract } from '../../core/ports/store.contract.ts';
import { escaped, unescaped } from './columns.ts';
import { postgresPrograms, startPostgres, type TestServer } from './server.fixture.ts';
import { openPostgresStore, type PostgresStore } from './store.ts';

const programs = postgresPrograms();
const skip = programs === null ? 'no PostgreSQL here: apt-get install postgresql' : false;
let server: TestServer;
before(async () => {
  if (programs !== null) server = await startPostgres(programs);
});
after(() => server?.stop());

let schemas = 0;
const freshSchema = () => `lab_${++schemas}`;
const open: PostgresStore[] = [];

async function opened(schema: string, tables = contractTables): Promise<PostgresStore> {
  const outcome = await openPostgresStore({ url: server.url, schema }, tables);
  ok(outcome.is === 'opened', JSON.stringify(outcome));
  open.push(outcome.store);
  return outcome.store;
}
after(() => {
  for (const store of open) store.crash();
});

for (const [promise, holds] of Object.entries(storeContract)) {
  test(`postgres store: ${promise}`, { skip }, async () => {
    const schema = freshSchema();
    const store = await opened(schema);
    const crash = () => {
      store.crash();
      return opened(schema);
    };
    await holds({ store, crash });
  });
}

test('rows come in the order of the bytes of their keys, whatever the locale', {
  skip,
}, async () => {
  const store = await opened(freshSchema());
  const words = ['', 'B', 'Z', '_', 'a', 'a b', 'ab', '\u00e9', '\u{1F6A2}'];
  await store.begin(0);
  await store.commit({ sequence: 1, changes: words.toReversed().map((word) => mark(1, word)) });
  const found: string[] = [];
  await store.load((_, row) => found.push((row as { b: string }).b));
  deepEqual(found, words);
});

/** What a begin tells, without its moment. */
async function headOf(store: PostgresStore, since: number) {
  const head = await store.begin(since);
  ok(head.is === 'done', JSON.stringify(head));
  const { sequence, missed, now_ms = 0 } = head.value;
  ok(now_ms > 1_700_000_000_000, `${now_ms} is no moment of today`);
  return { sequence, missed };
}

const mark = (a: number, b = '') => ({ table: 'mark', row: { a, b }, gone: false });

test('any text is read back as it was written', () => {
  const letters = fc.constantFrom('\0', '\u{F8F0}', '0', '1', 'a', '\u{1F6A2}', "'", '\\');
  let awkward = 0;
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      if (/[\0\u{F8F0}]/u.test(text)) awkward++;
      equal(unescaped(escaped(text)), text);
      ok(!escaped(text).includes('\0'));
    }),
    { numRuns: 500 },
  );
  ok(awkward > 200, `${awkward} with something to escape`);
});

test('two processes commit in one order, and each is told what the other wrote', {
  skip,
}, async () => {
  const schema = freshSchema();
  const stores = [await opened(schema), await opened(schema)];
  const heads = [0, 0];
  const written: number[] = [];
  const turns = stores.map(async (store, who) => {
    for (let n = 0; n < 25; n++) {
      const head = await store.begin(heads[who] as number);
      ok(head.is === 'done', JSON.stringify(head));
      const { sequence, missed } = head.value;
      equal(sequence, (heads[who] as number) + missed.length);
      const changes = [mark(sequence + 1, String(who))];
      equal((await store.commit({ sequence: sequence + 1, changes })).is, 'done');
      heads[who] = sequence + 1;
      written.push(sequence + 1);
    }
  });
  await Promise.all(turns);
  deepEqual(
    written.toSorted((a, b) => a - b),
    Array.from({ length: 50 }, (_, n) => n + 1),
  );
  const rows: object[] = [];
  equal((await stores[0]?.load((_, row) => rows.push(row)))?.sequence, 50);
  equal(rows.length, 50);
});

/** Ends every session that is in a transaction on this schema. */
async function endSessions(): Promise<number> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rowCount } = await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'plimsoll' AND state LIKE 'idle in transaction%'`,
  );
  await client.end();
  return rowCount ?? 0;
}

test('a session that is ended before its commit has written nothing', { skip }, async () => {
  const store = await opened(freshSchema());
  equal((await store.begin(0)).is, 'done');
  ok((await endSessions()) > 0);
  const outcome = await store.commit({ sequence: 1, changes: [mark(1)] });
  ok(outcome.is === 'no' && outcome.why.why === 'unavailable', JSON.stringify(outcome));
  deepEqual(await headOf(store, 0), { sequence: 0, missed: [] });
  await store.rollback();
});

test('a server that dies and comes back has what was answered, and the store goes on', {
  skip,
}, async () => {
  const store = await opened(freshSchema());
  await store.begin(0);
  equal((await store.commit({ sequence: 1, changes: [mark(1)] })).is, 'done');
  await store.begin(1);
  await server.restart();
  const cut = await store.commit({ sequence: 2, changes: [mark(2)] });
  equal(cut.is, 'no', 'COMMIT was never sent');
  deepEqual(await headOf(store, 1), { sequence: 1, missed: [] });
  equal((await store.commit({ sequence: 2, changes: [mark(2)] })).is, 'done');
});

/** Passes bytes both ways; `cutAt` breaks the connection once the server was sent that text. */
async function proxy(cutAt: string): Promise<{ url: string; arm(): void }> {
  const target = new URL(server.url);
  let armed = false;
  const listener = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on('data', (bytes) => {
      const cut = armed && bytes.includes(cutAt);
      if (cut) client.destroy();
      upstream.write(bytes);
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.destroy());
  });
  after(() => listener.close());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const url = new URL(server.url);
  url.port = String((listener.address() as { port: number }).port);
  return { url: url.href, arm: () => (armed = true) };
}

test('a COMMIT whose answer is lost is told as lost, and the next begin tells', {
  skip,
}, async () => {
  const between = await proxy('COMMIT');
  const about = { url: between.url, schema: freshSchema() };
  const outcome = await openPostgresStore(about, contractTables);
  ok(outcome.is === 'opened', JSON.stringify(outcome));
  const { store } = outcome;
  open.push(store);
  await store.begin(0);
  between.arm();
  const batch = { sequence: 1, changes: [mark(1)] };
  equal((await store.commit(batch)).is, 'lost');
  deepEqual(await headOf(store, 0), { sequence: 1, missed: [batch] });
  await store.rollback();
});

test('who must be alone is, until it dies; what it wrote the next one finds', {
  skip,
}, async () => {
  const about = { url: server.url, schema: freshSchema(), sole: true };
  const first = await openPostgresStore(about, contractTables);
  ok(first.is === 'opened');
  await first.store.begin(0);
  equal((await first.store.commit({ sequence: 1, changes: [mark(1)] })).is, 'done');
  equal((await openPostgresStore(about, contractTables)).is, 'in-use');
  first.store.crash();
  for (let tries = 0; tries < 100; tries++) {
    const next = await openPostgresStore(about, contractTables);
    if (next.is !== 'opened') continue;
    open.push(next.store);
    equal((await next.store.load(() => {})).sequence, 1);
    return;
  }
  ok(false, 'the lock of a dead process stays');
});

interface Indexed {
  readonly id: string;
  readonly of: string;
}

test('who starts waits for who commits, and neither for the other', { skip }, async () => {
  const schema = freshSchema();
  const columns = { id: 'text', of: 'text' } as const;
  const indexed = table<Indexed>({ name: 'indexed', columns, primary: ['id'], indexes: ['of'] });
  const tables = [...contractTables, indexed as unknown as Table];
  const store = await opened(schema, tables);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  for (let sequence = 1; sequence <= 5; sequence++) {
    await store.begin(sequence - 1);
    const starting = opened(schema, tables);
    // It has come as far as it gets: it waits for a lock.
    for (let waits = 0; waits === 0; ) {
      const asked =
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
      waits = (await client.query<{ n: number }>(asked)).rows[0]?.n ?? 0;
    }
    const batch = {
      sequence,
      changes: [{ table: 'indexed', row: { id: String(sequence), of: 'x' }, gone: false }],
    };
    equal((await store.commit(batch)).is, 'done');
    equal((await (await starting).load(() => {})).sequence, sequence);
  }
  await client.end();
});

test('nobody there, a wrong schema version: told in a line, nothing touched', {
  skip,
}, async () => {
  const url = 'postgres://nobody@127.0.0.1:1/none';
  const nobody = await openPostgresStore({ url }, contractTables);
  ok(nobody.is === 'unreachable');
  match(nobody.message, /ECONNREFUSED/);
  const schema = freshSchema();
  const store = await opened(schema);
  await store.close();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`UPDATE ${schema}.head SET schema_version = 999, works_from = 999`);
  await client.end();
  const newer = await openPostgresStore({ url: server.url, schema }, contractTables);
  equal(newer.is, 'newer-version');
});

test('records are pruned by number, and who is behind is told so', { skip }, async () => {
  const schema = freshSchema();
  const store = await opened(schema);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`INSERT INTO ${schema}.change_record
    SELECT n, 2, '[]' FROM generate_series(1, 10495) n;
    UPDATE ${schema}.head SET sequence = 10495`);
  await store.begin(10_495);
  equal((await store.commit({ sequence: 10_496, changes: [mark(1)] })).is, 'done');
  const { rows } = await client.query(
    `SELECT min(sequence)::int AS first FROM ${schema}.change_record`,
  );
  await client.end();
  equal(rows[0].first, 497);
  deepEqual(await store.records(400, 9), { is: 'no', why: { why: 'pruned' } });
  const found = await store.records(10_494, 9);
  ok(found.is === 'done');
  deepEqual(
    found.value.map(({ sequence }) => sequence),
    [10_495, 10_496],
  );
});
