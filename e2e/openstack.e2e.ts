/**
 * Goal: the `openstack` command of a stock distribution works against the program, with the
 * clouds.yaml that it wrote: log in, look, make, move, switch, delete.
 * Method: the real program with three simulated hosts, and the real client, one command after the
 * other; each answer is read as JSON and must say what the command was for.
 *
 * A command takes the client a second or two, whatever the server does. Without the client the test
 * is skipped, and says so.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { type Product, startProduct } from './product.ts';

const OPENSTACK = '/usr/bin/openstack';
const skip = existsSync(OPENSTACK) ? false : `no ${OPENSTACK} here`;
const run = promisify(execFile);

type Row = Readonly<Record<string, unknown>>;
let product: Product;

before(async () => {
  if (skip === false) product = await startProduct();
});
after(async () => {
  await product?.stop();
  await product?.clear();
});

/** Runs one command; gives what it wrote. */
async function openstack(...words: readonly string[]): Promise<string> {
  const clouds = { OS_CLIENT_CONFIG_FILE: product.cloudsYaml, OS_CLOUD: 'plimsoll' };
  const env = { PATH: '/usr/bin:/bin', HOME: product.data, ...clouds };
  const { stdout } = await run(OPENSTACK, words, { env, timeout: 60_000 });
  return stdout;
}
const list = async (...words: readonly string[]): Promise<readonly Row[]> =>
  JSON.parse(await openstack(...words, '-f', 'json')) as Row[];
const one = async (...words: readonly string[]): Promise<Row> =>
  JSON.parse(await openstack(...words, '-f', 'json')) as Row;

test('logs in, and sees the fleet', { skip }, async () => {
  const token = await one('token', 'issue');
  match(String(token['id']), /^.{40,}$/);
  const hypervisors = await list('hypervisor', 'list');
  equal(hypervisors.length, 3);
  ok(hypervisors.every((row) => row['State'] === 'up'));
  const services = await list('compute', 'service', 'list');
  deepEqual(
    services.map((row) => [row['Binary'], row['Status'], row['State']]),
    Array.from({ length: 3 }, () => ['nova-compute', 'enabled', 'up']),
  );
  const providers = await list('resource', 'provider', 'list');
  const uuids = providers.map((row) => row['uuid']);
  ok(hypervisors.every((row) => uuids.includes(row['ID'])));
  equal(providers.length, 4 * hypervisors.length, 'each with two GPUs and a network card');
  const candidates = await list('allocation', 'candidate', 'list', '--resource', 'VCPU=1');
  equal(candidates.length, 3);
});

test('makes a flavor and an image, and a server of them', { skip }, async () => {
  const sizes = ['--ram', '256', '--vcpus', '2', '--disk', '1'];
  equal((await one('flavor', 'create', ...sizes, 'small'))['ram'], 256);
  const file = join(product.data, 'disk.raw');
  await writeFile(file, Buffer.alloc(64 * 1024, 7));
  const raw = ['--disk-format', 'raw', '--container-format', 'bare', '--file', file];
  const image = await one('image', 'create', ...raw, 'disk');
  equal(image['name'], 'disk');
  const shown = await one('image', 'show', 'disk');
  deepEqual([shown['status'], shown['size']], ['active', 64 * 1024]);

  const what = ['--image', 'disk', '--flavor', 'small', '--network', 'none'];
  const made = await one('server', 'create', ...what, '--wait', 'vm1');
  deepEqual([made['name'], made['status']], ['vm1', 'ACTIVE']);
  const servers = await list('server', 'list');
  deepEqual(
    servers.map((row) => [row['Name'], row['Status'], row['Image'], row['Flavor']]),
    [['vm1', 'ACTIVE', 'disk', 'small']],
  );
});

