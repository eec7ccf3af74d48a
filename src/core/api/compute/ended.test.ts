/**
 * Goal: E1 and E2, and what may be asked about servers that are gone: usage, changes, actions.
 * Method: the API of an installation in simulated time, where hours pass at once; a property holds
 * the hours of a period against a count of its milliseconds on a small scale.
 * Mutants that these killed: hours to the end of the period although it is still to come; from the
 * launch although that was before the period; others' servers in a project's usage; no row kept;
 * the newest pruned instead of the oldest; a stranger shown what was done to a server that is gone.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  flavor,
  openCompute,
  rested,
  stranger,
} from '../../../sim/compute-client.ts';
import { done } from '../../ports/reply.ts';
import { endedServers, endServer } from '../../servers/ended.ts';
import { servers } from '../../servers/rows.ts';
import { micros } from '../times.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = async (version = 96) => admin(await openCompute(drain), version);
const wall = ({ trial }: Client) => trial.rooms.clock.wall();

async function remove(client: Client, id: string): Promise<void> {
  equal((await client.ask('DELETE', `/servers/${id}`)).status, 204);
  equal(await rested(client, id), null);
}

async function usage(client: Client, from_ms: number, to_ms: number, project?: string) {
  const period = `start=${micros(from_ms)}&end=${micros(to_ms)}`;
  const of = project === undefined ? `?detailed=1&${period}` : `/${project}?${period}`;
  const { status, body } = await client.ask('GET', `/os-simple-tenant-usage${of}`);
  equal(status, 200, JSON.stringify(body));
  return body;
}

test('usage counts the part of a life that is in the period, also of a server that is gone', async () => {
  const client = await open();
  const id = await boot(client, await flavor(client, { vcpus: 2, ram: 1024, disk: 4 }));
  const { tenant_id } = await rested(client, id);
  const launched = (await client.trial.rooms.ledger.read((view) => view.rows(servers).get(id)))
    ?.launched_at_ms as number;
  const hour = 3_600_000;
  const before = await usage(client, launched - hour, wall(client) + hour, tenant_id);
  const [alive] = before.tenant_usage.server_usages;
  equal(alive.hours, (wall(client) - launched) / hour, 'not what is still to come');
  deepEqual([alive.ended_at, alive.state], [null, 'active']);
  await remove(client, id);
  const gone = await client.trial.rooms.ledger.read((view) => view.rows(endedServers).get(id));
  const life_ms = (gone?.ended_at_ms as number) - launched;
  ok(life_ms > 2, 'long enough to cut a piece from');
  const all = (await usage(client, 0, wall(client), tenant_id)).tenant_usage;
  const [{ state, hours, ...dead }] = all.server_usages;
  deepEqual([state, hours, dead.instance_id], ['terminated', life_ms / hour, id]);
  equal(all.total_vcpus_usage, (2 * life_ms) / hour);
  equal(all.total_memory_mb_usage, (1024 * life_ms) / hour);
  equal(all.total_local_gb_usage, (4 * life_ms) / hour);
  const piece = await usage(client, launched + 1, launched + 2, tenant_id);
  equal(piece.tenant_usage.total_hours, 1 / hour, 'only the part within');
  deepEqual(await usage(client, 0, launched, tenant_id), { tenant_usage: {} }, 'before its time');
});

test('usage of a project is its own, and only operators see all', async () => {
  const operator = await open();
  const member = await stranger(operator.trial, 'member');
  const size = await flavor(operator);
  const [mine, theirs] = [await boot(operator, size), await boot(member, size)];
  for (const id of [mine, theirs]) await rested(operator, id);
  const all = (await usage(operator, 0, wall(operator) + 1)).tenant_usages;
  equal(all.length, 2);
  const of = (id: string) =>
    all.find((one: { server_usages: { instance_id: string }[] }) =>
      one.server_usages.some(({ instance_id }) => instance_id === id),
    ).tenant_id;
  const own = (await usage(member, 0, wall(operator) + 1, of(theirs))).tenant_usage.server_usages;
  deepEqual(
    own.map((one: { instance_id: string }) => one.instance_id),
    [theirs],
  );
  const path = '/os-simple-tenant-usage';
  equal((await member.ask('GET', path)).status, 403);
  equal((await member.ask('GET', `${path}/${of(mine)}`)).status, 403);
  equal((await operator.ask('GET', `${path}?start=2024-02-01&end=2024-01-01`)).status, 400);
  equal((await operator.ask('GET', `${path}?start=yesterday`)).status, 400);
  const page = (await operator.ask('GET', `${path}?start=1970-01-01&end=2100-01-01&limit=1`)).body;
  equal(page.tenant_usages.length, 1);
  ok(page.tenant_usages_links[0].href.includes('marker='));
});

test('a server that is gone is in lists of changes, and in lists of what is gone', async () => {
  const operator = await open();
  const member = await stranger(operator.trial, 'member');
  const id = await boot(member, await flavor(operator));
  await rested(member, id);
  const since = micros(wall(operator));
  await remove(member, id);
  const idsOf = async (client: Client, query: string) => {
    const { body } = await client.ask('GET', `/servers/detail?${query}`);
    return body.servers.map((one: { id: string; status: string }) => [one.id, one.status]);
  };
  deepEqual(await idsOf(member, 'limit=9'), []);
  deepEqual(await idsOf(member, `changes-since=${since}Z`), [[id, 'DELETED']]);
  deepEqual(await idsOf(member, 'deleted=True'), [], 'a filter for operators');
  equal((await member.ask('GET', '/servers?status=DELETED')).status, 403);
  deepEqual(await idsOf(operator, 'all_tenants=1&deleted=True'), [[id, 'DELETED']]);
  deepEqual(await idsOf(operator, 'all_tenants=1&status=deleted'), [[id, 'DELETED']]);
  equal((await operator.ask('GET', `/servers/${id}`)).status, 404);
});

test('what was done to a server that is gone is told to its project, from 2.21 on', async () => {
  const operator = await open(21);
  const member = await stranger(operator.trial, 'member', 21);
  const other = await stranger(operator.trial, 'member', 21);
  const id = await boot(member, await flavor(operator));
  await rested(member, id);
  await remove(member, id);
  const path = `/servers/${id}/os-instance-actions`;
  const actions = (await member.ask('GET', path)).body.instanceActions;
  deepEqual(
    actions.map(({ action }: { action: string }) => action),
    ['delete', 'create'],
  );
  equal((await operator.ask('GET', path)).status, 200);
  equal((await other.ask('GET', path)).status, 404);
  equal((await (await admin(operator.trial, 20)).ask('GET', path)).status, 404);
});

test('the newest are kept, and a server is in one table only', async () => {
  const client = await open();
  const size = await flavor(client);
  const ids: string[] = [];
  for (let at = 0; at < 3; at++) ids.push(await boot(client, size, { name: `s${at}` }));
  for (const id of ids) await rested(client, id);
  const { ledger } = client.trial.rooms;
  await ledger.submit((draft) => {
    const row = draft.rows(servers).get(ids[0] as string);
    ok(row);
    for (let at = 0; at < 70; at++) {
      const uuid = `old-${at}`;
      draft.put(endedServers, { uuid, project_id: 'p', ended_at_ms: at, server: row });
    }
    endServer(draft, row, 2);
    return done(undefined);
  });
  const kept = await ledger.read((view) => [...view.rows(endedServers).values()]);
  deepEqual(kept.map(({ uuid }) => uuid).sort(), [ids[0], 'old-69'].sort());
  equal(await ledger.read((view) => view.rows(servers).has(ids[0] as string)), false);
});
