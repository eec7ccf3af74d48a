/**
 * Goal: programs of two versions work on one database at the same time, as a rolling upgrade has
 * it, and neither loses what the other wrote; what the older needs is taken away only once no
 * process of it is at work, and then it is told so in time (SH1, SH2).
 * Method: an older program and a newer one, which are ledgers with tables and a history of their
 * own: the newer has a column and a table more (the first step), the one after it has taken an old
 * column away (the second).
 * Mutants that these killed: a later shape refused; its version set back; a column that was not
 * written read as null; a table that is not known not passed over; no look at leases; no look at
 * the head of those who were away; records forgotten at the first step.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import pg from 'pg';
import { type Table, table } from '../../core/base/table.ts';
import { keep, LEASE_MS, resign } from '../../core/conductor/leases.ts';
import { processes } from '../../core/conductor/rows.ts';
import { Ledger } from '../../core/ledger/ledger.ts';
import { done } from '../../core/ports/reply.ts';
import { realClock as clock } from '../clock.ts';
import { type History, history, SCHEMA_VERSION } from '../schema-history.ts';
import { postgresPrograms, startPostgres, type TestServer } from './server.fixture.ts';
import { type OpenedPostgres, openPostgresStore } from './store.ts';

const programs = postgresPrograms();
const skip = programs === null ? 'no PostgreSQL here: apt-get install postgresql' : false;
let server: TestServer;
before(async () => {
  if (programs !== null) server = await startPostgres(programs);
});
after(() => server?.stop());

interface OldThing {
  readonly id: string;
  readonly size: number;
  readonly weight: number;
}
interface Thing {
  readonly id: string;
  readonly size: number;
  readonly colour: string | null;
  readonly count: number;
}
const things = { name: 'thing', primary: ['id'] } as const;
const oldThings = table<OldThing>({
  ...things,
  columns: { id: 'text', size: 'integer', weight: 'integer' },
});
const newThings = table<Thing>({
  ...things,
  columns: { id: 'text', size: 'integer', colour: 'text?', count: 'integer' },
});
const notes = table<{ id: string }>({ name: 'note', columns: { id: 'text' }, primary: ['id'] });

interface Program {
  readonly tables: readonly Table[];
  readonly history: History;
}
const together = (...all: readonly unknown[]) => [processes, ...all] as unknown as Table[];
const older: Program = { tables: together(oldThings), history };
const widened: History = [
  ...history,
  [
    { add: 'colour', to: 'thing', type: 'text?' },
    { add: 'count', to: 'thing', type: 'integer', initial: 3 },
    { leave: 'weight', of: 'thing', initial: 0 },
  ],
];
const newer: Program = { tables: together(newThings, notes), history: widened };
const narrowed: History = [
  ...widened,
  { steps: [{ drop: 'weight', from: 'thing' }], works_from: SCHEMA_VERSION + 1 },
];
const newest: Program = { tables: together(newThings, notes), history: narrowed };

const open = ({ tables, history: all }: Program, schema: string): Promise<OpenedPostgres> =>
  openPostgresStore({ url: server.url, schema, history: all }, tables);

let names = 0;
async function start(program: Program, schema: string) {
  const opened = await open(program, schema);
  ok(opened.is === 'opened', JSON.stringify(opened));
  const ledger = await Ledger.open(program.tables, opened.store, clock);
  after(() => opened.store.crash());
  const owner = {
    name: `p${++names}`,
    sole: false,
    schema_version: program.history.length + 1,
  };
  const lease = () => ledger.submit((draft) => done(keep(draft, owner)));
  const stop = () => ledger.submit((draft) => done(resign(draft, owner)));
  equal((await lease()).is, 'done');
  return { ledger, owner, lease, stop };
}

async function put<Row extends object>(ledger: Ledger, of: Table<Row>, row: Row): Promise<void> {
  equal((await ledger.submit((draft) => done(void draft.put(of, row)))).is, 'done');
}

async function get<Row extends object>(ledger: Ledger, of: Table<Row>, id: string) {
  equal((await ledger.current()).is, 'done');
  return ledger.read((view) => view.rows(of).get(id));
}

/** As the newer knows it. */
const shown = (row: Thing | undefined) =>
  row && { id: row.id, size: row.size, colour: row.colour, count: row.count };

