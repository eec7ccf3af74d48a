/**
 * Goal: what makes no sense in a query, a path or a body is refused with a reason, at the versions
 * that look at it; what lists show of a time is what changed in it.
 * Method: an installation in simulated time, and a table of requests with the answer of each.
 * Mutants that these killed: `changes-before` read at 2.65; the two ends compared the wrong way
 * round; a list of migrations that ignores both.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { admin, boot, flavor, openCompute, rested, wanted } from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what makes no sense is refused where it is looked at', async () => {
  const trial = await openCompute(drain);
  const client = await admin(trial);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const turned = 'changes-since=2030-01-01T00:00:00Z&changes-before=2020-01-01T00:00:00Z';
  const table: [version: number, path: string, status: number][] = [
    [96, '/servers?all_tenants=perhaps', 400],
    [96, '/servers?all_tenants=', 200],
    [66, `/servers?${turned}`, 400],
    [65, `/servers?${turned}`, 200],
    [66, '/servers/detail?changes-before=soon', 400],
    [66, `/servers/${id}/os-instance-actions?${turned}`, 400],
    [66, `/os-migrations?${turned}`, 400],
    [59, '/os-migrations?changes-since=soon', 400],
    [53, '/os-hypervisors?hypervisor_hostname_pattern=h&limit=1', 400],
    [53, '/os-hypervisors?hypervisor_hostname_pattern=h', 200],
  ];
  for (const [version, path, status] of table) {
    const told = await (await admin(trial, version)).ask('GET', path);
    equal(told.status, status, `${path} at 2.${version}: ${JSON.stringify(told.body)}`);
  }
  const [older, old] = [await admin(trial, 52), await admin(trial, 53)];
  equal((await old.ask('PUT', '/os-services/1', { status: 'enabled' })).status, 400);
  equal((await old.ask('DELETE', '/os-services/1')).status, 400);
  equal((await older.ask('DELETE', '/os-services/99')).status, 404);
  const posted = async (type: string) => {
    const about = { token: client.token, headers: { 'content-type': type }, body: { flavor: 1 } };
    return (await trial.ask('POST', '/compute/v2.1/flavors', about)).status;
  };
  equal(await posted('application/xml'), 415);
  equal(await posted('application/json; charset=UTF-8'), 400);
  const server = wanted(client, 'any', { trusted_image_certificates: [] });
  equal((await client.ask('POST', '/servers', { server })).status, 400);
});

test('lists show what changed within a time', async () => {
  const trial = await openCompute(drain);
  const client = await admin(trial);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  await client.ask('POST', `/servers/${id}/action`, { 'os-migrateLive': live });
  await rested(client, id);
  const lengths = async (query: string) => {
    const actions = await client.ask('GET', `/servers/${id}/os-instance-actions?${query}`);
    const moves = await client.ask('GET', `/os-migrations?${query}`);
    const all = await client.ask('GET', `/servers?${query}`);
    return [actions.body.instanceActions, moves.body.migrations, all.body.servers].map(
      (items) => items.length,
    );
  };
  const [early, late] = ['1960-01-01T00:00:00Z', '2100-01-01T00:00:00Z'];
  deepEqual(await lengths(`changes-since=${early}`), [2, 1, 1]);
  deepEqual(await lengths(`changes-since=${late}`), [0, 0, 0]);
  deepEqual(await lengths(`changes-before=${early}`), [0, 0, 0]);
  deepEqual(await lengths(`changes-since=${early}&changes-before=${late}`), [2, 1, 1]);
});

const live = { host: null, block_migration: 'auto' };
