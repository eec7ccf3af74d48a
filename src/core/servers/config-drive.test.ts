/**
 * Goal: a server that is to have a config drive is told to its host with one, on which is what its
 * owner said, and nothing else of its owner's; limits on files are Nova's.
 * Method: servers made and rebuilt by the compute API in simulated time; the order's guest is held
 * against what was sent.
 * Mutants that these killed: a drive for everybody; user data as text; files without a drive; a
 * limit that is let through by one.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  clientOf,
  flavor,
  IMAGE,
  openCompute,
  rested,
  wanted,
} from '../../sim/compute-client.ts';
import { present } from '../base/units.ts';
import type { DriveFile } from '../ports/order.ts';
import { done } from '../ports/reply.ts';
import { guestOf } from '../sagas/server.ts';
import { images, type ServerRow, servers } from './rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const nowhere = { cells: [], pins: [], guest_devices: [] } as never;

async function open() {
  const client = await admin(await openCompute(drain), 96);
  return { client, size: await flavor(client) };
}

async function rowOf({ trial }: Client, id: string): Promise<ServerRow> {
  return present(await trial.rooms.ledger.read((view) => view.rows(servers).get(id)), id);
}

/** What its host is told of its drive, by path; null: it has none. */
async function driveTold(client: Client, id: string) {
  const { drive } = guestOf(await rowOf(client, id), nowhere);
  return drive === undefined ? null : new Map(drive.map((file) => [file.path, file]));
}

const textOf = (file: DriveFile | undefined) =>
  JSON.parse(file !== undefined && 'text' in file ? file.text : 'null');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const file = (path: string, contents: string) => ({ path, contents: base64(contents) });

test('a drive says what its owner said', async () => {
  const { client, size } = await open();
  const keypair = { name: 'k', type: 'ssh', public_key: 'ssh-rsa AAAA k' };
  await client.ask('POST', '/os-keypairs', { keypair });
  const user_data = base64('#!/bin/sh\n');
  const said = { name: 'Web 1', metadata: { a: 'b' }, key_name: 'k', user_data };
  const id = await boot(client, size, { ...said, config_drive: true });
  const shown = await rested(client, id);
  deepEqual([shown.status, shown.config_drive], ['ACTIVE', 'True']);

  const drive = present(await driveTold(client, id), 'a drive');
  deepEqual(drive.get('openstack/latest/user_data'), {
    path: 'openstack/latest/user_data',
    base64: user_data,
  });
  const meta = textOf(drive.get('openstack/latest/meta_data.json'));
  deepEqual([meta.uuid, meta.name, meta.hostname], [id, 'Web 1', 'web-1']);
  deepEqual([meta.meta, meta.public_keys], [{ a: 'b' }, { k: 'ssh-rsa AAAA k' }]);
  deepEqual(textOf(drive.get('openstack/latest/network_data.json')).links, []);
  const ec2 = textOf(drive.get('ec2/latest/meta-data.json'));
  deepEqual([ec2['instance-id'], ec2['local-hostname']], [id, 'web-1']);
  ok(drive.has('openstack/latest/vendor_data.json'));

  const rebuild = { imageRef: IMAGE, user_data: base64('again'), key_name: null };
  equal((await client.ask('POST', `/servers/${id}/action`, { rebuild })).status, 202);
  await rested(client, id);
  const after = present(await driveTold(client, id), 'a drive');
  equal(textOf(after.get('openstack/latest/meta_data.json')).public_keys, undefined);
  const { base64: told } = after.get('openstack/latest/user_data') as { base64: string };
  equal(told, base64('again'));
});

test('none for whom nobody wants one; an image may want one for all of its servers', async () => {
  const { client, size } = await open();
  equal(await driveTold(client, await boot(client, size)), null);
  await client.trial.rooms.ledger.submit((draft) => {
    const image = present(draft.rows(images).get(IMAGE), 'the image');
    draft.put(images, { ...image, properties: { img_config_drive: 'mandatory' } });
    return done(undefined);
  });
  ok((await driveTold(client, await boot(client, size))) !== null);
});

test('files are on the drive, as many and as large as the quota has it', async () => {
  const { client: newest, size } = await open();
  const client = clientOf(newest.trial, newest.token, 30);
  const trying = (personality: unknown) =>
    client.ask('POST', '/servers', { server: wanted(client, size, { personality }) });
  const five = Array.from({ length: 5 }, (_, at) => file(`/etc/f${at}`, 'x'.repeat(10_240)));
  const made = await trying(five);
  equal(made.status, 202, JSON.stringify(made.body));
  const drive = present(await driveTold(client, made.body.server.id), 'a drive');
  const { files } = textOf(drive.get('openstack/latest/meta_data.json'));
  deepEqual(files[4], { path: '/etc/f4', content_path: '/content/0004' });
  const held = drive.get(`openstack${files[4].content_path}`);
  deepEqual(held, { path: 'openstack/content/0004', base64: five[4]?.contents });

  for (const [personality, status] of [
    [[...five, file('/etc/f5', 'x')], 403],
    [[file('/etc/f', 'x'.repeat(10_241))], 403],
    [[file(`/${'f'.repeat(255)}`, 'x')], 403],
    [[{ path: '/etc/f', contents: 'no base64!' }], 400],
    [[{ contents: base64('x') }], 400],
  ] as const) {
    const { status: told, body } = await trying(personality);
    equal(told, status, JSON.stringify(body));
    match(JSON.stringify(body), /more than|too long|base64|no path/);
  }
});