test('moves it while it runs', { skip }, async () => {
  const hostOf = async (): Promise<unknown> =>
    (await one('server', 'show', 'vm1'))['OS-EXT-SRV-ATTR:host'];
  const source = await hostOf();
  await openstack('server', 'migrate', '--live-migration', '--wait', 'vm1');
  const { status, 'OS-EXT-SRV-ATTR:host': host } = await one('server', 'show', 'vm1');
  equal(status, 'ACTIVE');
  ok(host !== source && host !== null, `it is still on ${source}`);
  const actions = await list('server', 'event', 'list', 'vm1');
  deepEqual(actions.map((row) => row['Action']).sort(), ['create', 'live-migration']);
});

test('stops it, starts it, pauses it and reboots it where it is', { skip }, async () => {
  const stateAfter = async (verb: string): Promise<unknown> => {
    await openstack('server', verb, 'vm1');
    for (let tries = 0; tries < 20; tries++) {
      const shown = await one('server', 'show', 'vm1');
      if (shown['OS-EXT-STS:task_state'] === null) return shown['status'];
    }
    return 'never came to rest';
  };
  equal(await stateAfter('stop'), 'SHUTOFF');
  equal(await stateAfter('start'), 'ACTIVE');
  equal(await stateAfter('pause'), 'PAUSED');
  equal(await stateAfter('unpause'), 'ACTIVE');
  await openstack('server', 'reboot', '--hard', '--wait', 'vm1');
  match(await openstack('console', 'log', 'show', 'vm1'), /login:/);
  await openstack('server', 'lock', 'vm1');
  equal((await one('--os-compute-api-version', '2.73', 'server', 'show', 'vm1'))['locked'], true);
  await openstack('server', 'unlock', 'vm1');
});

test('resizes it, takes that back, resizes and moves it for good', { skip }, async () => {
  const sizes = ['--ram', '512', '--vcpus', '2', '--disk', '2'];
  await openstack('flavor', 'create', ...sizes, 'larger');
  const now = async (): Promise<readonly unknown[]> => {
    const shown = await one('--os-compute-api-version', '2.60', 'server', 'show', 'vm1');
    const { original_name } = shown['flavor'] as { original_name: string };
    return [shown['status'], original_name, shown['OS-EXT-SRV-ATTR:host']];
  };
  const [, , source] = await now();
  await openstack('server', 'resize', '--flavor', 'larger', '--wait', 'vm1');
  const [status, flavor, destination] = await now();
  deepEqual([status, flavor], ['VERIFY_RESIZE', 'larger']);
  ok(destination !== source, `it is still on ${source}`);
  await openstack('server', 'resize', 'revert', 'vm1');
  await settled('ACTIVE');
  deepEqual(await now(), ['ACTIVE', 'small', source]);
  await openstack('server', 'resize', '--flavor', 'larger', '--wait', 'vm1');
  await openstack('server', 'resize', 'confirm', 'vm1');
  await settled('ACTIVE');
  await openstack('server', 'migrate', '--wait', 'vm1');
  await openstack('server', 'migration', 'confirm', 'vm1');
  await settled('ACTIVE');
  const moves = await list('--os-compute-api-version', '2.60', 'server', 'migration', 'list');
  deepEqual(
    moves
      .map((row) => [row['Type'], row['Status']])
      .toReversed()
      .slice(-3),
    [
      ['resize', 'reverted'],
      ['resize', 'confirmed'],
      ['migration', 'confirmed'],
    ],
  );
});

/** Once nothing is being done with the server any more. */
async function settled(status: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if ((await one('server', 'show', 'vm1'))['status'] === status) return;
  }
  throw new Error(`vm1 did not become ${status}`);
}

test('deletes it, and nothing is held any more', { skip }, async () => {
  await openstack('server', 'delete', '--wait', 'vm1');
  deepEqual(await list('server', 'list'), []);
  for (const row of await list('resource', 'provider', 'list')) {
    const usages = await list('resource', 'provider', 'usage', 'show', String(row['uuid']));
    ok(
      usages.every((one) => one['usage'] === 0),
      `${row['name']} still has uses`,
    );
  }
});
