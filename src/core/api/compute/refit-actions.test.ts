/**
 * Goal: rebuild, rescue and unrescue do what they say to whom they may, show it meanwhile, take no
 * new room, and what a host cannot run is refused before anything is touched.
 * Method: an installation in simulated time with three hosts; each microversion's body; a host that
 * refuses; a lock that comes between the look and the request.
 * Mutants that these killed: a rebuild of what is rescued; one that forgets the name; an image's
 * traits not looked at; key_name read before 2.54; a lock not looked at in the request; what was
 * restored, reclaimed.
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
} from '../../../sim/compute-client.ts';
import { runs } from '../../conductor/rows.ts';
import { done } from '../../ports/reply.ts';
import { images } from '../../servers/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const OTHER = '6dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';

/** One more image, which asks for what `properties` say. */
async function image({ trial }: Client, properties: Readonly<Record<string, string>> = {}) {
  await trial.rooms.ledger.submit((draft) => {
    const base = draft.rows(images).get(IMAGE);
    if (base !== undefined) draft.put(images, { ...base, id: OTHER, properties });
    return done(undefined);
  });
  return OTHER;
}

async function made(version = 96): Promise<{ client: Client; id: string }> {
  const client = await admin(await openCompute(drain), version);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  return { client, id };
}

const act = (client: Client, id: string, body: unknown) =>
  client.ask('POST', `/servers/${id}/action`, body);

const held = ({ trial }: Client, id: string) =>
  trial.rooms.ledger.read((view) => view.books.consumers.get(id)?.allocations ?? []);

test('a rebuild shows what will be at once, and takes no new room', async () => {
  const { client, id } = await made();
  const holds = await held(client, id);
  const rebuild = {
    ...{ imageRef: await image(client), name: 'renamed', description: 'anew' },
    ...{ metadata: { a: 'b' }, adminPass: 'secret' },
  };
  const { status, body, headers } = await act(client, id, { rebuild });
  equal(status, 202, JSON.stringify(body));
  match(String(headers?.['location']), new RegExp(`/servers/${id}$`));
  const { server } = body;
  deepEqual(
    [server.status, server.name, server.image.id, server.description, server.adminPass],
    ['REBUILD', 'renamed', OTHER, 'anew', 'secret'],
  );
  const after = await rested(client, id);
  deepEqual([after.status, after.name, after.image.id], ['ACTIVE', 'renamed', OTHER]);
  deepEqual(after.metadata, { a: 'b' });
  deepEqual(await held(client, id), holds);
  const [newest] = (await client.ask('GET', `/servers/${id}/os-instance-actions`)).body
    .instanceActions;
  deepEqual([newest.action, newest.message], ['rebuild', null]);
});

test('a stopped server is rebuilt and stays stopped', async () => {
  const { client, id } = await made();
  await act(client, id, { 'os-stop': null });
  await rested(client, id);
  equal((await act(client, id, { rebuild: { imageRef: IMAGE } })).status, 202);
  equal((await rested(client, id)).status, 'SHUTOFF');
});

test('each microversion has its own body, and what it does not know is refused', async () => {
  const { client, id } = await made();
  const { trial } = client;
  const token = await trial.token();
  const of = (version: number) => clientOf(trial, token, version);
  const rows: readonly [number, object, number][] = [
    [18, { description: 'd' }, 400],
    [19, { description: 'd' }, 202],
    [53, { key_name: null }, 400],
    [54, { key_name: null }, 202],
    [54, { key_name: 'nobody' }, 400],
    [56, { user_data: null }, 400],
    [56, { personality: [] }, 202],
    [57, { personality: [] }, 400],
    [57, { user_data: null }, 202],
    [62, { trusted_image_certificates: null }, 400],
    [63, { trusted_image_certificates: null }, 202],
    [96, { preserve_ephemeral: true }, 400],
    [96, { name: '' }, 400],
    [96, { imageRef: OTHER }, 400],
  ];
  for (const [version, more, status] of rows) {
    const answer = await act(of(version), id, { rebuild: { imageRef: IMAGE, ...more } });
    equal(answer.status, status, `2.${version} ${JSON.stringify(more)}: ${answer.body}`);
    await rested(client, id);
  }
  const old = await act(of(8), id, { rebuild: { imageRef: IMAGE } });
  ok(!('key_name' in old.body.server) && !('locked' in old.body.server), 'too much is told');
});

