/**
 * Goal: the newest client, which no distribution has yet, works too. It asks differently from
 * the stock one: for the highest version both know, names by `detail?name=`, images by
 * `id=in:`, an image as a local disk beside `imageRef`, networks "auto".
 * Method: its requests, as they were recorded, against the real program; each has its status,
 * and what the client takes from the answer.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { logIn, type Product, startProduct, until } from './product.ts';

const COMPUTE = '/compute/v2.1';
let product: Product;
let token: string;
let image: string;
let at: string;

before(async () => {
  product = await startProduct();
  token = await logIn(product);
});
after(async () => {
  await product.stop();
  await product.clear();
});

async function ask(version: string, method: string, path: string, body?: unknown) {
  const said = { 'openstack-api-version': `compute ${version}`, 'x-auth-token': token };
  const response = await fetch(`${product.url}${path}`, {
    method,
    headers: {
      ...said,
      'x-openstack-nova-api-version': version,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : null };
}

const action = (version: string, body: unknown) => ask(version, 'POST', `${at}/action`, body);
const server = async () => (await ask('2.96', 'GET', at)).body.server;
const becomes = (status: string) => until(server, (now) => now.status === status);

test('it finds the version without a token and without a slash', async () => {
  const response = await fetch(`${product.url}${COMPUTE}`);
  equal(response.status, 200);
  const { version } = (await response.json()) as { version: { id: string; min_version: string } };
  deepEqual([version.id, version.min_version], ['v2.1', '2.1']);
});

test('it creates a server from an image that is a local disk as well', async () => {
  equal((await ask('2.96', 'GET', '/image/v2/images/blank')).status, 404);
  image = (await ask('2.96', 'GET', '/image/v2/images?name=blank')).body.images[0].id;
  equal((await ask('2.61', 'GET', `${COMPUTE}/flavors/m1.tiny`)).status, 404);
  const { flavors } = (await ask('2.61', 'GET', `${COMPUTE}/flavors/detail?is_public=None`)).body;
  const flavorRef = flavors.find(({ name }: { name: string }) => name === 'm1.tiny').id;
  const disk = { uuid: image, boot_index: 0, source_type: 'image', destination_type: 'local' };
  const made = await ask('2.96', 'POST', `${COMPUTE}/servers`, {
    server: {
      ...{ name: 'new1', imageRef: image, flavorRef, min_count: 1, max_count: 1 },
      block_device_mapping_v2: [{ ...disk, delete_on_termination: true }],
      networks: 'auto',
    },
  });
  equal(made.status, 202, JSON.stringify(made.body));
  at = `${COMPUTE}/servers/${made.body.server.id}`;
  const up = await becomes('ACTIVE');
  deepEqual([up.image.id, up.flavor.original_name], [image, 'm1.tiny']);
});

test('it lists and finds', async () => {
  const names = async (path: string) =>
    (await ask('2.96', 'GET', path)).body.servers.map(({ name }: { name: string }) => name);
  deepEqual(await names(`${COMPUTE}/servers/detail?deleted=False`), ['new1']);
  deepEqual(await names(`${COMPUTE}/servers/detail?deleted=False&all_tenants=True`), ['new1']);
  equal((await ask('2.96', 'GET', `${COMPUTE}/servers/new1`)).status, 404);
  deepEqual(await names(`${COMPUTE}/servers/detail?name=new1`), ['new1']);
  const listed = await ask('2.96', 'GET', `/image/v2/images?id=in%3A${image}`);
  equal(listed.body.images[0].id, image);
  const pattern = `${COMPUTE}/os-hypervisors/detail?hypervisor_hostname_pattern=host-1`;
  const { hypervisors } = (await ask('2.88', 'GET', pattern)).body;
  deepEqual([hypervisors.length, hypervisors[0].hypervisor_hostname], [1, 'host-1']);
  const reads: readonly [string, string][] = [
    ...(['2.84', '2.58'] as const).map((to): [string, string] => [to, `${at}/os-instance-actions`]),
    ['2.89', `${at}/os-volume_attachments`],
    ['2.80', `${COMPUTE}/os-migrations`],
    ['2.69', `${COMPUTE}/os-services?binary=nova-compute&host=host-1`],
    ['2.64', `${COMPUTE}/os-server-groups`],
    ['2.81', `${COMPUTE}/os-aggregates`],
    ['2.1', `${COMPUTE}/limits?reserved=False`],
    [
      '2.75',
      `${COMPUTE}/os-simple-tenant-usage?detailed=True&start=2026-10-24T09%3A25%3A48.370272`,
    ],
    ['2.10', `${COMPUTE}/os-keypairs`],
    ['2.1', `${COMPUTE}/os-availability-zone/detail`],
  ];
  for (const [version, path] of reads) equal((await ask(version, 'GET', path)).status, 200, path);
});

test('it acts at the highest version', async () => {
  const steps: readonly [string, object, string][] = [
    ['2.96', { 'os-stop': null }, 'SHUTOFF'],
    ['2.96', { 'os-start': null }, 'ACTIVE'],
    ['2.96', { pause: null }, 'PAUSED'],
    ['2.96', { unpause: null }, 'ACTIVE'],
    ['2.96', { suspend: null }, 'SUSPENDED'],
    ['2.96', { resume: null }, 'ACTIVE'],
    ['2.96', { rescue: {} }, 'RESCUE'],
    ['2.96', { unrescue: null }, 'ACTIVE'],
    ['2.96', { migrate: null }, 'VERIFY_RESIZE'],
    ['2.96', { revertResize: null }, 'ACTIVE'],
    ['2.96', { resize: { flavorRef: '2' } }, 'VERIFY_RESIZE'],
    ['2.96', { confirmResize: null }, 'ACTIVE'],
    ['2.30', { 'os-migrateLive': { host: null, block_migration: 'auto' } }, 'ACTIVE'],
    ['2.96', { shelve: null }, 'SHELVED_OFFLOADED'],
    ['2.96', { unshelve: null }, 'ACTIVE'],
  ];
  for (const [version, body, status] of steps) {
    const answer = await action(version, body);
    const accepted = 'rescue' in body ? 200 : 'confirmResize' in body ? 204 : 202;
    equal(answer.status, accepted, `${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
    await until(server, (now) => now.status === status && now['OS-EXT-STS:task_state'] === null);
  }
  equal((await action('2.96', { rebuild: { imageRef: image } })).status, 202);
  await until(server, (now) => now.status === 'ACTIVE' && now['OS-EXT-STS:task_state'] === null);
  const { image_id } = (await action('2.45', { createImage: { name: 'snap' } })).body;
  await until(
    async () => (await ask('2.1', 'GET', `/image/v2/images/${image_id}`)).body.status,
    (status) => status === 'active',
  );
  equal((await ask('2.96', 'DELETE', at)).status, 204);
});
