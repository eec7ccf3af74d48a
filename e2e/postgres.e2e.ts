/**
 * Goal: with PostgreSQL behind it the program is the same program: a fleet goes there and comes
 * back whole, a `kill -9` and the death of the database server lose nothing that was answered, and
 * only one process serves from it.
 * Method: the real program and a real server of the test's own; what it holds is looked at by API.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { postgresPrograms, startPostgres } from '../src/real/postgres/server.fixture.ts';
import { type Api, apiOf, type Product, ROOT, startProduct, until } from './product.ts';

const programs = postgresPrograms();
const skip = programs === null ? 'no PostgreSQL here: apt-get install postgresql' : false;
const run = promisify(execFile);

const copy = async (from: string, to: string) => {
  const cli = join(ROOT, 'dist/main/cli.js');
  const args = [cli, 'store', 'copy', '--from', from, '--to', to, '--format', 'json'];
  return JSON.parse((await run(process.execPath, args)).stdout);
};

async function create(api: Api, name: string): Promise<void> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const { status, body } = await api('POST', '/compute/v2.1/servers', {
    server: { name, flavorRef: '1', imageRef: images[0].id, networks: 'none' },
  });
  equal(status, 202, JSON.stringify(body));
}

/** The names of the servers, once all of them run. */
const running = async (product: Product): Promise<string[]> => {
  const api = await apiOf(product);
  type Row = { name: string; status: string };
  const servers: Row[] = await until(
    async () => (await api('GET', '/compute/v2.1/servers/detail')).body.servers,
    (rows: Row[]) => rows.every(({ status }) => status === 'ACTIVE'),
  );
  return servers.map(({ name }) => name).sort();
};

test('a fleet moves to PostgreSQL and back, and survives what dies there', { skip }, async () => {
  const server = await startPostgres(programs as string);
  after(() => server.stop());
  const url = `${server.url}?schema=fleet`;
  const first = await startProduct();
  await create(await apiOf(first), 'made-on-file');
  deepEqual(await running(first), ['made-on-file']);
  await first.stop();

  const there = await copy(first.data, url);
  ok(there.rows > 100, JSON.stringify(there));
  await rejects(copy(first.data, url), /is not empty/);
  const args = ['--database', url];
  const second = await startProduct({ data: first.data, args });
  deepEqual(await running(second), ['made-on-file']);
  const api = await apiOf(second);
  for (const name of ['a', 'b', 'c']) await create(api, name);
  await rejects(startProduct({ args }), /in use by another process/);
  await second.stop('SIGKILL');

  const third = await startProduct({ data: first.data, args });
  deepEqual(await running(third), ['a', 'b', 'c', 'made-on-file']);
  await server.restart();
  const lived = await apiOf(third);
  await until(
    async () => (await lived('POST', '/compute/v2.1/flavors', small)).status,
    (status) => status === 200 || status === 409,
  );
  equal(await third.stop(), 0);

  const file = join(await mkdtemp(join(tmpdir(), 'plimsoll-back-')), 'plimsoll.db');
  const back = await copy(url, file);
  ok(back.sequence > there.sequence);
  await rm(join(first.data, 'plimsoll.db'));
  await copy(file, join(first.data, 'plimsoll.db'));
  const last = await startProduct({ data: first.data });
  deepEqual(await running(last), ['a', 'b', 'c', 'made-on-file']);
  equal((await (await apiOf(last))('GET', '/compute/v2.1/flavors/small')).status, 200);
  equal(await last.stop(), 0);
  await first.clear();
});

const small = { flavor: { id: 'small', name: 'small', ram: 64, vcpus: 1, disk: 0 } };

test('what is wrong with a database server is one line, without its password', {
  skip,
}, async () => {
  const args = ['--database', 'postgres://me:hush@127.0.0.1:1/none'];
  await rejects(startProduct({ args }), (error: Error) => {
    match(error.message, /^it ended with 1: .*postgres:\/\/me:\*\*\*@127\.0\.0\.1:1.*ECONNREFUSED/);
    ok(!error.message.includes('hush'));
    return true;
  });
});
