/**
 * Goal: an operation that the program cannot carry on is seen, keeps what it holds, and goes on as
 * an operator says, by command, console and Compute.
 * Method: the real program on a database with moves that another program began: they stand at a
 * step which this one does not know. Things are found on the page as a person finds them.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import Database from 'better-sqlite3';
import { chromium } from 'playwright-core';
import { type Api, apiOf, type Product, ROOT, startProduct, until } from './product.ts';

const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not there: apt-get install chromium`;

let product: Product;
let api: Api;
const uuids: string[] = [];
const moveOf = (uuid: string): string => `${uuid.slice(0, -4)}beef`;

before(async () => {
  const first = await startProduct();
  const ask = await apiOf(first);
  for (const name of ['by-command', 'by-console', 'by-compute']) uuids.push(await made(ask, name));
  await first.stop();
  const database = new Database(join(first.data, 'plimsoll.db'));
  for (const uuid of uuids) leaveMove(database, uuid);
  database.close();
  product = await startProduct({ data: first.data });
  api = await apiOf(product);
});
after(async () => {
  await product?.stop();
  await product?.clear();
});

async function made(ask: Api, name: string): Promise<string> {
  const { images } = (await ask('GET', '/image/v2/images')).body;
  const server = { name, flavorRef: '1', imageRef: images[0].id, networks: 'none' };
  const { body } = await ask('POST', '/compute/v2.1/servers', { server });
  await rested(ask, body.server.id);
  return body.server.id;
}

const rested = (ask: Api, uuid: string) =>
  until(
    async () => (await ask('GET', `/compute/v2.1/servers/${uuid}`)).body.server,
    (seen) => seen.status !== 'BUILD' && seen['OS-EXT-STS:task_state'] === null,
  );

/** As another program would have left it. */
function leaveMove(database: Database.Database, uuid: string): void {
  const made = database.prepare('SELECT * FROM run WHERE server_uuid = ?').get(uuid) as object;
  const input = JSON.stringify({ server_uuid: uuid, host: null });
  const run = {
    ...made,
    ...{ id: moveOf(uuid), saga: 'live-migrate', state: 'running', cursor: 'of-another-program' },
    ...{ input, known: '{}', ended_at_ms: null },
  };
  const names = Object.keys(run);
  const values = names.map((name) => `@${name}`).join(', ');
  database.prepare(`INSERT INTO run (${names.join(', ')}) VALUES (${values})`).run(run);
  database
    .prepare("UPDATE server SET task_state = 'migrating', run_id = ? WHERE uuid = ?")
    .run(moveOf(uuid), uuid);
}

const call = (...args: string[]) =>
  spawnSync(join(ROOT, 'tools/plimsoll'), args, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', OS_CLIENT_CONFIG_FILE: product.cloudsYaml, NO_COLOR: '1' },
  });

const stuck = async (): Promise<string[]> =>
  (await api('GET', '/plimsoll/v1/stuck-operations')).body.stuck
    .map(({ operation }: { operation: { id: string } }) => operation.id)
    .toSorted();

const hostOf = async (uuid: string): Promise<string> =>
  (await api('GET', `/compute/v2.1/servers/${uuid}`)).body.server['OS-EXT-SRV-ATTR:host'];

test('by command: seen with what it holds, tried again in vain, and undone', async () => {
  const [uuid = ''] = uuids;
  deepEqual(await until(stuck, (all) => all.length === 3), uuids.map(moveOf).toSorted());
  const host = await hostOf(uuid);
  const listed = call('operation', 'list', '--state', 'stuck');
  equal(listed.status, 0, listed.stderr);
  match(
    listed.stdout,
    new RegExp(`${moveOf(uuid)} .*${host}: .*1 VCPU.*no step named of-another-program`),
  );
  equal(call('operation', 'retry', moveOf(uuid)).status, 0);
  const watched = call('operation', 'watch', moveOf(uuid));
  equal(watched.status, 1);
  match(watched.stdout, /stuck: live-migrate has no step named/);
  const undone = call('operation', 'undo', moveOf(uuid));
  equal(undone.status, 0, undone.stderr);
  match(undone.stdout, /is undoing|is undone/);
  const server = await rested(api, uuid);
  deepEqual([server.status, server['OS-EXT-SRV-ATTR:host']], ['ACTIVE', host]);
  const again = call('operation', 'undo', moveOf(uuid));
  equal(again.status, 1);
  match(again.stderr, /not stuck: it is undone/);
});

test('in the console: seen on the page of operations, and undone', { skip: missing }, async () => {
  const [, uuid = ''] = uuids;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(product.url);
    await page.getByLabel('Password').fill(product.password);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('heading', { name: 'Stuck: waiting for an operator' }).waitFor();
    await page.goto(`${product.url}/operations/${moveOf(uuid)}`);
    await page.getByRole('cell', { name: /1 VCPU/ }).waitFor();
    await page.getByRole('button', { name: 'Undone' }).click();
    await page.getByText('undone', { exact: true }).first().waitFor();
  } finally {
    await browser.close();
  }
  equal((await rested(api, uuid)).status, 'ACTIVE');
});

test('by Compute: os-resetState has it undone, and sets no state over it', async () => {
  const uuid = uuids[2] ?? '';
  const action = `/compute/v2.1/servers/${uuid}/action`;
  const { status } = await api('POST', action, { 'os-resetState': { state: 'error' } });
  equal(status, 202);
  equal((await rested(api, uuid)).status, 'ACTIVE');
  ok(!(await stuck()).includes(moveOf(uuid)));
});
