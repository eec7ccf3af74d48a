/**
 * Goal: the compute API answers in the shapes of each microversion, to those who may ask.
 * Method: one walk over every route, at versions on both sides of each change of shape; each answer
 * is put before the contract's own schema where that file is at hand. Then what no schema can say:
 * owners, roles, filters, refusals.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ApiTrial, type AskAbout, type Told } from '../../../sim/api-trial.ts';
import { contractJudge } from '../../../sim/contract-judge.ts';
import { newId } from '../../identity/bootstrap.ts';
import { assignments, projects, roles, users } from '../../identity/rows.ts';
import { done } from '../../ports/reply.ts';
import { images } from '../../servers/rows.ts';
import type { Route } from '../http.ts';
import { identityService } from '../identity/service.ts';
import { computeService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const IMAGE = '5dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';
const NOBODY = '00000000-0000-4000-8000-000000000000';
type Method = Route<never>['method'];
/** The contract is not ours, and not part of this repository: it is beside the checkout, or named. */
const BESIDE = join(import.meta.dirname, '../../../../../shared/conformance');
const contractFile = join(process.env['PLIMSOLL_CONFORMANCE'] ?? BESIDE, 'compute/contract.json');
const judge = existsSync(contractFile) ? contractJudge(readFileSync(contractFile, 'utf8')) : null;

/** Somebody's way to ask at one microversion, on one installation. */
interface Client {
  readonly trial: ApiTrial;
  readonly version: number;
  ask(method: Method, path: string, body?: unknown): Promise<Told>;
}

const clientOf = (trial: ApiTrial, token: string, version: number): Client => ({
  trial,
  version,
  ask: (method, path, body) => {
    const headers = { 'openstack-api-version': `compute 2.${version}` };
    const about: AskAbout = { token, headers, ...(body === undefined ? {} : { body }) };
    return trial.ask(method, `/compute/v2.1${path}`, about);
  },
});

async function open(): Promise<ApiTrial> {
  const trial = await ApiTrial.open([identityService(), computeService()], drain);
  await trial.rooms.ledger.submit((draft) => {
    draft.put(images, {
      ...{ id: IMAGE, name: 'blank', status: 'active', visibility: 'public', owner: '' },
      ...{ disk_format: 'raw', container_format: 'bare', size_bytes: 1, checksum: '' },
      ...{ min_disk_gib: 0, min_ram_mib: 0, protected: false, tags: [], properties: {} },
      ...{ created_at_ms: 0, updated_at_ms: 0 },
    } as never);
    return done(undefined);
  });
  return trial;
}

async function admin(trial: ApiTrial, version = 96): Promise<Client> {
  return clientOf(trial, await trial.token(), version);
}

/** Somebody with that role in a project of their own. */
async function stranger(trial: ApiTrial, role: string, version = 96): Promise<Client> {
  const { ledger, entropy, passwords } = trial.rooms;
  const [user, project] = [newId(entropy), newId(entropy)];
  const password_hash = await passwords.hash('pw');
  const name = `s${user.slice(0, 6)}`;
  await ledger.submit((draft) => {
    const about = { name, enabled: true, description: '', created_at_ms: 0 };
    const more = { email: null, default_project_id: null, password_hash };
    draft.put(projects, { ...about, id: project });
    draft.put(users, { ...about, ...more, id: user });
    const role_id = draft.rows(roles).by('name', role)[0]?.id ?? '';
    draft.put(assignments, { user_id: user, target: project, role_id });
    return done(undefined);
  });
  return clientOf(trial, await trial.token(name, 'pw', name), version);
}

async function flavor(client: Client, more: object = {}): Promise<string> {
  const name = `f${(await client.ask('GET', '/flavors?is_public=None')).body.flavors.length}`;
  const body = { flavor: { name, ram: 512, vcpus: 1, disk: 1, ...more } };
  const answer = await client.ask('POST', '/flavors', body);
  equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.flavor.id;
}

const wanted = (client: Client, flavorRef: string, more: object = {}) => ({
  name: 'vm',
  imageRef: IMAGE,
  flavorRef,
  ...(client.version >= 37 ? { networks: 'none' } : {}),
  ...more,
});

async function boot(client: Client, flavorRef: string, more: object = {}, hints?: object) {
  const hinted = hints === undefined ? {} : { 'os:scheduler_hints': hints };
  const body = { server: wanted(client, flavorRef, more), ...hinted };
  const answer = await client.ask('POST', '/servers', body);
  equal(answer.status, 202, JSON.stringify(answer.body));
  return answer.body.server.id as string;
}

