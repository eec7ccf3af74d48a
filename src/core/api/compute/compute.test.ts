/**
 * Goal: the compute API speaks the version that is asked for, to those who may ask.
 * Method: an installation in simulated time; an operator, members and readers of several projects.
 * Mutants that these killed: no check of the owner, of the role, of a route's versions; one version
 * too many.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  flavor,
  type Method,
  openCompute,
  rested,
  stranger,
  wanted,
} from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => openCompute(drain);
const NOBODY = '00000000-0000-4000-8000-000000000000';

// ── versions ─────────────────────────────────────────────────────────────────────────────────

test('a version is asked for in either header, and what is not spoken is refused', async () => {
  const trial = await open();
  const token = await trial.token();
  const asked = async (headers: Record<string, string>) => {
    const told = await trial.ask('GET', '/compute/v2.1/flavors', { token, headers });
    return [told.status, told.headers['openstack-api-version']];
  };
  deepEqual(await asked({}), [200, 'compute 2.1']);
  deepEqual(await asked({ 'x-openstack-nova-api-version': '2.26' }), [200, 'compute 2.26']);
  deepEqual(await asked({ 'openstack-api-version': 'compute 2.90' }), [200, 'compute 2.90']);
  deepEqual(await asked({ 'openstack-api-version': 'compute latest' }), [200, 'compute 2.96']);
  const two = 'placement 1.9, compute 2.53';
  deepEqual(await asked({ 'openstack-api-version': two }), [200, 'compute 2.53']);
  deepEqual(await asked({ 'openstack-api-version': 'compute 2.97' }), [406, undefined]);
  deepEqual(await asked({ 'openstack-api-version': 'compute 2.0' }), [406, undefined]);
  deepEqual(await asked({ 'openstack-api-version': 'compute two' }), [400, undefined]);
});

test('versions need no token, everything else does', async () => {
  const trial = await open();
  equal((await trial.ask('GET', '/compute/v2.1')).body.version.version, '2.96');
  equal((await trial.ask('GET', '/compute/')).body.versions[1].min_version, '2.1');
  equal((await trial.ask('GET', '/compute/v2/')).body.version.id, 'v2.0');
  const closed = await trial.ask('GET', '/compute/v2.1/servers');
  equal(closed.status, 401);
  match(closed.headers['www-authenticate'] ?? '', /Keystone/);
});

test('what a version does not have is not there', async () => {
  const trial = await open();
  const [old, recent] = [await admin(trial, 25), await admin(trial, 96)];
  equal((await old.ask('GET', `/servers/${NOBODY}/migrations`)).status, 404);
  equal((await recent.ask('GET', '/os-hypervisors/statistics')).status, 404);
  const body = { server_group: { name: 'g', policies: ['affinity'] } };
  equal((await recent.ask('POST', '/os-server-groups', body)).status, 400);
  equal((await old.ask('POST', '/os-server-groups', body)).status, 200);
});

// ── who may ───────────────────────────────────────────────────────────────────────────────────

test('another project’s server is as good as none; an operator sees all', async () => {
  const trial = await open();
  const [operator, owner] = [await admin(trial), await stranger(trial, 'member')];
  const other = await stranger(trial, 'member');
  const id = await boot(owner, await flavor(operator));
  await rested(owner, id);
  const paths: [Method, string, unknown?][] = [
    ['GET', `/servers/${id}`],
    ['PUT', `/servers/${id}`, { server: { name: 'mine' } }],
    ['DELETE', `/servers/${id}`],
    ['GET', `/servers/${id}/metadata`],
    ['GET', `/servers/${id}/os-instance-actions`],
    ['POST', `/servers/${id}/action`, { forceDelete: null }],
  ];
  for (const [method, path, body] of paths) {
    equal((await other.ask(method, path, body)).status, 404, `${method} ${path}`);
  }
  equal((await other.ask('GET', '/servers')).body.servers.length, 0);
  equal((await owner.ask('GET', '/servers')).body.servers.length, 1);
  equal((await operator.ask('GET', '/servers')).body.servers.length, 0);
  equal((await operator.ask('GET', '/servers?all_tenants=1')).body.servers.length, 1);
  equal((await other.ask('GET', '/servers?all_tenants=1')).status, 403);
  equal((await operator.ask('GET', `/servers/${id}`)).status, 200);
});

test('readers read; members change; hosts are for operators', async () => {
  const trial = await open();
  const [operator, reader] = [await admin(trial), await stranger(trial, 'reader')];
  const member = await stranger(trial, 'member');
  const id = await flavor(operator);
  equal((await reader.ask('GET', '/flavors')).status, 200);
  equal((await reader.ask('POST', '/servers', { server: wanted(reader, id) })).status, 403);
  for (const path of ['/os-hypervisors', '/os-services', '/os-migrations']) {
    equal((await member.ask('GET', path)).status, 403, path);
  }
  equal((await member.ask('POST', '/flavors', {})).status, 403);
  const server = await boot(member, id);
  const shown = await rested(member, server);
  equal('OS-EXT-SRV-ATTR:host' in shown || 'host_status' in shown, false);
  const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
  equal((await member.ask('POST', `/servers/${server}/action`, live)).status, 403);
  const host = { server: wanted(member, id, { host: 'h1' }) };
  equal((await member.ask('POST', '/servers', host)).status, 403);
});

test('flavors: unique, private ones for those who have access', async () => {
  const trial = await open();
  const [client, member] = [await admin(trial), await stranger(trial, 'member')];
  const id = await flavor(client, { 'os-flavor-access:is_public': false, id: 'x' });
  const twice = { flavor: { name: 'y', id, ram: 1, vcpus: 1, disk: 0 } };
  equal((await client.ask('POST', '/flavors', twice)).status, 409);
  equal((await member.ask('GET', `/flavors/${id}`)).status, 404);
  const project = (
    await member.ask('POST', '/os-server-groups', {
      server_group: { name: 'g', policy: 'affinity' },
    })
  ).body.server_group.project_id;
  const grant = { addTenantAccess: { tenant: project } };
  equal((await client.ask('POST', `/flavors/${id}/action`, grant)).status, 200);
  equal((await client.ask('POST', `/flavors/${id}/action`, grant)).status, 409);
  equal((await member.ask('GET', `/flavors/${id}`)).status, 200);
  equal((await member.ask('GET', '/flavors')).body.flavors.length, 1);
});
