/**
 * Goal: Q1 and Q2: whatever comes at once, nobody has more than an operator allowed; what is let
 * go of can be had again; and limits, quota sets and classes tell what holds.
 * Method: the API of an installation in simulated time; a property sends bursts of creates and
 * deletes at once, and counts the rows by itself after each burst.
 * Mutants that these killed: asked outside the request that creates; cores not counted; a user's
 * own limit ignored; trimmed below min_count; failed servers that hold cores; the class ignored.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  admin,
  boot,
  type Client,
  flavor,
  openCompute,
  rested,
  stranger,
  wanted,
} from '../../../sim/compute-client.ts';
import { servers } from '../../servers/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function crew(version = 56) {
  const operator = await admin(await openCompute(drain), version);
  const member = await stranger(operator.trial, 'member', version);
  const { rows } = await operator.trial.rooms.ledger.read((view) => ({ rows: view.rows(servers) }));
  const { projects } = (
    await operator.trial.ask('GET', '/identity/v3/projects', {
      token: await operator.trial.token(),
    })
  ).body;
  const project: string = projects.find((one: { name: string }) => one.name.startsWith('s')).id;
  const allow = async (quota_set: object, query = '') => {
    const told = await operator.ask('PUT', `/os-quota-sets/${project}${query}`, { quota_set });
    equal(told.status, 200, JSON.stringify(told.body));
    return told.body.quota_set;
  };
  const mine = () => rows.by('project_id', project);
  return { operator, member, project, allow, mine };
}

const create = (client: Client, flavorRef: string, more: object = {}) =>
  client.ask('POST', '/servers', { server: wanted(client, flavorRef, more) });

const absolute = async (client: Client) =>
  (await client.ask('GET', '/limits')).body.limits.absolute;

test('creates that come at once never have more than is allowed', async () => {
  const tried = { made: 0, refused: 0, full: 0, trimmed: 0 };
  const burst = fc.array(
    fc.record({ large: fc.boolean(), most: fc.integer({ min: 1, max: 4 }), drop: fc.boolean() }),
    { minLength: 2, maxLength: 8 },
  );
  const limits = fc.record({
    instances: fc.integer({ min: 1, max: 9 }),
    cores: fc.integer({ min: 1, max: 16 }),
  });
  await fc.assert(
    fc.asyncProperty(
      limits,
      fc.array(burst, { minLength: 1, maxLength: 3 }),
      async (most, bursts) => {
        const { operator, member, allow, mine } = await crew();
        const [small, large] = [await flavor(operator), await flavor(operator, { vcpus: 3 })];
        await allow({ ...most, force: true });
        for (const asks of bursts) {
          const there = mine().map((row) => row.uuid);
          const told = await Promise.all(
            asks.map((ask, at) =>
              ask.drop && there[at] !== undefined
                ? member.ask('DELETE', `/servers/${there[at]}`)
                : create(member, ask.large ? large : small, { min_count: 1, max_count: ask.most }),
            ),
          );
          for (const { status } of told) {
            ok(status === 202 || status === 204 || status === 403, `${status}`);
            if (status === 202) tried.made++;
            if (status === 403) tried.refused++;
          }
          const cores = mine().reduce((sum, row) => sum + row.flavor.vcpus, 0);
          ok(mine().length <= most.instances, `${mine().length} of ${most.instances} servers`);
          ok(cores <= most.cores, `${cores} of ${most.cores} cores`);
          if (mine().length === most.instances || cores === most.cores) tried.full++;
          const asked = asks.reduce((sum, ask) => sum + ask.most, 0);
          if (mine().length > there.length && mine().length < asked) tried.trimmed++;
        }
      },
    ),
    { numRuns: 30, seed: 8 },
  );
  for (const [what, times] of Object.entries(tried)) ok(times > 5, `${what}: ${times}`);
});

test('a refusal says what is over, and makes nothing; what is deleted can be had again', async () => {
  const { operator, member, allow, mine } = await crew();
  const id = await flavor(operator, { vcpus: 2, ram: 1024 });
  await allow({ cores: 5, ram: 4096 });
  const both = await create(member, id, { min_count: 2, max_count: 4 });
  equal(both.status, 202);
  equal(mine().length, 2, 'as many as fit');
  const third = await create(member, id);
  equal(third.status, 403);
  match(third.body.forbidden.message, /Quota exceeded for cores: 2 more asked for, 4 of 5 in use/);
  equal(mine().length, 2);
  const small = await flavor(operator);
  equal((await create(member, small, { min_count: 2, max_count: 3 })).status, 403, 'one fits');
  const [row] = mine();
  await member.ask('DELETE', `/servers/${row?.uuid}`);
  await rested(member, row?.uuid ?? '');
  equal((await create(member, id)).status, 202);
});

test('a server that failed without a host holds no cores, and still counts as one', async () => {
  const { operator, member, allow } = await crew();
  const huge = await flavor(operator, { vcpus: 1000 });
  await allow({ instances: 2, cores: 1000 });
  equal((await rested(member, await boot(member, huge))).status, 'ERROR');
  const used = await absolute(member);
  deepEqual([used.totalInstancesUsed, used.totalCoresUsed, used.totalRAMUsed], [1, 0, 0]);
  await boot(member, await flavor(operator));
  equal((await create(member, huge)).status, 403);
});

test('a user has a limit of their own inside the project’s', async () => {
  const { operator, member, project, allow, mine } = await crew();
  const id = await flavor(operator);
  await boot(member, id);
  const user = mine()[0]?.user_id;
  await allow({ instances: 3 });
  equal((await allow({ instances: 2 }, `?user_id=${user}`)).instances, 2);
  const more = { quota_set: { instances: 4 } };
  const path = `/os-quota-sets/${project}`;
  equal((await operator.ask('PUT', `${path}?user_id=${user}`, more)).status, 400);
  await boot(member, id);
  equal((await create(member, id)).status, 403);
  equal((await operator.ask('DELETE', `${path}?user_id=${user}`)).status, 202);
  await boot(member, id);
  equal((await create(member, id)).status, 403);
});

test('quota sets, classes and limits tell what holds', async () => {
  const { operator, member, project, allow } = await crew();
  const path = `/os-quota-sets/${project}`;
  await operator.ask('PUT', '/os-quota-class-sets/default', { quota_class_set: { cores: 7 } });
  equal((await member.ask('GET', path)).body.quota_set.cores, 7);
  await allow({ cores: '9', ram: 2048 });
  equal((await member.ask('GET', path)).body.quota_set.cores, 9);
  equal((await member.ask('GET', `${path}/defaults`)).body.quota_set.cores, 7);
  await boot(member, await flavor(operator));
  const { body } = await member.ask('GET', `${path}/detail`);
  deepEqual(body.quota_set.cores, { limit: 9, in_use: 1, reserved: 0 });
  const said = await absolute(member);
  deepEqual([said.maxTotalCores, said.totalCoresUsed, said.maxTotalRAMSize], [9, 1, 2048]);
  const below = { quota_set: { cores: 0 } };
  equal((await operator.ask('PUT', path, below)).status, 400);
  equal((await operator.ask('PUT', path, { quota_set: { cores: 0, force: true } })).status, 200);
  equal((await operator.ask('DELETE', path)).status, 202);
  equal((await member.ask('GET', path)).body.quota_set.cores, 7);
  equal((await member.ask('PUT', path, below)).status, 403);
  equal((await operator.ask('GET', '/os-quota-sets/nobody')).status, 400);
  equal((await operator.ask('PUT', path, { quota_set: { floors: 1 } })).status, 400);
});

test('keys, groups, members and metadata have their limits as well', async () => {
  const { operator, member, allow } = await crew();
  const id = await flavor(operator);
  await allow({ key_pairs: 1, server_groups: 1, server_group_members: 1, metadata_items: 1 });
  const key = (name: string) => member.ask('POST', '/os-keypairs', { keypair: { name } });
  equal((await key('a')).status, 201);
  equal((await key('b')).status, 403);
  const group = (name: string) =>
    member.ask('POST', '/os-server-groups', { server_group: { name, policies: ['affinity'] } });
  const made = await group('a');
  equal((await group('b')).status, 403);
  const hints = { group: made.body.server_group.id };
  const first = await boot(member, id, { metadata: { a: '1' } }, hints);
  const inGroup = { server: wanted(member, id), 'os:scheduler_hints': hints };
  equal((await member.ask('POST', '/servers', inGroup)).status, 403);
  equal((await create(member, id, { metadata: { a: '1', b: '2' } })).status, 403);
  const items = { metadata: { b: '2' } };
  equal((await member.ask('POST', `/servers/${first}/metadata`, items)).status, 403);
});
