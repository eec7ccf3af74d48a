/**
 * Goal: programs in Go work, Terraform's provider among them: its library reads our answers
 * strictly (numbers as numbers, times in its own forms), and its life of a server goes to the
 * end.
 * Method: clients/gophercloud is compiled with the distribution's Go and library (0.12), and run
 * against the real program. Then the calls that Terraform's provider makes of itself, as HTTP,
 * with the fields that it cannot do without.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { logIn, type Product, ROOT, startProduct, until } from './product.ts';

const GO = '/usr/bin/go';
const LIBRARY = '/usr/share/gocode/src/github.com/gophercloud/gophercloud';
const missing = [GO, LIBRARY].find((path) => !existsSync(path));
const skip = missing === undefined ? false : `no ${missing} here`;
const run = promisify(execFile);
let product: Product;

before(async () => {
  product = await startProduct({ args: ['--bridge', 'br0=private'] });
});
after(async () => {
  await product.stop();
  await product.clear();
});

test('a life of a server, by gophercloud', { skip }, async () => {
  const program = join(product.data, 'gopher');
  const source = join(import.meta.dirname, 'clients/gophercloud/main.go');
  const cache = join(ROOT, 'node_modules/.cache/go-build'); // a cold one costs half a minute
  const go = { PATH: '/usr/bin:/bin', HOME: product.data, GOCACHE: cache };
  const old = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '-trimpath' };
  await run(GO, ['build', '-o', program, source], { env: { ...go, ...old } });
  const user = { OS_USERNAME: 'admin', OS_PASSWORD: product.password, OS_PROJECT_NAME: 'admin' };
  const where = { OS_AUTH_URL: `${product.url}/identity/v3`, OS_DOMAIN_NAME: 'Default' };
  const { stdout } = await run(program, [], { env: { ...user, ...where }, timeout: 120_000 });
  const said = stdout.trim().split('\n');
  deepEqual(said.slice(-13), [
    ...['create', 'ACTIVE', 'tag', 'tags [go]', 'resize', 'VERIFY_RESIZE', 'confirm', 'ACTIVE'],
    ...['live-migrate', 'moved', 'delete', 'gone', 'done'],
  ]);
  for (const line of [
    '3 hypervisors',
    '3 services',
    'zone nova',
    'network private',
    'image blank',
  ]) {
    equal(said.includes(line), true, `it never said ${line}: ${stdout}`);
  }
});

/** Asks as the administrator, by default without any version, as Terraform's provider does. */
async function provider() {
  const token = await logIn(product);
  return async (
    method: string,
    path: string,
    { body, at }: { body?: unknown; at?: string } = {},
  ) => {
    const response = await fetch(`${product.url}${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        'content-type': 'application/json',
        ...(at !== undefined && { 'x-openstack-nova-api-version': at }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
}

const COMPUTE = '/compute/v2.1';

test('an instance by the calls of Terraform’s provider', async () => {
  const ask = await provider();
  const images = (await ask('GET', '/image/v2/images?name=blank')).body.images;
  const { flavors } = (await ask('GET', `${COMPUTE}/flavors/detail?is_public=None`)).body;
  const [tiny] = flavors.filter(({ name }: { name: string }) => name === 'm1.tiny');
  const wanted = { name: 'terra', imageRef: images[0].id, flavorRef: tiny.id };
  const more = { networks: 'none', tags: ['a'], metadata: { by: 'terraform' } };
  const body = { server: { ...wanted, ...more } };
  const made = await ask('POST', `${COMPUTE}/servers`, { body, at: '2.52' });
  equal(made.status, 202, JSON.stringify(made.body));
  const at = `${COMPUTE}/servers/${made.body.server.id}`;
  const server = async () => (await ask('GET', at)).body?.server;
  const up = await until(server, ({ status }) => status === 'ACTIVE');
  equal(up.flavor.id, tiny.id, 'at 2.1 the flavor is an id');
  equal(up.image.id, images[0].id);
  deepEqual([up.metadata, up.addresses], [{ by: 'terraform' }, {}]);
  deepEqual([up['OS-EXT-STS:vm_state'], up['OS-EXT-STS:power_state']], ['active', 1]);
  match(up.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  match(up['OS-SRV-USG:launched_at'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
  deepEqual((await ask('GET', `${at}/tags`, { at: '2.26' })).body, { tags: ['a'] });
  deepEqual((await ask('GET', `${at}/os-interface`)).body, { interfaceAttachments: [] });
  deepEqual((await ask('GET', `${at}/os-volume_attachments`)).body, { volumeAttachments: [] });
  const renamed = await ask('PUT', at, { body: { server: { name: 'firma' } } });
  equal(renamed.body.server.name, 'firma');
  const metadata = { metadata: { by: 'hand' } };
  deepEqual((await ask('POST', `${at}/metadata`, { body: metadata })).body, metadata);
  equal((await ask('POST', `${at}/action`, { body: { 'os-stop': null } })).status, 202);
  await until(server, ({ status }) => status === 'SHUTOFF');
  equal((await ask('DELETE', at)).status, 204);
  await until(server, (there) => there === undefined);
});

test('its other resources: keypair, server group, flavor, quota', async () => {
  const ask = await provider();
  const keypair = { name: 'terra' };
  const pair = await ask('POST', `${COMPUTE}/os-keypairs`, { body: { keypair }, at: '2.10' });
  equal(pair.body.keypair.name, 'terra');
  const read = await ask('GET', `${COMPUTE}/os-keypairs/terra`, { at: '2.10' });
  equal(read.body.keypair.fingerprint, pair.body.keypair.fingerprint);
  equal((await ask('DELETE', `${COMPUTE}/os-keypairs/terra`, { at: '2.10' })).status, 204);

  const group = { name: 'terra', policy: 'anti-affinity', rules: { max_server_per_host: 2 } };
  const grouped = { body: { server_group: group }, at: '2.64' };
  const { server_group } = (await ask('POST', `${COMPUTE}/os-server-groups`, grouped)).body;
  deepEqual([server_group.policy, server_group.rules], [group.policy, group.rules]);
  equal((await ask('DELETE', `${COMPUTE}/os-server-groups/${server_group.id}`)).status, 204);

  const size = { name: 'terra', ram: 128, vcpus: 1, disk: 1, description: 'ours' };
  const { flavor } = (
    await ask('POST', `${COMPUTE}/flavors`, { body: { flavor: size }, at: '2.55' })
  ).body;
  deepEqual([flavor.ram, flavor.description], [128, 'ours']);
  const specs = { extra_specs: { 'hw:cpu_policy': 'shared' } };
  const at = `${COMPUTE}/flavors/${flavor.id}`;
  deepEqual((await ask('POST', `${at}/os-extra_specs`, { body: specs })).body, specs);
  equal((await ask('DELETE', at)).status, 202);

  const [network] = (await ask('GET', '/network/v2.0/networks?name=private')).body.networks;
  deepEqual([network.status, network.subnets], ['ACTIVE', []]);
  const { hypervisors } = (await ask('GET', `${COMPUTE}/os-hypervisors/detail`)).body;
  equal(typeof hypervisors[0].hypervisor_version, 'number');
});
