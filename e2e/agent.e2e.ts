/**
 * Goal: agents in a process of their own are as good as those within: servers are made, moved and
 * deleted on them; a killed agent comes back to its guests; a stolen token opens nothing else.
 * Method: a control plane without hosts of its own, and an agent process with two hosts, both real,
 * on loopback.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { CLI, ended, startAgent } from './agent-process.ts';
import { type Api, apiOf, startProduct, until } from './product.ts';

const run = promisify(execFile);

const hostsOf = async (api: Api) =>
  (await api('GET', '/plimsoll/v1/hosts')).body.hosts as { name: string; state: string }[];

const serverOf = async (api: Api, id: string) =>
  (await api('GET', `/compute/v2.1/servers/${id}`)).body.server;

test('agents dial in, are ordered about, die and come back to their guests', async () => {
  const product = await startProduct({ args: ['--hosts', '0'] });
  const api = await apiOf(product);
  const state = await mkdtemp(join(tmpdir(), 'plimsoll-agent-'));
  const common = ['--clouds', product.cloudsYaml];
  const made = await run(process.execPath, [CLI, 'host', 'token', 'far-1', 'far-2', ...common]);
  match(made.stdout, /^far-1 \S{43}\nfar-2 \S{43}\n$/);
  const tokens = join(state, 'tokens');
  await writeFile(tokens, made.stdout, { mode: 0o600 });
  const args = ['--control', product.url, '--tokens', tokens, '--state', join(state, 'state')];
  const first = await startAgent(args);
  await until(
    () => hostsOf(api),
    (hosts) => hosts.length === 2 && hosts.every((host) => host.state === 'up'),
  );

  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name: 'far', flavorRef: '1', imageRef: images[0].id, networks: 'none' };
  const id = (await api('POST', '/compute/v2.1/servers', { server })).body.server.id;
  type Row = { status: string; 'OS-EXT-SRV-ATTR:host': string };
  const active = (row: Row) => row.status === 'ACTIVE';
  const before = await until(() => serverOf(api, id), active);
  const from = before['OS-EXT-SRV-ATTR:host'];
  const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
  equal((await api('POST', `/compute/v2.1/servers/${id}/action`, live)).status, 202);
  const moved = await until(
    () => serverOf(api, id),
    (row: Row) => active(row) && row['OS-EXT-SRV-ATTR:host'] !== from,
  );

  await ended(first, 'SIGKILL');
  const refused = await api('POST', `/compute/v2.1/servers/${id}/action`, {
    'os-getConsoleOutput': {},
  });
  ok(refused.status >= 400, 'nobody is there to ask');
  const second = await startAgent(args);
  const uuids = (await readFile(join(state, 'state', 'far-1.id'), 'utf8')).trim();
  equal(uuids.length, 36);
  equal((await api('POST', `/compute/v2.1/servers/${id}/action`, { 'os-stop': null })).status, 202);
  await until(
    () => serverOf(api, id),
    (row) => row.status === 'SHUTOFF',
  );
  equal((await serverOf(api, id))['OS-EXT-SRV-ATTR:host'], moved['OS-EXT-SRV-ATTR:host']);
  equal((await api('DELETE', `/compute/v2.1/servers/${id}`)).status, 204);
  await until(
    async () => (await api('GET', `/compute/v2.1/servers/${id}`)).status,
    (status) => status === 404,
  );
  deepEqual((await hostsOf(api)).map(({ name }) => name).sort(), ['far-1', 'far-2']);
  await ended(second, 'SIGTERM');
  await product.stop();
  await product.clear();
  await rm(state, { recursive: true });
});
