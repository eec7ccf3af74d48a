/**
 * Goal: an existing Keystone takes the place of the one inside: its users, projects and roles
 * are ours, its catalog leads the stock client to us, what it revokes is nobody's token, and
 * without it nobody is let in.
 * Method: the distribution's Keystone on SQLite, the real program beside it; requests with its
 * tokens, and the distribution's `openstack`. Without the package the test is skipped.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { clientMissing, Shell } from './clients/shell.ts';
import { KeystoneProcess, keystoneMissing, PASSWORD } from './keystone-process.ts';
import { type Product, startProduct, until } from './product.ts';

const skip = keystoneMissing;
const domain = { id: 'default' };
let keystone: KeystoneProcess;
let product: Product;
let admin: string;

const asUser = (password: string) => {
  process.env['OS_USERNAME'] = 'admin';
  process.env['OS_PASSWORD'] = password;
  process.env['OS_PROJECT_NAME'] = 'admin';
};

before(async () => {
  if (skip !== false) return;
  keystone = await KeystoneProcess.start();
  asUser(PASSWORD);
  product = await startProduct({ args: ['--keystone', keystone.url] });
  admin = await logIn('admin', 'admin');
});
after(async () => {
  await product?.stop();
  await product?.clear();
  await keystone?.clear();
});

async function ask(method: string, url: string, token: string, body?: unknown) {
  const init = {
    method,
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  const response = await fetch(url, init);
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: text.startsWith('{') ? JSON.parse(text) : null };
}

async function logIn(name: string, project: string): Promise<string> {
  const identity = {
    methods: ['password'],
    password: { user: { name, password: PASSWORD, domain } },
  };
  const auth = { identity, scope: { project: { name: project, domain } } };
  const { headers } = await ask('POST', `${keystone.url}/auth/tokens`, '', { auth });
  const token = headers.get('x-subject-token');
  ok(token !== null, `no token for ${name}`);
  return token;
}

const servers = (token: string) => ask('GET', `${product.url}/compute/v2.1/servers`, token);

test('a member of another project sees its own, and does no more than it may', {
  skip,
}, async () => {
  const { project } = (
    await ask('POST', `${keystone.url}/projects`, admin, { project: { name: 'blue' } })
  ).body;
  const user = { name: 'kim', password: PASSWORD, default_project_id: project.id };
  const made = (await ask('POST', `${keystone.url}/users`, admin, { user })).body.user;
  const { roles } = (await ask('GET', `${keystone.url}/roles?name=member`, admin)).body;
  const path = `${keystone.url}/projects/${project.id}/users/${made.id}/roles/${roles[0].id}`;
  equal((await ask('PUT', path, admin)).status, 204);
  const kim = await logIn('kim', 'blue');
  deepEqual((await servers(kim)).body, { servers: [] });
  equal((await ask('GET', `${product.url}/compute/v2.1/os-hypervisors`, kim)).status, 403);
  const claim = await ask('GET', `${product.url}/placement/resource_providers`, kim);
  equal(claim.status, 403);
});

test('nobody is let in by a token that is nobody’s, or that was revoked', { skip }, async () => {
  equal((await servers('no-such-token')).status, 401);
  equal((await ask('GET', `${product.url}/identity/v3`, admin)).status, 404, 'ours is not served');
  const token = await logIn('admin', 'admin');
  equal((await servers(token)).status, 200);
  const headers = { 'x-auth-token': admin, 'x-subject-token': token };
  equal((await fetch(`${keystone.url}/auth/tokens`, { method: 'DELETE', headers })).status, 204);
  await until(
    () => servers(token),
    ({ status }) => status === 401,
  );
});

/** As docs/operating.md has it. */
const CATALOG = [
  ['compute', '/compute/v2.1'],
  ['placement', '/placement'],
  ['image', '/image'],
] as const;

/** What an operator tells Keystone of us. */
async function register(type: string, path: string): Promise<void> {
  const made = await ask('POST', `${keystone.url}/services`, admin, { service: { type } });
  const service_id = made.body.service.id;
  const where = { interface: 'public', region_id: 'RegionOne', url: `${product.url}${path}` };
  const endpoint = { service_id, ...where };
  equal((await ask('POST', `${keystone.url}/endpoints`, admin, { endpoint })).status, 201, type);
}

/** The commands of somebody who was only told where Keystone is. */
async function session(openstack: (...words: string[]) => Promise<string>): Promise<void> {
  const file = join(product.data, 'disk.raw');
  await writeFile(file, Buffer.alloc(64 * 1024, 7));
  await openstack('image', 'create', '--disk-format', 'raw', '--file', file, 'disk');
  await openstack('flavor', 'create', '--ram', '256', '--vcpus', '1', '--disk', '1', 'small');
  const what = ['--image', 'disk', '--flavor', 'small', '--network', 'none'];
  const made = await openstack('server', 'create', ...what, '--wait', 'vm1');
  match(made, /status +\| ACTIVE/);
  const [, id = ''] = / id +\| (\S+)/.exec(made) ?? [];
  match(await openstack('resource', 'provider', 'allocation', 'show', id), /'VCPU': 1/);
  await openstack('server', 'delete', 'vm1');
}

const noClient = skip === false ? clientMissing : skip;
test('its catalog leads the stock client to compute, placement and images', {
  skip: noClient,
}, async () => {
  const domain = { OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default' };
  const user = { OS_USERNAME: 'admin', OS_PASSWORD: PASSWORD, OS_PROJECT_NAME: 'admin' };
  const where = { OS_AUTH_URL: keystone.url, OS_REGION_NAME: 'RegionOne', HOME: product.data };
  const version = { OS_COMPUTE_API_VERSION: '2.90' };
  const shell = new Shell({ ...where, ...user, ...domain, ...version });
  for (const [type, path] of CATALOG) await register(type, path);
  try {
    await session(async (...words) => {
      const { exit, out, err } = await shell.run(words);
      equal(exit, 0, `openstack ${words.join(' ')}: ${out}${err}`);
      return out;
    });
  } finally {
    await shell.end();
  }
});

test('without it nobody is told that their token is bad; with it all goes on', {
  skip,
}, async () => {
  const token = await logIn('admin', 'admin');
  await keystone.stop();
  equal((await servers(token)).status, 503);
  await keystone.resume();
  equal((await servers(token)).status, 200);
});

test('a start with a wrong login says so in one line', { skip }, async () => {
  asUser('wrong');
  await rejects(startProduct({ args: ['--keystone', keystone.url] }), /does not let admin in/);
});
