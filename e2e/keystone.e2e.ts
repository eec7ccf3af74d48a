/**
 * Goal: an existing Keystone takes the place of the one inside: its users, projects and roles
 * are ours, what it revokes is nobody's token, and without it nobody
 * is let in.
 * Method: the distribution's Keystone on SQLite, the
 * real program beside it; requests with its tokens. Without the package the test is skipped.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import test, { after, before } from 'node:test';
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
  // Its server may close a connection on a question; what is asked here may be asked twice.
  const response = await fetch(url, init).catch(() => fetch(url, init));
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