test('an image that its host cannot run is refused, and nothing is changed', async () => {
  const { client, id } = await made();
  const wishes = [
    [{ 'trait:CUSTOM_NOWHERE': 'required' }, /lacks the required trait CUSTOM_NOWHERE/],
    [{ hw_numa_nodes: '2', hw_numa_cpus: '' }, /NUMA|numa/],
  ] as const;
  for (const [properties, why] of wishes) {
    const imageRef = await image(client, properties);
    const { status, body } = await act(client, id, { rebuild: { imageRef } });
    equal(status, 400);
    match(body.badRequest.message, why);
    const server = (await client.ask('GET', `/servers/${id}`)).body.server;
    deepEqual([server.status, server.image.id], ['ACTIVE', IMAGE]);
  }
});

test('a server is rescued, and is itself again', async () => {
  const { client, id } = await made();
  const rescue = { adminPass: 'secret', rescue_image_ref: await image(client) };
  const answer = await act(client, id, { rescue });
  deepEqual([answer.status, answer.body], [200, { adminPass: 'secret' }]);
  const rescued = await rested(client, id);
  deepEqual([rescued.status, rescued.image.id], ['RESCUE', IMAGE]);
  for (const body of [{ rescue: null }, { pause: null }, { rebuild: { imageRef: IMAGE } }]) {
    equal((await act(client, id, body)).status, 409, JSON.stringify(body));
  }
  equal((await act(client, id, { unrescue: null })).status, 202);
  equal((await rested(client, id)).status, 'ACTIVE');
  equal((await act(client, id, { unrescue: null })).status, 409);
  equal((await act(client, id, { rescue: { unknown: 1 } })).status, 400);
});

test('a lock is looked at in the request that begins the rebuild', async () => {
  const { client, id } = await made();
  await act(client, id, { lock: null });
  const wish = { is: 'rebuild', about: { image_id: IMAGE } } as const;
  const refused = await client.trial.rooms.operations.refit(id, wish, { bound_by_locks: true });
  ok(refused.is === 'no' && refused.why.why === 'wrong-state');
  match(refused.why.message, /is locked/);
  const taken = await client.trial.rooms.operations.refit(id, wish, { bound_by_locks: false });
  equal(taken.is, 'done');
});

test('a delete for good is another one, and says so', async () => {
  const { client, id } = await made();
  equal((await act(client, id, { restore: null })).status, 409);
  equal((await act(client, id, { forceDelete: null })).status, 202);
  equal(await rested(client, id), null);
});

test('only what is put away, and is still, is reclaimed', async () => {
  const { client, id } = await made();
  const { operations } = client.trial.rooms;
  const refused = await operations.deleteServer(id, { put_away_before_ms: Infinity });
  ok(refused.is === 'no' && refused.why.why === 'wrong-state');
  equal((await rested(client, id)).status, 'ACTIVE');
});

test('a guest that runs or is paused is interrupted to dump itself, from 2.17', async () => {
  const { client, id } = await made();
  const dump = { trigger_crash_dump: null };
  equal((await act(client, id, dump)).status, 202);
  equal((await act(await admin(client.trial, 16), id, dump)).status, 400);
  equal((await act(client, id, { trigger_crash_dump: {} })).status, 400);
  await act(client, id, { pause: null });
  await rested(client, id);
  equal((await act(client, id, dump)).status, 202);
  await act(client, id, { unpause: null });
  await rested(client, id);
  await act(client, id, { 'os-stop': null });
  await rested(client, id);
  equal((await act(client, id, dump)).status, 409);
});

test('a password is set in a guest that runs, and in no other', async () => {
  const { client, id } = await made();
  const changePassword = { adminPass: 'secret' };
  equal((await act(client, id, { changePassword })).status, 202);
  equal((await act(client, id, { changePassword: {} })).status, 400);
  const { ledger } = client.trial.rooms;
  equal(
    JSON.stringify([...(await ledger.read((view) => view.rows(runs).values()))]).includes('secret'),
    false,
  );
  await act(client, id, { 'os-stop': null });
  await rested(client, id);
  equal((await act(client, id, { changePassword })).status, 409);
});