async function change<Row extends object>(ledger: Ledger, of: Table<Row>, id: string, to: object) {
  const decided = await ledger.submit((draft) => {
    const row = draft.rows(of).get(id);
    ok(row !== undefined);
    return done(void draft.put(of, { ...row, ...to }));
  });
  equal(decided.is, 'done');
}

test('an older and a newer program work on one database', { skip }, async () => {
  const schema = 'mixed';
  const old = await start(older, schema);
  const slow = await start(older, schema);
  await put(old.ledger, oldThings, { id: 'a', size: 1, weight: 5 });
  const young = await start(newer, schema);
  deepEqual(await get(young.ledger, newThings, 'a'), { id: 'a', size: 1, colour: null, count: 3 });

  equal((await get(slow.ledger, oldThings, 'a'))?.weight, 5, 'it can still follow');

  // What the newer writes, the older sees, as far as it knows it; and it leaves alone the rest.
  await put(young.ledger, newThings, { id: 'b', size: 2, colour: 'red', count: 7 });
  await put(young.ledger, notes, { id: 'n' });
  const seen = await get(old.ledger, oldThings, 'b');
  deepEqual([seen?.size, seen?.weight], [2, 0]);
  await change(old.ledger, oldThings, 'b', { size: 20 });
  const second = { id: 'b', size: 20, colour: 'red', count: 7 };
  deepEqual(shown(await get(young.ledger, newThings, 'b')), second);

  // Whoever begins now, of either version, finds the same: the shape stays as it is.
  const late = await start(older, schema);
  await change(late.ledger, oldThings, 'b', { size: 21 });
  await put(late.ledger, oldThings, { id: 'c', size: 3, weight: 6 });
  deepEqual(shown(await get(young.ledger, newThings, 'b')), { ...second, size: 21 });
  const third = { id: 'c', size: 3, colour: null, count: 3 };
  deepEqual(shown(await get(young.ledger, newThings, 'c')), third);
  const again = await start(newer, schema);
  for (const id of ['a', 'b', 'c']) {
    const [one, other] = [
      await get(again.ledger, newThings, id),
      await get(young.ledger, newThings, id),
    ];
    deepEqual(shown(one), shown(other));
  }
  await young.ledger.submit((draft) => done(draft.remove(newThings, { id: 'c' } as Thing)));
  equal(await get(late.ledger, oldThings, 'c'), undefined);
});

test('what an older program needs is not taken away while it is at work', { skip }, async () => {
  const schema = 'narrowed';
  const old = await start(older, schema);
  const young = await start(newer, schema);
  const refused = await open(newest, schema);
  deepEqual(refused, {
    ...{ is: 'older-at-work', process: old.owner.name, needs: SCHEMA_VERSION + 1 },
  });
  await put(old.ledger, oldThings, { id: 'a', size: 1, weight: 5 });

  // Told to stop, it is waited for no longer; one of the version before can do without.
  await old.stop();
  const last = await start(newest, schema);
  await put(last.ledger, newThings, { id: 'b', size: 2, colour: null, count: 0 });
  equal((await old.lease()).is, 'no', 'it comes back, and writes no more');
  ok(old.ledger.isBehind, 'it reads everything anew');
  const version = { version: SCHEMA_VERSION + 2, ours: SCHEMA_VERSION };
  deepEqual(await open(older, schema), { is: 'newer-version', ...version });
  equal((await young.lease()).is, 'no', 'it reads everything anew as well');
  const reborn = await start(newer, schema);
  equal((await get(reborn.ledger, newThings, 'b'))?.size, 2, 'and goes on');
});

test('a lease that has run out holds up nobody', { skip }, async () => {
  const schema = 'late';
  await start(older, schema);
  await start(newer, schema);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`UPDATE ${schema}.process SET lease_until_ms = lease_until_ms - ${LEASE_MS}`);
  await client.end();
  equal((await open(newest, schema)).is, 'opened');
});
