/**
 * Goal: the program starts, says where everything is, finds everything again after a stop and after
 * `kill -9`, and refuses what it must in one line, harming nothing.
 * Method: the real program on real directories; what it keeps is looked at through its APIs.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import { type Api, apiOf, startProduct, until } from './product.ts';

async function createServer(api: Api, name: string): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const { status, body } = await api('POST', '/compute/v2.1/servers', {
    server: { name, flavorRef: '1', imageRef: images[0].id, networks: 'none' },
  });
  equal(status, 202, JSON.stringify(body));
  return body.server.id;
}

const serverIs = (api: Api, uuid: string, state: string) =>
  until(
    async () => (await api('GET', `/compute/v2.1/servers/${uuid}`)).body.server.status,
    (status) => status === state,
  );

test('a second start finds everything as it was left', async () => {
  const first = await startProduct();
  const { data } = first;
  match(first.said(), /console +http:\/\/127\.0\.0\.1:\d+\//);
  match(first.said(), /password \S+.*shown this once/);
  equal((await stat(first.cloudsYaml)).mode & 0o777, 0o600);
  const api = await apiOf(first);
  const uuid = await createServer(api, 'stays');
  await serverIs(api, uuid, 'ACTIVE');
  const before = (await api('GET', '/plimsoll/v1/hosts')).body;
  equal(await first.stop('SIGINT'), 0);

  const second = await startProduct({ data });
  ok(!second.said().includes('shown this once'));
  equal(second.password, first.password);
  const again = await apiOf(second);
  await serverIs(again, uuid, 'ACTIVE');
  deepEqual((await again('GET', '/plimsoll/v1/hosts')).body, before);
  equal(await second.stop(), 0);
  await second.clear();
});

test('what was begun before a kill -9 goes on after it', async () => {
  const first = await startProduct();
  const api = await apiOf(first);
  const uuids = await Promise.all(['a', 'b', 'c', 'd'].map((name) => createServer(api, name)));
  await first.stop('SIGKILL');

  const second = await startProduct({ data: first.data });
  const again = await apiOf(second);
  for (const uuid of uuids) await serverIs(again, uuid, 'ACTIVE');
  const { operations } = (await again('GET', '/plimsoll/v1/operations')).body;
  deepEqual(new Set(operations.map(({ state }: { state: string }) => state)), new Set(['done']));
  await second.stop();
  await second.clear();
});

/** The one line that a start which must fail says, and its exit code. */
async function refusal(data: string, args: readonly string[] = []): Promise<string> {
  let said = '';
  await rejects(startProduct({ data, args }), (error: Error) => {
    said = error.message;
    return true;
  });
  const [, code, line = ''] = /^it ended with (\d+): (.*)$/s.exec(said) ?? [];
  equal(code, '1', said);
  equal(line.trim().split('\n').length, 1, `more than one line: ${said}`);
  return line.trim();
}

test('a port in use is named, and what could be done', async () => {
  const running = await startProduct();
  const { port } = new URL(running.url);
  const other = await mkdtemp(join(tmpdir(), 'plimsoll-e2e-'));
  match(await refusal(other, ['--port', port]), new RegExp(`port ${port} is in use.*--port`));
  await running.stop();
  await running.clear();
  await rm(other, { recursive: true });
});

test('a data directory that another process has open is left alone', async () => {
  const running = await startProduct();
  match(await refusal(running.data), /in use by another process/);
  await apiOf(running); // still answers
  await running.stop();
  await running.clear();
});

test('a database of a newer version is not touched', async () => {
  const product = await startProduct();
  await product.stop();
  const path = join(product.data, 'plimsoll.db');
  const db = new Database(path);
  db.prepare('UPDATE head SET schema_version = 999').run();
  db.close();
  const before = await readFile(path);
  match(await refusal(product.data), /newer version/);
  deepEqual(await readFile(path), before);
  await product.clear();
});

test('a file in it that cannot be written is named, without a stack', async () => {
  const data = await mkdtemp(join(tmpdir(), 'plimsoll-e2e-'));
  await mkdir(join(data, 'clouds.yaml.part')); // nobody may write a file there, root included
  match(await refusal(data), /clouds\.yaml\.part/);
  await rm(data, { recursive: true });
});

test('what is kept is its owner’s alone, also in a directory that others may read', async () => {
  const data = await mkdtemp(join(tmpdir(), 'plimsoll-e2e-'));
  await chmod(data, 0o755);
  const product = await startProduct({ data });
  for (const name of ['plimsoll.db', 'plimsoll.log', 'clouds.yaml', 'simulated-hosts']) {
    equal((await stat(join(data, name))).mode & 0o077, 0, name);
  }
  await product.stop();
  await product.clear();
});

test('an address of IPv6 is one that can be opened', async () => {
  const product = await startProduct({ args: ['--host', '::1'] });
  match(product.url, /^http:\/\/\[::1\]:\d+$/);
  equal((await fetch(`${product.url}/identity/v3`)).status, 200);
  equal(await product.stop(), 0);
  await product.clear();
});

test('a directory that cannot be written, or is no directory, is named', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'plimsoll-e2e-'));
  const file = join(parent, 'file');
  await writeFile(file, '');
  match(await refusal(file), /file: .*directory/);
  const closed = join(parent, 'closed');
  await mkdir(closed, { mode: 0o500 });
  if (process.getuid?.() !== 0) match(await refusal(closed), /may not be written/);
  await chmod(closed, 0o700);
  await rm(parent, { recursive: true });
});
