/**
 * Goal: what nothing here can carry out is answered as by an installation without it: gone, empty,
 * not found or refused with a reason; at the versions that have it, and changing nothing.
 * Method: an installation in simulated time, asked at versions on both sides of each change.
 * Mutants that these killed: a proxy one version too long; an event that is taken of nobody's
 * server; cells told to a server's owner; a body that is not looked at before it is refused.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  flavor,
  type Method,
  openCompute,
  rested,
  stranger,
} from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => openCompute(drain);
const NOBODY = '00000000-0000-4000-8000-000000000000';

test('what the API has no more is gone at any version', async () => {
  const trial = await open();
  const gone: [Method, string][] = [
    ['GET', '/os-agents'],
    ['POST', '/os-networks'],
    ['GET', `/servers/${NOBODY}/consoles`],
    ['DELETE', '/os-cells/one'],
  ];
  for (const version of [1, 35, 96]) {
    const client = await admin(trial, version);
    for (const [method, path] of gone) equal((await client.ask(method, path)).status, 410, path);
  }
});

test('the lists of services that are not here are empty until 2.35', async () => {
  const trial = await open();
  const [old, recent] = [await admin(trial, 35), await admin(trial, 36)];
  deepEqual((await old.ask('GET', '/os-volumes/detail')).body, { volumes: [] });
  deepEqual((await old.ask('GET', '/os-networks')).body, { networks: [] });
  equal((await old.ask('GET', `/os-snapshots/${NOBODY}`)).status, 404);
  equal((await old.ask('POST', '/os-floating-ips', { pool: 'x' })).status, 400);
  equal((await recent.ask('GET', '/os-volumes')).status, 404);
  const member = await stranger(trial, 'member', 35);
  equal((await member.ask('GET', '/os-baremetal-nodes')).status, 403);
});

test('a body is looked at before it is said that nothing can be attached', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const server = `/servers/${id}`;
  const asked = async (path: string, body: object) => {
    const told = await client.ask('POST', `${server}/${path}`, body);
    return `${told.status} ${JSON.stringify(told.body)}`;
  };
  match(await asked('os-volume_attachments', { volumeAttachment: { volumeId: 'x' } }), /^400/);
  const volumeAttachment = { volumeId: NOBODY, delete_on_termination: true };
  match(await asked('os-volume_attachments', { volumeAttachment }), /^404.*volume service/);
  match(await asked('os-interface', { interfaceAttachment: { net_id: 1 } }), /^400.*net_id/);
  match(await asked('os-interface', {}), /^400.*network service/);
  const remote_console = { protocol: 'vnc', type: 'novnc' };
  match(await asked('remote-consoles', { remote_console }), /^400.*not available/);
  match(await asked('action', { addSecurityGroup: { name: 'x' } }), /^404.*group/);
  match(await asked('action', { addFixedIp: { networkId: 'x' } }), /^400.*no such action/);
  equal((await client.ask('DELETE', `${server}/os-server-password`)).status, 204);
});

test('an event is taken of a server that is on a host, and told of each', async () => {
  const trial = await open();
  const client = await admin(trial);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const told = (...events: object[]) =>
    client.ask('POST', '/os-server-external-events', { events });
  const event = { name: 'network-changed', server_uuid: id };
  const one = await told(event);
  deepEqual([one.status, one.body.events], [200, [{ ...event, status: 'completed', code: 200 }]]);
  const two = await told(event, { ...event, server_uuid: NOBODY, tag: 't' });
  equal(two.status, 207);
  deepEqual(two.body.events[1], {
    ...event,
    ...{ server_uuid: NOBODY, tag: 't', status: 'failed', code: 404 },
  });
  equal((await told({ ...event, name: 'power-update' })).body.events[0].code, 400);
  equal((await told({ ...event, name: 'earthquake' })).status, 400);
  equal((await told()).status, 400);
  const member = await stranger(trial, 'member');
  equal((await member.ask('POST', '/os-server-external-events', { events: [event] })).status, 403);
});

test('the nodes of a guest are told, their cells only to operators', async () => {
  const trial = await open();
  const client = await admin(trial);
  const specs = { 'hw:numa_nodes': '1' };
  const two = await flavor(client, { vcpus: 2 });
  await client.ask('POST', `/flavors/${two}/os-extra_specs`, { extra_specs: specs });
  const member = await stranger(trial, 'member');
  const id = await boot(member, two);
  await rested(member, id);
  const seen = (await member.ask('GET', `/servers/${id}/topology`)).body;
  const node = { vcpu_set: [0, 1], memory_mb: 512, siblings: [] };
  deepEqual(seen, { nodes: [node], pagesize_kb: null });
  const whole = (await client.ask('GET', `/servers/${id}/topology`)).body;
  deepEqual(
    whole.nodes.map((one: { host_node: number }) => typeof one.host_node),
    ['number'],
  );
  equal((await (await admin(trial, 77)).ask('GET', `/servers/${id}/topology`)).status, 404);
  equal((await client.ask('GET', `/servers/${NOBODY}/topology`)).status, 404);
});
