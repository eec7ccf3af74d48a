/**
 * Goal: an image of a server is there at once, is whole when it is active, says what it is of, and
 * can be booted from; backups rotate by type; bytes whose row has gone do not stay.
 * Method: an installation in simulated time with three hosts whose guests' disks are really saved.
 * Mutants that these killed: properties of the image alone; a rotation over all types, or of the
 * newest; a keeper that takes away what has a row.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
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
} from '../../../sim/compute-client.ts';
import { pieces } from '../../ports/image-files.contract.ts';
import { ImageKeeper } from '../../servers/image-keeper.ts';
import { images } from '../../servers/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function made(version = 96): Promise<{ client: Client; id: string }> {
  const client = await admin(await openCompute(drain), version);
  const id = await boot(client, await flavor(client, { disk: 7 }));
  await rested(client, id);
  return { client, id };
}

const act = (client: Client, id: string, body: unknown) =>
  client.ask('POST', `/servers/${id}/action`, body);

const row = ({ trial }: Client, image: string) =>
  trial.rooms.ledger.read((view) => view.rows(images).get(image));

const rows = async ({ trial }: Client) =>
  (await trial.rooms.ledger.read((view) => [...view.rows(images).values()])).filter(
    ({ id }) => id !== IMAGE,
  );

test('an image is queued, saved and active, and says what it is of', async () => {
  const { client, id } = await made();
  const createImage = { name: 'mine', metadata: { os_distro: 'debian' } };
  const { status, body, headers } = await act(client, id, { createImage });
  equal(status, 202, JSON.stringify(body));
  match(String(headers?.['location']), new RegExp(`/images/${body.image_id}$`));
  equal((await row(client, body.image_id))?.status === 'active', false);
  const busy = (await client.ask('GET', `/servers/${id}`)).body.server;
  match(busy['OS-EXT-STS:task_state'], /^image_/);
  equal((await act(client, id, { createImage })).status, 409);
  equal((await rested(client, id)).status, 'ACTIVE');
  const image = await row(client, body.image_id);
  const properties: Readonly<Record<string, string>> = image?.properties ?? {};
  deepEqual(
    [image?.status, image?.min_disk_gib, image?.disk_format, image?.visibility],
    ['active', 7, 'raw', 'private'],
  );
  deepEqual(
    ['image_type', 'instance_uuid', 'base_image_ref', 'os_distro'].map((name) => properties[name]),
    ['snapshot', id, IMAGE, 'debian'],
  );
  const bytes = await client.trial.rooms.imageFiles.open(body.image_id);
  equal(bytes === null, false);
  const again = await boot(client, await flavor(client, { disk: 7 }), { imageRef: body.image_id });
  equal((await rested(client, again)).status, 'ACTIVE');
});

test('before 2.45 only the header tells where it is', async () => {
  const { client, id } = await made(44);
  const { status, body, headers } = await act(client, id, { createImage: { name: 'mine' } });
  deepEqual([status, body], [202, '']);
  match(String(headers?.['location']), /\/images\/[0-9a-f-]{36}$/);
});

test('too much metadata, and a wrong body, are refused', async () => {
  const { client, id } = await made();
  const metadata = Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`k${at}`, 'v']));
  equal((await act(client, id, { createImage: { name: 'mine', metadata } })).status, 403);
  for (const createImage of [null, {}, { name: '' }, { name: 'x', more: 1 }]) {
    equal((await act(client, id, { createImage })).status, 400);
  }
  deepEqual(await rows(client), []);
});

test('of the backups of one type the newest stay', async () => {
  const { client, id } = await made();
  const backUp = async (name: string, backup_type: string, rotation: number | string) => {
    const answer = await act(client, id, { createBackup: { name, backup_type, rotation } });
    equal(answer.status, 202, JSON.stringify(answer.body));
    await rested(client, id);
    return answer;
  };
  await backUp('w', 'weekly', 1);
  for (const name of ['a', 'b', 'c']) await backUp(name, 'daily', '2');
  deepEqual((await rows(client)).map(({ name }) => name).sort(), ['b', 'c', 'w']);
  const none = await backUp('d', 'daily', 0);
  equal(none.headers?.['location'], undefined);
  deepEqual(
    (await rows(client)).map(({ name }) => name),
    ['w'],
  );
  const short = { createBackup: { name: 'a', backup_type: 'daily' } };
  equal((await act(client, id, short)).status, 400);
});

test('a lock does not stand in the way of an image', async () => {
  const { client, id } = await made();
  const other = clientOf(client.trial, await client.trial.token(), 96);
  await act(client, id, { lock: null });
  equal((await act(other, id, { createImage: { name: 'mine' } })).status, 202);
});

test('the keeper takes away the bytes of images that have gone, and no others', async () => {
  const { client, id } = await made();
  const { ledger, imageFiles } = client.trial.rooms;
  const keeper = new ImageKeeper(ledger, imageFiles);
  const { body } = await act(client, id, { createImage: { name: 'mine' } });
  await rested(client, id);
  const stray = '99999999-9999-4999-8999-999999999999';
  await imageFiles.save(stray, 'raw', pieces([1, 2]));
  await keeper.sweep();
  deepEqual(await imageFiles.list(), [body.image_id]);
  await ledger.submit((draft) => {
    const gone = draft.rows(images).get(body.image_id);
    if (gone !== undefined) draft.remove(images, gone);
    return { is: 'done', value: undefined };
  });
  await drain();
  deepEqual(await imageFiles.list(), []);
});
