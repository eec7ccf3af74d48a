/**
 * Goal: shelving, evacuating, steering a move and taking a host out of the fleet, as the compute
 * API has them: statuses, versions, rights, and what the answers show.
 * Method: an installation with three simulated hosts, asked as an administrator and as a stranger.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { admin, boot, clientOf, flavor, openCompute, rested } from '../../../sim/compute-client.ts';
import { servers } from '../../servers/rows.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function running(version = 96) {
  const trial = await openCompute(drain);
  const client = await admin(trial, version);
  const id = await boot(client, await flavor(client));
  const server = await rested(client, id);
  equal(server.status, 'ACTIVE');
  const act = (body: object) => client.ask('POST', `/servers/${id}/action`, body);
  return { trial, client, id, act, home: server['OS-EXT-SRV-ATTR:host'] as string };
}

test('shelved it is on no host, and its image is there until it is taken off the shelf', async () => {
  const { client, id, act } = await running();
  equal((await act({ shelve: null })).status, 202);
  const shelved = await rested(client, id);
  deepEqual([shelved.status, shelved['OS-EXT-SRV-ATTR:host']], ['SHELVED_OFFLOADED', null]);
  equal((await act({ shelve: null })).status, 409);
  equal((await act({ shelveOffload: null })).status, 409);
  equal((await act({ unshelve: { availability_zone: 'nowhere', host: 'h2' } })).status, 400);
  equal((await act({ unshelve: { somewhere: 'else' } })).status, 400);
  equal((await act({ unshelve: { host: 'nowhere' } })).status, 400);
  equal((await act({ unshelve: { host: 'h2' } })).status, 202);
  const back = await rested(client, id);
  deepEqual([back.status, back['OS-EXT-SRV-ATTR:host']], ['ACTIVE', 'h2']);
  const { body } = await client.ask('GET', `/servers/${id}/os-instance-actions`);
  const told = body.instanceActions.map(({ action }: { action: string }) => action);
  deepEqual(told.toSorted(), ['create', 'shelve', 'shelveOffload', 'unshelve']);
});

test('a host is not evacuated before it is fenced, nor declared up before it is clean', async () => {
  const { client, act, id, home } = await running();
  equal((await act({ evacuate: {} })).status, 400);
  equal((await act({ evacuate: { force: true, host: 'h2' } })).status, 400); // not from 2.68 on
  const { body } = await client.ask('GET', `/os-services?host=${home}`);
  const service = `/os-services/${body.services[0].id}`;
  equal((await client.ask('PUT', service, { forced_down: true })).status, 200);
  equal((await act({ evacuate: { host: home } })).status, 400);
  const answer = await act({ evacuate: {} });
  deepEqual([answer.status, answer.body], [200, '']);
  const moved = await rested(client, id);
  equal(moved.status, 'SHUTOFF'); // from 2.95 on
  ok(moved['OS-EXT-SRV-ATTR:host'] !== home);
  const { body: all } = await client.ask('GET', '/os-migrations?migration_type=evacuation');
  deepEqual(
    all.migrations.map((one: Record<string, unknown>) => [one['source_compute'], one['status']]),
    [[home, 'done']],
  );
  const up = await client.ask('PUT', service, { forced_down: false });
  equal(up.status, 400);
  match(up.body.badRequest.message, /not clean yet/);
  equal((await client.ask('DELETE', service)).status, 204); // it never comes back
  equal((await client.ask('GET', `/os-services?host=${home}`)).body.services.length, 0);
  const { body: after } = await client.ask('GET', '/os-migrations?migration_type=evacuation');
  equal(after.migrations[0].status, 'completed');
});

test('a host with servers on it stays in the fleet', async () => {
  const { client, id, home } = await running();
  const { body } = await client.ask('GET', `/os-services?host=${home}`);
  const refused = await client.ask('DELETE', `/os-services/${body.services[0].id}`);
  equal(refused.status, 409);
  match(refused.body.conflictingRequest.message, new RegExp(`held by server \\w+ ${id}: drain`));
  equal((await client.ask('DELETE', '/os-services/nothing')).status, 400);
});

test('a password is told of only before 2.14, and nothing contradicts itself', async () => {
  const { client, act, home } = await running(13);
  const body = { host: home, binary: 'nova-compute', forced_down: true };
  equal((await client.ask('PUT', '/os-services/force-down', body)).status, 200);
  equal((await act({ evacuate: {} })).status, 400); // onSharedStorage is asked for
  const both = { onSharedStorage: 'True', adminPass: 'secret' };
  equal((await act({ evacuate: both })).status, 400);
  const answer = await act({ evacuate: { onSharedStorage: false, adminPass: 'secret' } });
  deepEqual([answer.status, answer.body], [200, { adminPass: 'secret' }]);
});

test('a live migration is seen, stopped, and no more to be found then', async () => {
  const { trial, client, id, act, home } = await running();
  equal((await act({ 'os-migrateLive': { host: null, block_migration: 'auto' } })).status, 202);
  const path = `/servers/${id}/migrations`;
  const { body } = await client.ask('GET', path);
  const one = `${path}/${body.migrations[0].id}`;
  const early = clientOf(trial, await trial.token(), 23);
  equal((await early.ask('DELETE', one)).status, 404); // from 2.24 on
  equal((await client.ask('POST', `${one}/action`, { force_complete: 'now' })).status, 400);
  equal((await client.ask('DELETE', one)).status, 202);
  const there = await rested(client, id);
  deepEqual([there.status, there['OS-EXT-SRV-ATTR:host']], ['ACTIVE', home]);
  equal((await client.ask('DELETE', one)).status, 404);
  const all = await client.ask('GET', '/os-migrations');
  const { status, dest_compute } = all.body.migrations[0];
  equal(status, 'cancelled');
  ok(dest_compute !== home);
});

test('a lock stands in the way inside the request, for all but administrators', async () => {
  const { trial, id } = await running();
  await trial.rooms.ledger.submit((draft) => {
    const row = draft.rows(servers).get(id);
    ok(row !== undefined);
    draft.put(servers, { ...row, lock: { by: 'admin', reason: null } });
    return { is: 'done', value: undefined };
  });
  const { operations } = trial.rooms;
  const bound = await operations.shelve(id, { bound_by_locks: true });
  ok(bound.is === 'no' && bound.why.why === 'wrong-state');
  equal(bound.why.state, 'locked');
  equal((await operations.shelve(id, { bound_by_locks: false })).is, 'done');
});
