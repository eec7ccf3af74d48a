/**
 * Goal: servers are resized and moved by whoever may, show it as upstream does, and count against
 * their quota from the request on.
 * Method: an installation in simulated time with three hosts, through the API alone.
 * Mutants that these killed: the quota asked for the whole new flavor; the use counted by the old
 * one until it is settled; a smaller disk taken; a move to its own host taken.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  openCompute,
  rested,
  stranger,
} from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const act = (client: Client, id: string, body: unknown) =>
  client.ask('POST', `/servers/${id}/action`, body);

/** [ram, vcpus, disk], by name. */
const sizes: Readonly<Record<string, readonly [number, number, number]>> = {
  small: [512, 1, 2],
  large: [2048, 4, 4],
  flat: [1024, 1, 1],
};

async function flavorsOf(operator: Client): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const [name, [ram, vcpus, disk]] of Object.entries(sizes)) {
    const flavor = { name, ram, vcpus, disk };
    const { status, body } = await operator.ask('POST', '/flavors', { flavor });
    equal(status, 200, JSON.stringify(body));
    made[name] = body.flavor.id;
  }
  return made;
}

async function crew(version = 60) {
  const operator = await admin(await openCompute(drain), version);
  const { small = '', large = '', flat = '' } = await flavorsOf(operator);
  const id = await boot(operator, small);
  await rested(operator, id);
  return { operator, id, small, large, flat };
}

const shown = async (client: Client, id: string) =>
  (await client.ask('GET', `/servers/${id}`)).body.server;

/** A confirmation shows no task of its own: it is over when the server says so. */
async function confirmed(client: Client, id: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await shown(client, id)).status === 'ACTIVE') return;
    client.trial.step();
  }
  throw new Error(`server ${id} is not confirmed`);
}

test('a resize is seen on its way, waits to be confirmed, and is listed as a migration', async () => {
  const { operator, id, large } = await crew();
  const before = await shown(operator, id);
  equal((await act(operator, id, { resize: { flavorRef: large } })).status, 202);
  equal((await shown(operator, id)).status, 'RESIZE');
  const moved = await rested(operator, id);
  deepEqual([moved['status'], moved['OS-EXT-STS:vm_state']], ['VERIFY_RESIZE', 'resized']);
  const { flavor, 'OS-EXT-SRV-ATTR:host': host } = await shown(operator, id);
  deepEqual([flavor.original_name, flavor.vcpus, flavor.ram], ['large', 4, 2048]);
  ok(host !== before['OS-EXT-SRV-ATTR:host']);
  const [migration] = (await operator.ask('GET', '/os-migrations')).body.migrations;
  deepEqual(
    [migration.status, migration.migration_type, migration.source_compute, migration.dest_compute],
    ['finished', 'resize', before['OS-EXT-SRV-ATTR:host'], host],
  );
  equal((await act(operator, id, { confirmResize: null })).status, 204);
  await confirmed(operator, id);
  const after = (await operator.ask('GET', '/os-migrations')).body.migrations;
  deepEqual([after.length, after[0].status], [1, 'confirmed']);
  const actions = (await operator.ask('GET', `/servers/${id}/os-instance-actions`)).body;
  const named = actions.instanceActions.map(({ action }: { action: string }) => action);
  deepEqual(named.toSorted(), ['confirmResize', 'create', 'resize']);
});

test('a stopped server is resized stopped, and taken back stopped', async () => {
  const { operator, id, large } = await crew();
  await act(operator, id, { 'os-stop': null });
  await rested(operator, id);
  await act(operator, id, { resize: { flavorRef: large } });
  const moved = await rested(operator, id);
  deepEqual([moved['status'], moved['OS-EXT-STS:power_state']], ['VERIFY_RESIZE', 4]);
  equal((await act(operator, id, { revertResize: null })).status, 202);
  const back = await rested(operator, id);
  deepEqual(
    [back['status'], (await shown(operator, id)).flavor.original_name],
    ['SHUTOFF', 'small'],
  );
  const [migration] = (await operator.ask('GET', '/os-migrations')).body.migrations;
  equal(migration.status, 'reverted');
});

test('what cannot be meant is refused, and changes nothing', async () => {
  const { operator, id, small, large, flat } = await crew();
  const refusals: readonly [unknown, number, RegExp][] = [
    [{ resize: { flavorRef: 'nothing' } }, 400, /could not be found/],
    [{ resize: { flavorRef: null } }, 400, /./],
    [{ resize: { flavorRef: small } }, 400, /must change flavor/],
    [{ resize: { flavorRef: flat } }, 400, /smaller disk/],
    [{ confirmResize: null }, 409, /while it is in state active/],
    [{ revertResize: null }, 409, /while it is in state active/],
    [{ migrate: { host: 'nowhere' } }, 400, /nowhere could not be found/],
    [{ migrate: { host: (await shown(operator, id))['OS-EXT-SRV-ATTR:host'] } }, 400, /already/],
  ];
  const before = await shown(operator, id);
  for (const [body, status, message] of refusals) {
    const answer = await act(operator, id, body);
    equal(answer.status, status, JSON.stringify([body, answer.body]));
    match(JSON.stringify(answer.body), message);
  }
  deepEqual(await shown(operator, id), before);
  equal((await act(operator, id, { resize: { flavorRef: large } })).status, 202);
  const busy = await act(operator, id, { resize: { flavorRef: large } });
  equal(busy.status, 409);
});

test('only operators migrate, and only they pass a lock', async () => {
  const { operator, small, large } = await crew();
  const member = await stranger(operator.trial, 'member', 60);
  const id = await boot(member, small);
  await rested(member, id);
  equal((await act(member, id, { migrate: null })).status, 403);
  equal((await act(member, id, { lock: null })).status, 202);
  await act(operator, id, { unlock: null });
  await act(operator, id, { lock: null });
  equal((await act(member, id, { resize: { flavorRef: large } })).status, 409);
  equal((await act(operator, id, { migrate: null })).status, 202);
  equal((await rested(operator, id))['status'], 'VERIFY_RESIZE');
  equal((await act(member, id, { confirmResize: null })).status, 409);
});

test('the larger of both flavors counts until it is settled, from the request on', async () => {
  const { operator, small, large } = await crew();
  const member = await stranger(operator.trial, 'member', 60);
  const id = await boot(member, small);
  await rested(member, id);
  const { tenant_id } = await shown(member, id);
  const allow = (cores: number) =>
    operator.ask('PUT', `/os-quota-sets/${tenant_id}`, { quota_set: { cores, ram: -1 } });
  const used = async () => (await member.ask('GET', '/limits')).body.limits.absolute.totalCoresUsed;

  equal((await allow(3)).status, 200);
  const over = await act(member, id, { resize: { flavorRef: large } });
  deepEqual([over.status, await used()], [403, 1]);
  await allow(4);
  equal((await act(member, id, { resize: { flavorRef: large } })).status, 202);
  equal(await used(), 4);
  await rested(member, id);
  await act(member, id, { revertResize: null });
  equal(await used(), 4);
  await rested(member, id);
  equal(await used(), 1);

  await act(member, id, { resize: { flavorRef: large } });
  await rested(member, id);
  await act(member, id, { confirmResize: null });
  await confirmed(member, id);
  equal(await used(), 4);
});
