/**
 * Goal: several processes on one database are one control plane: started at once they make one
 * installation, what one was told every other shows at once, and what one was about goes on in
 * another, whether it was killed or told to stop.
 * Method: three real processes, a PostgreSQL of the test's own, and agents in a process of theirs
 * that dials all three.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { postgresPrograms, startPostgres } from '../src/real/postgres/server.fixture.ts';
import { CLI, ended, startAgent } from './agent-process.ts';
import { type Api, apiOf, type Product, startProduct, until } from './product.ts';

const programs = postgresPrograms();
const skip = programs === null ? 'no PostgreSQL here: apt-get install postgresql' : false;
const run = promisify(execFile);

type Row = { id: string; name: string; status: string };
const serversOf = async (api: Api): Promise<Row[]> =>
  (await api('GET', '/compute/v2.1/servers/detail')).body.servers;

async function create(api: Api, name: string): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name, flavorRef: '1', imageRef: images[0].id, networks: 'none' };
  const { status, body } = await api('POST', '/compute/v2.1/servers', { server });
  equal(status, 202, JSON.stringify(body));
  return body.server.id;
}

const allActive = (rows: Row[]) => rows.every(({ status }) => status === 'ACTIVE');

/** Three processes that were started at once, the interfaces of each, and agents on two hosts. */
async function fleet() {
  const server = await startPostgres(programs as string);
  const shared = await mkdtemp(join(tmpdir(), 'plimsoll-shared-'));
  after(() => server.stop());
  after(() => rm(shared, { recursive: true }));
  const images = join(shared, 'images');
  const args = ['--database', server.url, '--shared', '--hosts', '0', '--images', images];

  const started = await Promise.all([1, 2, 3].map(() => startProduct({ args })));
  after(() => Promise.all(started.map((product) => product.stop('SIGKILL'))));
  const knowing = started.filter(({ password }) => password !== '');
  equal(knowing.length, 1, 'one of them made the first user');
  const { password, cloudsYaml } = knowing[0] as Product;
  await rejects(startProduct({ args: args.slice(0, 2) }), /start it again with --shared|--shared/);

  const made = await run(process.execPath, [
    CLI,
    'host',
    'token',
    'a',
    'b',
    '--clouds',
    cloudsYaml,
  ]);
  const tokens = join(shared, 'tokens');
  await writeFile(tokens, made.stdout, { mode: 0o600 });
  const control = started.flatMap(({ url }) => ['--control', url]);
  const agent = await startAgent([
    ...control,
    '--tokens',
    tokens,
    '--state',
    join(shared, 'state'),
  ]);

  const apis = await Promise.all(started.map((one) => apiOf({ ...one, password })));
  const [one, two, three] = apis as [Api, Api, Api];
  const flavors = (await two('GET', '/compute/v2.1/flavors')).body.flavors;
  equal(flavors.length, 4, 'furnished once');
  await until(
    async () => (await three('GET', '/plimsoll/v1/hosts')).body.hosts as { state: string }[],
    (hosts) => hosts.length === 2 && hosts.every(({ state }) => state === 'up'),
  );

  return { args, started, apis: [one, two, three] as const, agent, password };
}

test('three processes on one database are one control plane', { skip }, async () => {
  const { args, started, apis, agent, password } = await fleet();
  const [one, two, three] = apis;
  // Told by one, seen at once by every other.
  for (let turn = 0; turn < 12; turn++) {
    const id = await create(apis[turn % 3] as Api, `n${turn}`);
    const seen = await Promise.all(apis.map((api) => api('GET', `/compute/v2.1/servers/${id}`)));
    deepEqual(
      seen.map(({ status }) => status),
      [200, 200, 200],
    );
  }

  // Killed in the middle of its operations: another goes on.
  await Promise.all(['k1', 'k2', 'k3', 'k4'].map((name) => create(one, name)));
  await started[0]?.stop('SIGKILL');
  const afterDeath = await until(() => serversOf(two), allActive);
  equal(afterDeath.length, 16);

  // Told to stop in the middle of its operations: another goes on at once.
  await Promise.all(['s1', 's2', 's3', 's4'].map((name) => create(two, name)));
  equal(await started[1]?.stop(), 0);
  const afterStop = await until(() => serversOf(three), allActive);
  equal(afterStop.length, 20);
  equal(new Set(afterStop.map(({ name }) => name)).size, 20);

  // The dead come back, and know everything.
  const back = await startProduct({ data: started[0]?.data as string, args });
  deepEqual(
    (await serversOf(await apiOf({ ...back, password }))).map(({ id }) => id).sort(),
    afterStop.map(({ id }) => id).sort(),
  );
  await ended(agent, 'SIGTERM');
  for (const product of [back, started[2] as Product]) equal(await product.stop(), 0);
  for (const product of started) await product.clear();
});