/** Lets time go on until the server is at rest. */
async function rested(client: Client, id: string): Promise<Told['body']> {
  for (let tries = 0; tries < 200; tries++) {
    const { status, body } = await client.ask('GET', `/servers/${id}`);
    const server = body.server;
    if (status === 404 || (server.status !== 'BUILD' && !server['OS-EXT-STS:task_state'])) {
      return status === 404 ? null : server;
    }
    client.trial.timeline.step();
    await drain();
  }
  throw new Error(`server ${id} does not come to rest`);
}

// ── shapes ───────────────────────────────────────────────────────────────────────────────────

const VERSIONS = [
  1, 2, 3, 9, 10, 11, 13, 15, 16, 19, 23, 25, 26, 28, 30, 33, 35, 36, 37, 39, 46, 47,
];
const LATER = [48, 51, 52, 53, 55, 57, 58, 59, 61, 62, 63, 64, 66, 68, 69, 71, 73, 74, 75, 80, 83];
const LAST = [84, 87, 88, 89, 90, 92, 94, 95, 96];

/** Asks everything there is, once, as an administrator. */
async function walk(client: Client, see: (told: Told, what: string, request?: unknown) => void) {
  const { version } = client;
  const ask = async (method: Method, path: string, request?: unknown): Promise<Told> => {
    const told = await client.ask(method, path, request);
    see(told, `${method} ${path}`, request);
    return told;
  };
  const id = await flavor(client);
  const f = `/flavors/${id}`;
  for (const path of ['/flavors', '/flavors/detail', '/flavors?limit=1', f]) await ask('GET', path);
  if (version >= 55) await ask('PUT', f, { flavor: { description: 'd' } });
  await ask('POST', `${f}/os-extra_specs`, { extra_specs: { a: '1' } });
  await ask('GET', `${f}/os-extra_specs`);
  await ask('PUT', `${f}/os-extra_specs/a`, { a: '2' });
  await ask('GET', `${f}/os-extra_specs/a`);
  await ask('DELETE', `${f}/os-extra_specs/a`);

  const policy = version < 64 ? { policies: ['anti-affinity'] } : { policy: 'anti-affinity' };
  const made = await ask('POST', '/os-server-groups', { server_group: { name: 'g', ...policy } });
  const group = made.body.server_group.id;
  const server = { server: wanted(client, id, { metadata: { k: 'v' } }) };
  const request = { ...server, 'os:scheduler_hints': { group } };
  const s = `/servers/${(await ask('POST', '/servers', request)).body.server.id}`;
  await ask('GET', s); // while it is being built
  await rested(client, s.slice(9));
  for (const path of ['/servers', '/servers/detail', '/servers?limit=1', s]) await ask('GET', path);
  await ask('PUT', s, { server: { name: 'renamed' } });
  await ask('PUT', `${s}/metadata`, { metadata: { a: '1' } });
  await ask('POST', `${s}/metadata`, { metadata: { b: '2' } });
  await ask('GET', `${s}/metadata`);
  await ask('PUT', `${s}/metadata/a`, { meta: { a: '3' } });
  await ask('GET', `${s}/metadata/a`);
  await ask('DELETE', `${s}/metadata/a`);
  if (version >= 26) {
    await ask('PUT', `${s}/tags`, { tags: ['x', 'y'] });
    for (const path of [`${s}/tags`, `${s}/tags/x`]) await ask('GET', path);
    await ask('PUT', `${s}/tags/z`);
    await ask('DELETE', `${s}/tags/z`);
    await ask('DELETE', `${s}/tags`);
  }
  for (const list of ['ips', 'os-interface', 'os-volume_attachments', 'os-server-password']) {
    await ask('GET', `${s}/${list}`);
  }
  const over = version < 25 ? { disk_over_commit: false } : {};
  const live = { 'os-migrateLive': { host: null, block_migration: false, ...over } };
  const moved = await ask('POST', `${s}/action`, live);
  if (version >= 23) {
    const { body } = await ask('GET', `${s}/migrations`);
    for (const one of body.migrations) await ask('GET', `${s}/migrations/${one.id}`);
  }
  await rested(client, s.slice(9));
  await ask('GET', '/os-migrations');
  await ask('GET', `${s}/os-instance-actions`);
  const run = moved.headers['x-compute-request-id'];
  equal((await ask('GET', `${s}/os-instance-actions/${run}`)).body.instanceAction.request_id, run);
  await ask('POST', `${s}/action`, { 'os-resetState': { state: 'error' } });
  await ask('GET', s);

  for (const path of ['/os-hypervisors/detail', '/os-services', '/os-availability-zone']) {
    await ask('GET', path);
  }
  const all = await ask('GET', '/os-hypervisors');
  const h = `/os-hypervisors/${all.body.hypervisors[0].id}`;
  await ask('GET', h);
  if (version <= 87) await ask('GET', '/os-hypervisors/statistics');
  if (version <= 52) {
    for (const end of ['search', 'servers']) await ask('GET', `/os-hypervisors/h1/${end}`);
  } else {
    await ask('GET', '/os-hypervisors?hypervisor_hostname_pattern=h&with_servers=true');
  }
  await switched(client, ask);
  for (const path of ['/os-availability-zone/detail', '/limits', '/extensions']) {
    await ask('GET', path);
  }
  const project = client.trial.rooms.directory.authenticate(await client.trial.token());
  for (const end of ['', '/detail', '/defaults']) {
    await ask('GET', `/os-quota-sets/${project?.project_id}${end}`);
  }
  await ask('GET', '/os-server-groups');
  await ask('GET', `/os-server-groups/${group}`);
  const keypair = { name: 'k', public_key: 'ssh-rsa AAAA' };
  await ask('POST', '/os-keypairs', { keypair });
  for (const path of ['/os-keypairs', '/os-keypairs/k']) await ask('GET', path);
  await ask('DELETE', '/os-keypairs/k');
  await ask('DELETE', s);
  equal(await rested(client, s.slice(9)), null);
  await ask('DELETE', `/os-server-groups/${group}`);
  await ask('DELETE', f);
}

