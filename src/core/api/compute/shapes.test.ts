/**
 * Goal: every answer has the shape of its microversion.
 * Method: one walk over every route, at versions on both sides of each change of shape; each answer
 * is put before the contract's own schema, where that file is at hand.
 * Mutants that this killed: a field one version early or late (description, pinned zone, uptime).
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { Told } from '../../../sim/api-trial.ts';
import {
  admin,
  type Client,
  flavor,
  type Method,
  openCompute,
  rested,
  wanted,
} from '../../../sim/compute-client.ts';
import { contractJudge } from '../../../sim/contract-judge.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => openCompute(drain);
/** The contract is not ours, nor part of this repository: it is beside the checkout, or named. */
const BESIDE = join(import.meta.dirname, '../../../../../shared/conformance');
const contractFile = join(process.env['PLIMSOLL_CONFORMANCE'] ?? BESIDE, 'compute/contract.json');
const judge = existsSync(contractFile) ? contractJudge(readFileSync(contractFile, 'utf8')) : null;

const VERSIONS = [
  ...[1, 2, 3, 9, 10, 11, 13, 15, 16, 19, 23, 25, 26, 28, 30, 33, 35, 36, 37, 39, 46, 47],
  ...[48, 51, 52, 53, 55, 57, 58, 59, 61, 62, 63, 64, 66, 68, 69, 71, 73, 74, 75, 80, 83],
  ...[84, 87, 88, 89, 90, 92, 94, 95, 96],
];

type Ask = (method: Method, path: string, request?: unknown) => Promise<Told>;

/** Asks everything there is, once, as an administrator. */
async function walk(client: Client, ask: Ask): Promise<void> {
  const id = await flavor(client);
  await flavors(client, ask, id);
  const group = await groups(client, ask);
  const server = await made(client, ask, id, group);
  await servers(client, ask, server);
  await tags(client, ask, server);
  await moves(client, ask, server);
  await hosts(client, ask);
  await switched(client, ask);
  await rest(client, ask);
  await ask('DELETE', server);
  equal(await rested(client, server.slice('/servers/'.length)), null);
  await ask('GET', `/os-server-groups/${group}`);
  await ask('DELETE', `/os-server-groups/${group}`);
  await ask('DELETE', `/flavors/${id}`);
}

async function flavors({ version }: Client, ask: Ask, id: string): Promise<void> {
  const f = `/flavors/${id}`;
  for (const path of ['/flavors', '/flavors/detail', '/flavors?limit=1', f]) await ask('GET', path);
  if (version >= 55) await ask('PUT', f, { flavor: { description: 'd' } });
  await ask('POST', `${f}/os-extra_specs`, { extra_specs: { a: '1' } });
  await ask('GET', `${f}/os-extra_specs`);
  await ask('PUT', `${f}/os-extra_specs/a`, { a: '2' });
  await ask('GET', `${f}/os-extra_specs/a`);
  await ask('DELETE', `${f}/os-extra_specs/a`);
}

async function groups({ version }: Client, ask: Ask): Promise<string> {
  const policy = version < 64 ? { policies: ['anti-affinity'] } : { policy: 'anti-affinity' };
  const answer = await ask('POST', '/os-server-groups', { server_group: { name: 'g', ...policy } });
  await ask('GET', '/os-server-groups');
  return answer.body.server_group.id;
}

/** Its path. */
async function made(client: Client, ask: Ask, id: string, group: string): Promise<string> {
  const server = { server: wanted(client, id, { metadata: { k: 'v' } }) };
  const request = { ...server, 'os:scheduler_hints': { group } };
  const path = `/servers/${(await ask('POST', '/servers', request)).body.server.id}`;
  await ask('GET', path); // while it is being built
  await rested(client, path.slice('/servers/'.length));
  return path;
}

async function servers(_: Client, ask: Ask, s: string): Promise<void> {
  for (const path of ['/servers', '/servers/detail', '/servers?limit=1', s]) await ask('GET', path);
  await ask('PUT', s, { server: { name: 'renamed' } });
  await ask('PUT', `${s}/metadata`, { metadata: { a: '1' } });
  await ask('POST', `${s}/metadata`, { metadata: { b: '2' } });
  await ask('GET', `${s}/metadata`);
  await ask('PUT', `${s}/metadata/a`, { meta: { a: '3' } });
  await ask('GET', `${s}/metadata/a`);
  await ask('DELETE', `${s}/metadata/a`);
  for (const list of [
    'ips',
    'os-interface',
    'os-volume_attachments',
    'os-server-password',
    'diagnostics',
  ]) {
    await ask('GET', `${s}/${list}`);
  }
}

async function tags({ version }: Client, ask: Ask, s: string): Promise<void> {
  if (version < 26) return;
  await ask('PUT', `${s}/tags`, { tags: ['x', 'y'] });
  for (const path of [`${s}/tags`, `${s}/tags/x`]) await ask('GET', path);
  await ask('PUT', `${s}/tags/z`);
  await ask('DELETE', `${s}/tags/z`);
  await ask('DELETE', `${s}/tags`);
}

