/**
 * Goal: compute's own image routes show the rows that the image service shows, with its rights and
 * rules, and only to the microversions that had them.
 * Method: one public image and one snapshot; an administrator and a member of another project.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { admin, type Client, IMAGE, openCompute, stranger } from '../../../sim/compute-client.ts';
import { done } from '../../ports/reply.ts';
import { images } from '../../servers/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const SNAPSHOT = '6dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';
const SERVER = '7dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';

async function open(): Promise<{ readonly operator: Client; readonly member: Client }> {
  const trial = await openCompute(drain);
  await trial.rooms.ledger.submit((draft) => {
    const row = draft.rows(images).get(IMAGE);
    const properties = { image_type: 'snapshot', instance_uuid: SERVER, os: 'none' };
    if (row !== undefined) {
      const about = { name: 'snap', status: 'saving', min_ram_mib: 64 } as const;
      const at = { created_at_ms: 5000, updated_at_ms: 5000 };
      draft.put(images, { ...row, ...about, ...at, id: SNAPSHOT, properties });
    }
    return done(undefined);
  });
  return { operator: await admin(trial, 35), member: await stranger(trial, 'member', 35) };
}

test('lists filter as they are asked, newest first', async () => {
  const { member } = await open();
  const ids = async (query: string): Promise<string[]> =>
    (await member.ask('GET', `/images${query}`)).body.images.map(({ id }: { id: string }) => id);
  deepEqual(await ids(''), [SNAPSHOT, IMAGE]);
  deepEqual(await ids('?name=blank'), [IMAGE]);
  deepEqual(await ids('?status=ACTIVE'), [IMAGE]);
  deepEqual(await ids('?type=snapshot'), [SNAPSHOT]);
  deepEqual(await ids(`?server=http://h/compute/v2.1/servers/${SERVER}`), [SNAPSHOT]);
  deepEqual(await ids('?minRam=64'), [SNAPSHOT]);
  deepEqual(await ids('?changes-since=1970-01-01T00:00:05Z'), [SNAPSHOT]);
  deepEqual(await ids('?limit=1'), [SNAPSHOT]);
  equal((await member.ask('GET', '/images?changes-since=today')).status, 400);
});

test('one is shown in the old words, with the server that it was taken of', async () => {
  const { member } = await open();
  const { image } = (await member.ask('GET', `/images/${SNAPSHOT}`)).body;
  deepEqual([image.status, image.progress, image.server.id], ['SAVING', 50, SERVER]);
  equal((await member.ask('GET', '/images/detail')).body.images[1].progress, 100);
  equal((await member.ask('GET', `/images/${SERVER}`)).status, 404);
});

test('properties are set, merged, replaced and taken away by those who may', async () => {
  const { operator, member } = await open();
  const path = `/images/${SNAPSHOT}/metadata`;
  const metadata = { os: 'one', more: 'x' };
  equal((await member.ask('POST', path, { metadata })).status, 403);
  const merged = await operator.ask('POST', path, { metadata });
  equal(merged.body.metadata.image_type, 'snapshot');
  deepEqual((await operator.ask('PUT', path, { metadata })).body, { metadata });
  deepEqual((await operator.ask('GET', `${path}/os`)).body, { meta: { os: 'one' } });
  equal((await operator.ask('PUT', `${path}/os`, { meta: { other: 'two' } })).status, 400);
  equal((await operator.ask('PUT', `${path}/os`, { meta: { os: 'two' } })).status, 200);
  equal((await operator.ask('DELETE', `${path}/more`)).status, 204);
  equal((await operator.ask('DELETE', `${path}/more`)).status, 404);
  deepEqual((await operator.ask('GET', path)).body, { metadata: { os: 'two' } });
  equal((await operator.ask('POST', path, { metadata: { status: 'active' } })).status, 403);
});

test('an image has no more properties than a project’s things may have', async () => {
  const { operator } = await open();
  const path = `/images/${SNAPSHOT}/metadata`;
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
  equal((await operator.ask('PUT', path, { metadata: many(129) })).status, 403);
  equal((await operator.ask('PUT', path, { metadata: many(128) })).status, 200);
  equal((await operator.ask('PUT', `${path}/more`, { meta: { more: 'v' } })).status, 403);
  equal((await operator.ask('PUT', `${path}/k1`, { meta: { k1: 'w' } })).status, 200);
});

test('deleting is the owner’s, and the routes end where they ended', async () => {
  const { operator, member } = await open();
  equal((await member.ask('DELETE', `/images/${SNAPSHOT}`)).status, 403);
  equal((await operator.ask('DELETE', `/images/${SNAPSHOT}`)).status, 204);
  equal((await operator.ask('GET', `/images/${SNAPSHOT}`)).status, 404);
  const late = await admin(member.trial, 36);
  equal((await late.ask('GET', `/images/${IMAGE}`)).status, 404);
  equal((await late.ask('GET', `/images/${IMAGE}/metadata`)).status, 200);
  const gone = await admin(member.trial, 39);
  equal((await gone.ask('GET', `/images/${IMAGE}/metadata`)).status, 404);
});