async function switched(
  { version }: Client,
  ask: (method: Method, path: string, request?: unknown) => Promise<Told>,
): Promise<void> {
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
  for (const version of [...VERSIONS, ...LATER, ...LAST]) {
    const client = await admin(await open(), version);
    await walk(client, (told, what, request) => {
      seen.answers++;
      const [verb = '', path = ''] = what.split(' ');
      const verdict = judge?.judge(verb, path, request, version, told);
      if (verdict?.known === true) seen.judged++;
      deepEqual(verdict?.wrong, [], `2.${version} ${what}: ${JSON.stringify(told.body)}`);
      equal(told.headers['x-openstack-nova-api-version'], `2.${version}`);
      ok(told.status < 300, `2.${version} ${what}: ${told.status} ${JSON.stringify(told.body)}`);
    });
  }
  ok(seen.judged > 0.9 * seen.answers, `only ${seen.judged} of ${seen.answers} were judged`);
});

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
  equal((await trial.ask('GET', '/compute/')).body.versions[0].min_version, '2.1');
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

// ── making servers ────────────────────────────────────────────────────────────────────────────

test('what cannot be done is refused by name, and makes nothing', async () => {
  const trial = await open();
  const client = await admin(trial);
  const id = await flavor(client);
  const large = await flavor(client, { ram: 1, disk: 0 });
  await trial.rooms.ledger.submit((draft) => {
    const row = draft.rows(images).get(IMAGE);
    if (row !== undefined) draft.put(images, { ...row, min_ram_mib: 100 });
    return done(undefined);
  });
  const refused: [object, RegExp][] = [
    [{ flavorRef: 'none' }, /Flavor none/],
    [{ flavorRef: large }, /memory is too small/],
    [{ imageRef: NOBODY }, /Image/],
    [{ imageRef: undefined }, /imageRef/],
    [{ networks: [{ uuid: NOBODY }] }, /network service/],
    [{ networks: undefined }, /networks/],
    [{ key_name: 'k' }, /key_name/],
    [{ availability_zone: 'moon' }, /availability zone/],
    [{ host: 'h9' }, /h9/],
    [{ min_count: 3, max_count: 2 }, /min_count/],
    [{ user_data: 'eA==' }, /user_data/],
    [{ name: ' vm' }, /name/],
    [{ flying: true }, /flying/],
    [{ block_device_mapping_v2: [{ source_type: 'volume', uuid: NOBODY }] }, /volume service/],
  ];
  for (const [more, sentence] of refused) {
    const { status, body } = await client.ask('POST', '/servers', {
      server: wanted(client, id, more),
    });
    equal(status, 400, JSON.stringify(more));
    match(body.badRequest.message, sentence);
  }
  equal((await client.ask('GET', '/servers')).body.servers.length, 0);
});

test('several at once get numbers; an image as a local disk boots as well', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  const disk = { uuid: IMAGE, boot_index: 0, source_type: 'image', destination_type: 'local' };
  await boot(client, id, { min_count: 3, block_device_mapping_v2: [disk] });
  const { body } = await client.ask('GET', '/servers?sort_key=display_name&sort_dir=asc');
  deepEqual(
    body.servers.map(({ name }: { name: string }) => name),
    ['vm-1', 'vm-2', 'vm-3'],
  );
});