async function moves(client: Client, ask: Ask, s: string): Promise<void> {
  const over = client.version < 25 ? { disk_over_commit: false } : {};
  const live = { 'os-migrateLive': { host: null, block_migration: false, ...over } };
  const moved = await ask('POST', `${s}/action`, live);
  if (client.version >= 23) {
    const { migrations } = (await ask('GET', `${s}/migrations`)).body;
    for (const one of migrations) await ask('GET', `${s}/migrations/${one.id}`);
  }
  await rested(client, s.slice('/servers/'.length));
  await ask('GET', '/os-migrations');
  await ask('GET', `${s}/os-instance-actions`);
  const run = moved.headers['x-compute-request-id'];
  equal((await ask('GET', `${s}/os-instance-actions/${run}`)).body.instanceAction.request_id, run);
  await ask('POST', `${s}/action`, { 'os-resetState': { state: 'error' } });
  await ask('GET', s);
}

async function hosts({ version }: Client, ask: Ask): Promise<void> {
  await ask('GET', '/os-hypervisors/detail');
  const { hypervisors } = (await ask('GET', '/os-hypervisors')).body;
  await ask('GET', `/os-hypervisors/${hypervisors[0].id}`);
  if (version <= 87) {
    await ask('GET', '/os-hypervisors/statistics');
    const { body } = await ask('GET', `/os-hypervisors/${hypervisors[0].id}/uptime`);
    match(body.hypervisor.uptime, /^ \d\d:\d\d:\d\d up +\d+:\d\d$/);
  }
  if (version <= 42) {
    for (const path of ['/os-hosts', '/os-hosts/h1']) await ask('GET', path);
    await ask('PUT', '/os-hosts/h1', { status: 'enable' });
  }
  if (version <= 52) {
    for (const end of ['search', 'servers']) await ask('GET', `/os-hypervisors/h1/${end}`);
  } else {
    await ask('GET', '/os-hypervisors?hypervisor_hostname_pattern=h&with_servers=true');
  }
}

async function rest(client: Client, ask: Ask): Promise<void> {
  const zones = ['/os-availability-zone', '/os-availability-zone/detail'];
  const lists = ['/os-services', '/limits', '/extensions', '/extensions/servers', '/os-aggregates'];
  const audits = ['/os-instance_usage_audit_log', '/os-instance_usage_audit_log/2024-01-01'];
  for (const path of [...zones, ...lists, ...audits]) {
    await ask('GET', path);
  }
  const caller = client.trial.rooms.directory.authenticate(await client.trial.token());
  for (const end of ['', '/detail', '/defaults']) {
    await ask('GET', `/os-quota-sets/${caller?.project_id}${end}`);
  }
  const usage = '/os-simple-tenant-usage';
  const query = 'start=1970-01-01&end=2100-01-01';
  await ask('GET', `${usage}?${query}&detailed=1`);
  await ask('GET', `${usage}/${caller?.project_id}?${query}`);
  const keypair = { name: 'k', public_key: 'ssh-rsa AAAA' };
  await ask('POST', '/os-keypairs', { keypair });
  for (const path of ['/os-keypairs', '/os-keypairs/k']) await ask('GET', path);
  await ask('DELETE', '/os-keypairs/k');
}

async function switched({ version }: Client, ask: Ask): Promise<void> {
  const { body } = await ask('GET', '/os-services?host=h1');
  const p = `/os-services/${version >= 53 ? body.services[0].id : 'disable'}`;
  const who = { host: 'h1', binary: 'nova-compute' };
  if (version >= 53) {
    equal((await ask('PUT', p, { status: 'disabled' })).body.service.status, 'disabled');
    await ask('PUT', p, { status: 'enabled' });
  } else {
    equal((await ask('PUT', p, who)).body.service.status, 'disabled');
    await ask('PUT', '/os-services/enable', who);
    await ask('PUT', '/os-services/disable-log-reason', { ...who, disabled_reason: 'x' });
    await ask('PUT', '/os-services/enable', who);
    if (version >= 11) await ask('PUT', '/os-services/force-down', { ...who, forced_down: false });
  }
}

const skip = judge === null ? `no ${contractFile}: answers are not put before the contract` : false;

test('every answer has the shape that the contract gives it', { skip }, async () => {
  const seen = { answers: 0, judged: 0 };
  for (const version of VERSIONS) {
    const client = await admin(await open(), version);
    await walk(client, async (method, path, request) => {
      const told = await client.ask(method, path, request);
      const what = `2.${version} ${method} ${path}: ${told.status} ${JSON.stringify(told.body)}`;
      const verdict = judge?.judge(method, path, request, version, told);
      seen.answers++;
      if (verdict?.known === true) seen.judged++;
      deepEqual(verdict?.wrong, [], what);
      equal(told.headers['x-openstack-nova-api-version'], `2.${version}`);
      ok(told.status < 300, what);
      return told;
    });
  }
  ok(seen.judged > 0.9 * seen.answers, `only ${seen.judged} of ${seen.answers} were judged`);
});

test('the judge sees a missing field, one too many, and a wrong status', { skip }, () => {
  const links = [{ rel: 'self', href: 'http://x/1' }];
  const wrongOf = (status: number, flavor: object) =>
    judge?.judge('GET', '/flavors', undefined, 1, { status, body: { flavors: [flavor] } }).wrong;
  deepEqual(wrongOf(200, { id: '1', name: 'a', links }), []);
  equal(wrongOf(200, { id: '1', links })?.length, 1);
  equal(wrongOf(200, { id: '1', name: 'a', links, colour: 'red' })?.length, 1);
  const gone = (status: number) =>
    judge?.judge('DELETE', '/flavors/1', undefined, 1, { status, body: '' }).wrong.length;
  deepEqual([gone(202), gone(204)], [0, 1]);
});
