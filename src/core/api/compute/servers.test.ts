/**
 * Goal: servers are made as asked or refused with a reason, found by lists, and moved by actions.
 * Method: an installation in simulated time with three hosts, which really build and move.
 * Mutants that these killed: groups allowed in patterns; hints or bounds dropped on the way;
 * the next link left out of a full page.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  flavor,
  IMAGE,
  openCompute,
  rested,
  wanted,
} from '../../../sim/compute-client.ts';
import { done } from '../../ports/reply.ts';
import { images } from '../../servers/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => openCompute(drain);
const NOBODY = '00000000-0000-4000-8000-000000000000';

// ── making servers ────────────────────────────────────────────────────────────────────────────

test('what cannot be done is refused by name, and makes nothing', async () => {
  const trial = await open();
  const client = await admin(trial);
  const id = await flavor(client);
  const large = await flavor(client, { ram: 1, disk: 0 });
  await trial.rooms.ledger.submit((draft) => {
    const row = draft.rows(images).get(IMAGE);
    if (row !== undefined) draft.put(images, { ...row, min_ram_mib: 100 });
    return done(undefined);
  });
  const refused: [object, RegExp][] = [
    [{ flavorRef: 'none' }, /Flavor none/],
    [{ flavorRef: large }, /memory is too small/],
    [{ imageRef: NOBODY }, /Image/],
    [{ imageRef: undefined }, /imageRef/],
    [{ networks: [{ uuid: NOBODY }] }, /network service/],
    [{ networks: undefined }, /networks/],
    [{ key_name: 'k' }, /key_name/],
    [{ availability_zone: 'moon' }, /availability zone/],
    [{ host: 'h9' }, /h9/],
    [{ min_count: 3, max_count: 2 }, /min_count/],
    [{ user_data: 'eA=' }, /user_data/],
    [{ hostname: 'a b' }, /hostname/],
    [{ accessIPv4: '1.2.3.400' }, /accessIPv4/],
    [{ name: ' vm' }, /name/],
    [{ flying: true }, /flying/],
    [{ block_device_mapping_v2: [{ source_type: 'volume', uuid: NOBODY }] }, /volume service/],
  ];
  for (const [more, sentence] of refused) {
    const { status, body } = await client.ask('POST', '/servers', {
      server: wanted(client, id, more),
    });
    equal(status, 400, JSON.stringify(more));
    match(body.badRequest.message, sentence);
  }
  equal((await client.ask('GET', '/servers')).body.servers.length, 0);
});

test('several are all or nothing, or as many as fit; a list knows who was made together', async () => {
  const client = await admin(await open());
  const id = await flavor(client, { vcpus: 1, ram: 3072 });
  const many = (least: number, most: number) => ({
    server: wanted(client, id, {
      ...{ min_count: least, max_count: most, return_reservation_id: true },
    }),
  });
  const none = await client.ask('POST', '/servers', many(20, 30));
  equal(none.status, 400);
  match(none.body.badRequest.message, /^Only \d+ would fit\. No valid host was found\. /);
  equal((await client.ask('GET', '/servers')).body.servers.length, 0);
  const two = (await client.ask('POST', '/servers', many(2, 2))).body.reservation_id;
  const rest = (await client.ask('POST', '/servers', many(1, 30))).body.reservation_id;
  const listed = async (reservation: string) =>
    (await client.ask('GET', `/servers?reservation_id=${reservation}`)).body.servers.length;
  deepEqual([await listed(two), await listed('r-nobody')], [2, 0]);
  const fitted = await listed(rest);
  ok(fitted > 0 && fitted < 30, `${fitted}`);
  for (const server of (await client.ask('GET', '/servers')).body.servers) {
    equal((await rested(client, server.id)).status, 'ACTIVE');
  }
});

test('a server that may wait is BUILD until there is room, and says what it waits for', async () => {
  const client = await admin(await open());
  const id = await flavor(client, { vcpus: 1, ram: 12_000 });
  const there = [await boot(client, id), await boot(client, id), await boot(client, id)];
  for (const one of there) await rested(client, one);
  const uuid = await boot(client, id, {}, { 'plimsoll:wait': '600' });
  for (const _ of [1, 2, 3]) await client.ask('GET', '/servers');
  const { server } = (await client.ask('GET', `/servers/${uuid}`)).body;
  deepEqual([server.status, server['OS-EXT-STS:task_state']], ['BUILD', 'scheduling']);
  await client.ask('DELETE', `/servers/${there[1]}`);
  equal((await rested(client, uuid)).status, 'ACTIVE');
  const refused = async (more: object, hints: object) =>
    (
      await client.ask('POST', '/servers', {
        server: wanted(client, id, more),
        'os:scheduler_hints': hints,
      })
    ).body.badRequest.message;
  match(await refused({ min_count: 2 }, { 'plimsoll:wait': 60 }), /min_count above 1/);
  match(await refused({}, { 'plimsoll:wait': 700_000 }), /at most 604800 seconds/);
  match(await refused({}, { 'plimsoll:wait': 'soon' }), /plimsoll:wait/);
  match(await refused({}, { 'plimsoll:lifetime': 'soon' }), /plimsoll:lifetime/);
});

test('of several that may wait, each does so by itself', async () => {
  const client = await admin(await open());
  const id = await flavor(client, { vcpus: 1, ram: 12_000 });
  await boot(client, id, { max_count: 5 }, { 'plimsoll:wait': '600' });
  const { servers } = (await client.ask('GET', '/servers/detail')).body;
  const placed = servers.map((one: object) => Reflect.get(one, 'OS-EXT-SRV-ATTR:host') !== null);
  deepEqual(placed.sort(), [false, false, true, true, true]);
  deepEqual(new Set(servers.map(({ status }: { status: string }) => status)), new Set(['BUILD']));
});

test('several at once get numbers; an image as a local disk boots as well', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  const disk = { uuid: IMAGE, boot_index: 0, source_type: 'image', destination_type: 'local' };
  await boot(client, id, { min_count: 3, block_device_mapping_v2: [disk] });
  const { body } = await client.ask('GET', '/servers?sort_key=display_name&sort_dir=asc');
  deepEqual(
    body.servers.map(({ name }: { name: string }) => name),
    ['vm-1', 'vm-2', 'vm-3'],
  );
});

test('a named host, same_host and different_host are kept', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  const hostOf = async (server: string): Promise<string> =>
    (await rested(client, server))['OS-EXT-SRV-ATTR:host'];
  const first = await boot(client, id, { host: 'h2' });
  equal(await hostOf(first), 'h2');
  equal(await hostOf(await boot(client, id, { availability_zone: 'nova:h3' })), 'h3');
  for (let again = 0; again < 4; again++) {
    equal(await hostOf(await boot(client, id, {}, { same_host: first })), 'h2');
    ok((await hostOf(await boot(client, id, {}, { different_host: [first] }))) !== 'h2');
  }
  const apart = { different_host: [first, await boot(client, id, { host: 'h3' })] };
  for (let again = 0; again < 4; again++) {
    equal(await hostOf(await boot(client, id, {}, apart)), 'h1');
  }
  const nowhere = await boot(client, id, { host: 'h1' }, { same_host: first });
  equal((await rested(client, nowhere)).status, 'ERROR');
});

test('what fits nowhere ends in error, and says why', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client, { vcpus: 4000 }));
  const { status, fault } = await rested(client, id);
  equal(status, 'ERROR');
  match(fault.message, /No valid host was found\. ./);
  match(fault.details, /plimsoll explain [0-9a-f-]{36}/);
});

// ── lists ─────────────────────────────────────────────────────────────────────────────────────

test('lists filter, page, and refuse what could keep us busy', async () => {
  const client = await admin(await open());
  const id = await flavor(client);
  for (const name of ['web-1', 'web-2', 'db']) await boot(client, id, { name });
  const names = async (query: string): Promise<string> => {
    const { status, body } = await client.ask('GET', `/servers?sort_key=display_name&${query}`);
    return status === 200
      ? body.servers.map(({ name }: { name: string }) => name).join()
      : String(status);
  };
  equal(await names('sort_dir=asc'), 'db,web-1,web-2');
  equal(await names('name=%5Eweb'), 'web-2,web-1');
  equal(await names('name=b-1'), 'web-1');
  equal(await names('status=BUILD&name=db'), 'db');
  equal(await names('status=SHELVED'), '');
  equal(await names('status=FLYING'), '400');
  equal(await names(`flavor=${id}&name=db`), 'db');
  equal(await names('ip=10.0.0.1'), '');
  equal(await names('changes-since=2030-01-01T00:00:00Z'), '');
  equal(await names('changes-since=soon'), '400');
  equal(await names('name=(a%2B)%2B%24'), '400');
  equal(await names('colour=red'), '400');
  const first = await client.ask('GET', '/servers?limit=2&sort_key=display_name');
  equal(first.body.servers.length, 2);
  const [next] = first.body.servers_links;
  const path = next.href.slice('http://127.0.0.1:8774/compute/v2.1'.length);
  equal((await client.ask('GET', path)).body.servers[0].name, 'db');
  equal(await names('limit=-1'), '400');
  equal(await names(`marker=${NOBODY}`), '400');
});

// ── actions ───────────────────────────────────────────────────────────────────────────────────

test('a live migration goes where it is told, or elsewhere; and says so', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client), { host: 'h1' });
  await rested(client, id);
  const act = (body: object) => client.ask('POST', `/servers/${id}/action`, body);
  const live = (host: string | null) =>
    act({ 'os-migrateLive': { host, block_migration: 'auto' } });
  equal((await live('h3')).status, 202);
  equal((await client.ask('GET', `/servers/${id}`)).body.server.status, 'MIGRATING');
  equal((await live('h2')).status, 409);
  equal((await rested(client, id))['OS-EXT-SRV-ATTR:host'], 'h3');
  equal((await live('h9')).status, 400);
  const { migrations } = (await client.ask('GET', '/os-migrations')).body;
  const [{ source_compute, dest_compute, status }] = migrations;
  deepEqual([source_compute, dest_compute, status], ['h1', 'h3', 'completed']);
  const { body } = await client.ask('GET', `/servers/${id}/os-instance-actions`);
  deepEqual(
    body.instanceActions.map(({ action }: { action: string }) => action),
    ['live-migration', 'create'],
  );
});

test('an action is one of those there are, alone, and of a server that is there', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const act = async (body: unknown, server = id): Promise<number> =>
    (await client.ask('POST', `/servers/${server}/action`, body)).status;
  equal(await act({ fly: null }), 400);
  equal(await act({ constructor: null }), 400);
  equal(await act({ 'os-stop': null, 'os-start': null }), 400);
  equal(await act({}), 400);
  equal(await act({ resize: { flavorRef: 'f' } }), 400);
  equal(await act({ 'os-stop': null }, NOBODY), 404);
  equal(await act({ 'os-migrateLive': { host: null } }), 400);
  equal(await act({ 'os-resetState': { state: 'stopped' } }), 400);
});
