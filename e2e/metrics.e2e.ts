/**
 * Goal: /metrics is Prometheus' format to the letter, and what it counts moves when the thing
 * happens, and by as much; with a token it is for its holder alone.
 * Method: the real program with simulated hosts, read before and after a server that is made, one
 * that fits nowhere and a path that is not there; read by a strict parser of the format.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readExposition } from './exposition.ts';
import { type Api, apiOf, startProduct, until } from './product.ts';

async function metricsOf(url: string) {
  const response = await fetch(`${url}/metrics`);
  equal(response.status, 200);
  match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const values = readExposition(await response.text());
  return (name: string) => values.get(name) ?? 0;
}

async function create(api: Api, flavorRef: string): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name: 'one', flavorRef, imageRef: images[0].id, networks: 'none' };
  return (await api('POST', '/compute/v2.1/servers', { server })).body.server.id;
}

const settled = (api: Api, id: string) =>
  until(
    async () => (await api('GET', `/compute/v2.1/servers/${id}`)).body.server.status as string,
    (status) => status !== 'BUILD',
  );

test('what happens is counted, and shown as Prometheus reads it', async () => {
  const product = await startProduct({ args: ['--hosts', '2'] });
  const api = await apiOf(product);
  const before = await metricsOf(product.url);
  equal(before('plimsoll_ready'), 1);
  equal(before('plimsoll_hosts{state="up"}'), 2);

  equal(await settled(api, await create(api, '1')), 'ACTIVE');
  const flavor = { name: 'huge', vcpus: 1, ram: 9_000_000, disk: 1 };
  const { body } = await api('POST', '/compute/v2.1/flavors', { flavor });
  equal(await settled(api, await create(api, body.flavor.id)), 'ERROR');
  await api('GET', '/compute/v2.1/of/nobody');

  const now = await metricsOf(product.url);
  const moved = (name: string) => now(name) - before(name);
  equal(moved('plimsoll_operations_ended_total{operation="create-server",state="done"}'), 1);
  equal(moved('plimsoll_operations_ended_total{operation="create-server",state="undone"}'), 1);
  equal(moved('plimsoll_placement_refusals_total{kind="impossible"}'), 1);
  equal(moved('plimsoll_order_duration_seconds_count{verb="boot",outcome="done"}'), 1);
  const posts = 'method="POST",route="/compute/v2.1/servers",status="202"';
  equal(moved(`plimsoll_http_requests_total{${posts}}`), 2);
  equal(moved('plimsoll_http_requests_total{method="GET",route="none",status="404"}'), 1);
  ok(moved('plimsoll_ledger_batch_requests_count') >= moved('plimsoll_ledger_batch_changes_count'));
  const commits = now('plimsoll_ledger_sequence') - before('plimsoll_ledger_sequence');
  equal(moved('plimsoll_ledger_batch_changes_count'), commits, 'each commit is observed');
  equal(now('plimsoll_servers'), 2);
  ok(now('process_resident_memory_bytes') > 1e7);
  equal(await product.stop(), 0);
  await product.clear();
});

test('with a token, metrics are for its holder alone', async () => {
  const data = await mkdtemp(join(tmpdir(), 'plimsoll-metrics-'));
  const file = join(data, 'metrics.token');
  const token = 'a-token-of-prometheus';
  await writeFile(file, `${token}\n`);
  const again = await startProduct({ data, args: ['--hosts', '0', '--metrics-token', file] });
  const ask = async (authorization?: string) =>
    (await fetch(`${again.url}/metrics`, { headers: authorization ? { authorization } : {} }))
      .status;
  const asked = [undefined, 'Bearer another-token-0123', token, `Bearer ${token}`];
  deepEqual(await Promise.all(asked.map(ask)), [401, 401, 401, 200]);
  await again.stop();
  await again.clear();
});