test('a named host, same_host and different_host are kept', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  const hostOf = async (server: string): Promise<string> =>
    (await rested(client, server))['OS-EXT-SRV-ATTR:host'];
  const first = await boot(client, id, { host: 'h2' });
  equal(await hostOf(first), 'h2');
  equal(await hostOf(await boot(client, id, { availability_zone: 'nova:h3' })), 'h3');
  for (let again = 0; again < 4; again++) {
    equal(await hostOf(await boot(client, id, {}, { same_host: first })), 'h2');
    ok((await hostOf(await boot(client, id, {}, { different_host: [first] }))) !== 'h2');
  }
  const nowhere = await boot(client, id, { host: 'h1' }, { same_host: first });
  equal((await rested(client, nowhere)).status, 'ERROR');
});

test('what fits nowhere ends in error, and says why', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client, { vcpus: 4000 }));
  const { status, fault } = await rested(client, id);
  equal(status, 'ERROR');
  match(fault.message, /No valid host was found\. ./);
  match(fault.details, /plimsoll explain [0-9a-f-]{36}/);
});

// ── lists ─────────────────────────────────────────────────────────────────────────────────────

test('lists filter, page, and refuse what could keep us busy', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  for (const name of ['web-1', 'web-2', 'db']) await boot(client, id, { name });
  const names = async (query: string): Promise<string> => {
    const { status, body } = await client.ask('GET', `/servers?sort_key=display_name&${query}`);
    return status === 200
      ? body.servers.map(({ name }: { name: string }) => name).join()
      : String(status);
  };
  equal(await names('sort_dir=asc'), 'db,web-1,web-2');
  equal(await names('name=%5Eweb'), 'web-2,web-1');
  equal(await names('name=b-1'), 'web-1');
  equal(await names('status=BUILD&name=db'), 'db');
  equal(await names('status=SHELVED'), '');
  equal(await names('status=FLYING'), '400');
  equal(await names(`flavor=${id}&name=db`), 'db');
  equal(await names('ip=10.0.0.1'), '');
  equal(await names('changes-since=2030-01-01T00:00:00Z'), '');
  equal(await names('changes-since=soon'), '400');
  equal(await names('name=(a%2B)%2B%24'), '400');
  equal(await names('colour=red'), '400');
  const first = await client.ask('GET', '/servers?limit=2&sort_key=display_name');
  equal(first.body.servers.length, 2);
  const [next] = first.body.servers_links;
  const path = next.href.slice('http://127.0.0.1:8774/compute/v2.1'.length);
  equal((await client.ask('GET', path)).body.servers[0].name, 'db');
  equal(await names('limit=-1'), '400');
  equal(await names(`marker=${NOBODY}`), '400');
});

// ── actions ───────────────────────────────────────────────────────────────────────────────────

test('a live migration goes where it is told, or elsewhere; and says so', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client), { host: 'h1' });
  await rested(client, id);
  const act = (body: object) => client.ask('POST', `/servers/${id}/action`, body);
  const live = (host: string | null) =>
    act({ 'os-migrateLive': { host, block_migration: 'auto' } });
  equal((await live('h3')).status, 202);
  equal((await client.ask('GET', `/servers/${id}`)).body.server.status, 'MIGRATING');
  equal((await live('h2')).status, 409);
  equal((await rested(client, id))['OS-EXT-SRV-ATTR:host'], 'h3');
  equal((await live('h9')).status, 400);
  const { migrations } = (await client.ask('GET', '/os-migrations')).body;
  const [{ source_compute, dest_compute, status }] = migrations;
  deepEqual([source_compute, dest_compute, status], ['h1', 'h3', 'completed']);
  const { body } = await client.ask('GET', `/servers/${id}/os-instance-actions`);
  deepEqual(
    body.instanceActions.map(({ action }: { action: string }) => action),
    ['live-migration', 'create'],
  );
});

test('an action is one of those there are, alone, and of a server that is there', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const act = async (body: unknown, server = id): Promise<number> =>
    (await client.ask('POST', `/servers/${server}/action`, body)).status;
  equal(await act({ fly: null }), 400);
  equal(await act({ constructor: null }), 400);
  equal(await act({ 'os-stop': null, 'os-start': null }), 400);
  equal(await act({}), 400);
  equal(await act({ 'os-stop': null }), 501);
  equal(await act({ 'os-stop': null }, NOBODY), 404);
  equal(await act({ 'os-migrateLive': { host: null } }), 400);
  equal(await act({ 'os-resetState': { state: 'stopped' } }), 400);
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
