/**
 * Goal: a process says by name what is wrong with it, in time, and mends itself what it can: it
 * starts without its broker, and reads everything anew when it has fallen too far behind others.
 * Method: two real processes on a PostgreSQL of the test's own, one of them through a cable that is
 * pulled; a NATS server that comes late; a process that is stopped while what others wrote is
 * forgotten.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { hasNats, startNats } from '../src/real/nats/server.fixture.ts';
import { postgresPrograms, startPostgres } from '../src/real/postgres/server.fixture.ts';
import { Forwarder } from '../tools/cluster/forwarder.ts';
import { CLI } from './agent-process.ts';
import { apiOf, startProduct, until } from './product.ts';

const run = promisify(execFile);
const programs = postgresPrograms();
const skip = programs === null || !hasNats ? 'no PostgreSQL or NATS here' : false;

async function health(url: string, path = '/readyz') {
  const began_ms = performance.now();
  const response = await fetch(`${url}${path}`);
  ok(performance.now() - began_ms < 5_000, 'it never hangs');
  const { wrong } = (await response.json()) as { wrong: { name: string }[] };
  return { status: response.status, wrong: wrong.map(({ name }) => name) };
}

async function status(clouds: string): Promise<{ code: number; said: string }> {
  const said = await run(process.execPath, [CLI, 'status', '--clouds', clouds]).catch(
    (error: { code: number; stdout: string }) => error,
  );
  return { code: 'code' in said ? said.code : 0, said: said.stdout };
}

const well = { status: 200, wrong: [] };
const isWell = ({ status, wrong }: { status: number; wrong: string[] }) =>
  status === 200 && wrong.length === 0;

async function lab() {
  const server = await startPostgres(programs as string);
  const broker = await startNats([]);
  await broker.die();
  const cable = await Forwarder.open(() => [Number(new URL(server.url).port)]);
  const shared = await mkdtemp(join(tmpdir(), 'plimsoll-health-'));
  const key = join(shared, 'control.key');
  await writeFile(key, broker.seed, { mode: 0o600 });
  const url = new URL(server.url);
  url.port = String(cable.port);
  const common = ['--shared', '--hosts', '0', '--images', join(shared, 'images')];
  const nats = ['--nats', broker.url, '--nats-key', key];
  const one = await startProduct({ args: ['--database', url.href, ...common, ...nats] });
  const two = await startProduct({ args: ['--database', server.url, ...common] });
  after(async () => {
    for (const product of [one, two]) await product.stop('SIGKILL');
    cable.close();
    await broker.stop();
    await server.stop();
    for (const product of [one, two]) await product.clear();
    await rm(shared, { recursive: true });
  });
  return { server, broker, cable, one, two };
}

test('a process says what is wrong with it, and mends what it can', { skip }, async () => {
  const { server, broker, cable, one, two } = await lab();

  // The broker is not there yet: it serves, and says so; then it comes.
  deepEqual(await health(one.url), { status: 200, wrong: ['broker-away'] });
  deepEqual(await health(two.url), well);
  await broker.restart();
  await until(() => health(one.url), isWell);

  // Cut off from the database.
  cable.cut();
  const lost = await until(
    () => health(one.url),
    ({ wrong }) => wrong.length === 2,
  );
  deepEqual(lost, { status: 503, wrong: ['database-lost', 'lease-lost'] });
  equal((await health(one.url, '/healthz')).status, 200, 'to start it again would not help');
  deepEqual(await health(two.url), well);
  const told = await status(one.cloudsYaml);
  equal(told.code, 1);
  match(told.said, /not ready[\s\S]*database does not answer[\s\S]*next: look at the database/);
  cable.mend();
  await until(() => health(one.url), isWell);
  const mended = await status(one.cloudsYaml);
  equal(mended.code, 0, mended.said);
  match(mended.said, /is ready[\s\S]*processes +2: [\s\S]*PostgreSQL\n +broker +connected/);

  // Stopped for so long that the records of what others wrote are gone.
  const api = await apiOf({ ...two, password: one.password });
  one.signal('SIGSTOP');
  const flavor = { name: 'late', vcpus: 1, ram: 64, disk: 1 };
  equal((await api('POST', '/compute/v2.1/flavors', { flavor })).status, 200);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('DELETE FROM plimsoll.change_record');
  await client.end();
  one.signal('SIGCONT');
  await until(
    async () => one.said().split('up at').length,
    (said) => said === 3,
  );
  await until(() => health(one.url), isWell);
  const seen = await (await apiOf(one))('GET', '/compute/v2.1/flavors');
  match(JSON.stringify(seen.body), /"late"/);
  equal(await one.stop(), 0);
  equal(await two.stop(), 0);
});
