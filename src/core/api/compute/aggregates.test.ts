/**
 * Goal: AG1 to AG3: hosts, Placement and zones follow what an operator puts together, and what
 * would move a running server to another zone is refused.
 * Method: the API of an installation in simulated time with three hosts, looked at through the
 * zones, the services, the books, and where servers land.
 * Mutants that these killed: AG3 not asked; the configured zone forgotten; a second zone let in;
 * Placement's aggregate left behind; the zone of the report taken in spite of the aggregate.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  flavor,
  openCompute,
  rested,
} from '../../../sim/compute-client.ts';
import { metadataOfHost } from '../../fleet/aggregate-rows.ts';
import { hosts } from '../../fleet/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const operator = async (version = 96) => admin(await openCompute(drain), version);

async function made(client: Client, name: string, zone: string | null = null) {
  const aggregate = { name, availability_zone: zone };
  const { status, body } = await client.ask('POST', '/os-aggregates', { aggregate });
  equal(status, 200, JSON.stringify(body));
  return body.aggregate;
}

const act = (client: Client, id: number, action: object) =>
  client.ask('POST', `/os-aggregates/${id}/action`, action);
const add = (client: Client, id: number, host: string) => act(client, id, { add_host: { host } });
const drop = (client: Client, id: number, host: string) =>
  act(client, id, { remove_host: { host } });

async function zonesOf(client: Client): Promise<Record<string, string[]>> {
  const { body } = await client.ask('GET', '/os-availability-zone/detail');
  return Object.fromEntries(
    body.availabilityZoneInfo.map((zone: { zoneName: string; hosts: object }) => [
      zone.zoneName,
      Object.keys(zone.hosts),
    ]),
  );
}

const inPlacement = (client: Client, host: string) =>
  client.trial.rooms.ledger.read((view) => {
    const { provider_id = 0 } = view.rows(hosts).get(host) ?? {};
    return [...(view.books.providerAggregates[provider_id] ?? [])];
  });

test('an aggregate is made, renamed, given facts, and taken away', async () => {
  const client = await operator();
  const { id, uuid, metadata } = await made(client, 'ssd');
  equal(metadata, undefined);
  const renamed = await client.ask('PUT', `/os-aggregates/${id}`, { aggregate: { name: 'nvme' } });
  equal(renamed.body.aggregate.name, 'nvme');
  const facts = { disk: 'fast', rack: '1' };
  await act(client, id, { set_metadata: { metadata: facts } });
  await act(client, id, { set_metadata: { metadata: { rack: null } } });
  const { body } = await client.ask('GET', `/os-aggregates/${id}`);
  deepEqual(body.aggregate.metadata, { disk: 'fast' });
  equal(body.aggregate.uuid, uuid);
  equal((await client.ask('DELETE', `/os-aggregates/${id}`)).status, 200);
  equal((await client.ask('GET', `/os-aggregates/${id}`)).status, 404);
});

test('a host in a zone’s aggregate is in that zone, and back in its own when it leaves', async () => {
  const client = await operator();
  const { id, uuid } = await made(client, 'east', 'east');
  deepEqual((await add(client, id, 'h1')).body.aggregate.hosts, ['h1']);
  deepEqual(await zonesOf(client), { east: ['h1'], nova: ['h2', 'h3'] });
  deepEqual(await inPlacement(client, 'h1'), [uuid]);
  const facts = await client.trial.rooms.ledger.read((view) => metadataOfHost(view, 'h1'));
  deepEqual(facts, [{ availability_zone: 'east' }]);
  await act(client, id, { set_metadata: { metadata: { availability_zone: 'west' } } });
  const { services } = (await client.ask('GET', '/os-services?host=h1')).body;
  equal(services[0].zone, 'west');
  equal((await drop(client, id, 'h1')).status, 200);
  deepEqual(await zonesOf(client), { nova: ['h1', 'h2', 'h3'] });
  deepEqual(await inPlacement(client, 'h1'), []);
});

test('servers that ask for a zone land on its hosts, and keep them there', async () => {
  const client = await operator();
  const { id } = await made(client, 'east', 'east');
  await add(client, id, 'h3');
  const server = await boot(client, await flavor(client), { availability_zone: 'east' });
  const row = await rested(client, server);
  equal(row['OS-EXT-SRV-ATTR:host'], 'h3');
  equal(row['OS-EXT-AZ:availability_zone'], 'east');
  const stuck = await drop(client, id, 'h3');
  equal(stuck.status, 409);
  match(stuck.body.conflictingRequest.message, /h3 has servers/);
  const moved = { set_metadata: { metadata: { availability_zone: 'west' } } };
  equal((await act(client, id, moved)).status, 400);
  deepEqual(await zonesOf(client), { east: ['h3'], nova: ['h1', 'h2'] });
  const { id: other } = await made(client, 'plain');
  equal((await add(client, other, 'h3')).status, 200, 'without a zone it moves nobody');
  await client.ask('DELETE', `/servers/${server}`);
  await rested(client, server);
  equal((await drop(client, id, 'h3')).status, 200);
});

test('what contradicts is refused, and changes nothing', async () => {
  const client = await operator();
  const [east, west] = [await made(client, 'east', 'east'), await made(client, 'west', 'west')];
  const plain = await made(client, 'plain');
  await add(client, east.id, 'h1');
  await add(client, plain.id, 'h1');
  const zone = { aggregate: { availability_zone: 'west' } };
  const none = { set_metadata: { metadata: { availability_zone: null } } };
  const refused: [number, Awaited<ReturnType<typeof add>>][] = [
    [409, await add(client, west.id, 'h1')],
    [409, await add(client, east.id, 'h1')],
    [404, await add(client, east.id, 'h9')],
    [404, await drop(client, east.id, 'h2')],
    [404, await add(client, 99, 'h1')],
    [400, await client.ask('DELETE', `/os-aggregates/${east.id}`)],
    [400, await client.ask('PUT', `/os-aggregates/${plain.id}`, zone)],
    [409, await client.ask('PUT', `/os-aggregates/${plain.id}`, { aggregate: { name: 'east' } })],
    [409, await client.ask('POST', '/os-aggregates', { aggregate: { name: 'east' } })],
    [400, await act(client, east.id, none)],
    [400, await act(client, east.id, { fly: {} })],
  ];
  for (const [status, told] of refused) equal(told.status, status, JSON.stringify(told.body));
  deepEqual(await zonesOf(client), { east: ['h1'], nova: ['h2', 'h3'] });
  const { body } = await client.ask('GET', `/os-aggregates/${plain.id}`);
  equal(body.aggregate.availability_zone, null);
  equal(body.aggregate.name, 'plain');
});

test('each version has what is its', async () => {
  const old = await operator(40);
  equal((await made(old, 'a')).uuid, undefined);
  const image = { cache: [{ id: '5dee59e4-b5dc-4a77-ab60-4ab3fdbbfece' }] };
  equal((await old.ask('POST', '/os-aggregates/1/images', image)).status, 404);
  const recent = await admin(old.trial, 81);
  equal((await recent.ask('POST', '/os-aggregates/1/images', image)).status, 202);
  equal((await recent.ask('POST', '/os-aggregates/7/images', image)).status, 404);
  const twice = { cache: [...image.cache, ...image.cache] };
  equal((await recent.ask('POST', '/os-aggregates/1/images', twice)).status, 400);
});
