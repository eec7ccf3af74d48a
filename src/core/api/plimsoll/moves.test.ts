/**
 * Goal: who asks for a live migration can give it a deadline, reads how far it is and until when it
 * has time, and by both APIs what became of it.
 * Method: an installation in simulated time with three hosts; the bodies are held to their schemas.
 * Mutants that these killed: a deadline not handed on to the source; one that is always aborted;
 * `cancelled` told of a run that failed otherwise, or `error` of one that met its deadline.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import {
  admin,
  boot,
  type Client,
  flavor,
  openCompute,
  rested,
} from '../../../sim/compute-client.ts';
import { computeService } from '../compute/service.ts';
import { identityService } from '../identity/service.ts';
import { placementService } from '../placement/service.ts';
import { showOperation } from './operations.ts';
import { plimsollService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const placement = placementService({ prefix: '/placement' });
const services = [identityService(), computeService(), placement, plimsollService] as never;

async function open() {
  const client = await admin(await openCompute(drain, services));
  const id = await boot(client, await flavor(client, { ram: 4096 }));
  await rested(client, id);
  return { client, id };
}

const own = (client: Client, method: 'GET' | 'POST', path: string, body?: unknown) =>
  client.trial.ask(method, `/plimsoll/v1${path}`, {
    token: client.token,
    ...(body === undefined ? {} : { body }),
  });

async function migrated(client: Client, id: string, body: object) {
  const begun = await own(client, 'POST', `/servers/${id}/migrate`, body);
  equal(begun.status, 200, JSON.stringify(begun.body));
  return begun.body.operation.id as string;
}

async function look(client: Client, operation: string) {
  const { body } = await own(client, 'GET', `/operations/${operation}`);
  const right: boolean = Value.Check(showOperation.reply, body);
  ok(right, JSON.stringify(body));
  return body.operation;
}

/** Once its guest is on the way. */
async function sending(client: Client, operation: string) {
  for (let tries = 0; tries < 500; tries++) {
    const seen = await look(client, operation);
    if (seen.transfer !== null) return seen;
    client.trial.step();
  }
  throw new Error('it is never sent');
}

test('one with time enough says how far it is, and until when', async () => {
  const { client, id } = await open();
  const operation = await migrated(client, id, { deadline_s: 60, at_deadline: 'pause' });
  const { deadline, transfer } = await sending(client, operation);
  deepEqual(deadline, { after_s: 60, action: 'pause' });
  ok(transfer.remaining_mib > 0 && transfer.left_ms > 0, JSON.stringify(transfer));
  const in_ms = transfer.until_ms - client.trial.rooms.clock.wall();
  ok(in_ms > 50_000 && in_ms <= 60_000, String(in_ms));
  await rested(client, id);
  const { state, transfer: over } = await look(client, operation);
  deepEqual([state, over], ['done', null]);
});

test('one without any is given the usual: by its size, and stopped then', async () => {
  const { client, id } = await open();
  const { deadline } = await look(client, await migrated(client, id, {}));
  deepEqual(deadline, { after_s: 5 * 800, action: 'abort' });
});

test('one whose time is up is cancelled, and its server is where it was', async () => {
  const { client, id } = await open();
  const { 'OS-EXT-SRV-ATTR:host': home } = await rested(client, id);
  const operation = await migrated(client, id, { deadline_s: 0, at_deadline: 'abort' });
  const server = await rested(client, id);
  deepEqual([server['OS-EXT-SRV-ATTR:host'], server.status], [home, 'ACTIVE']);
  const { state, error } = await look(client, operation);
  equal(state, 'undone');
  match(error, /aborted at its deadline, 0 s after it began$/);
  const { migrations } = (await client.ask('GET', '/os-migrations')).body;
  deepEqual([migrations[0].status, migrations[0].migration_type], ['cancelled', 'live-migration']);
});

test('one that runs there already says so, and neither API can stop or hasten it', async () => {
  const { client, id } = await open();
  const { 'OS-EXT-SRV-ATTR:host': home } = await rested(client, id);
  const operation = await migrated(client, id, { deadline_s: 0, at_deadline: 'post-copy' });
  let { transfer } = await sending(client, operation);
  for (let tries = 0; tries < 500 && !transfer.post_copy; tries++) {
    client.trial.step();
    ({ transfer } = await sending(client, operation));
  }
  ok(transfer.post_copy && transfer.until_ms === null, JSON.stringify(transfer));
  const path = `/servers/${id}/migrations`;
  const [shown] = (await client.ask('GET', path)).body.migrations;
  equal(shown.status, 'running (post-copy)');
  for (const filter of ['', '?status=running+(post-copy)']) {
    const { migrations } = (await client.ask('GET', `/os-migrations${filter}`)).body;
    deepEqual([migrations[0]?.status, migrations.length], ['running (post-copy)', 1]);
  }
  const aborted = await client.ask('DELETE', `${path}/${shown.id}`);
  equal(aborted.status, 400);
  const forced = await client.ask('POST', `${path}/${shown.id}/action`, { force_complete: null });
  equal(forced.status, 400);
  const server = await rested(client, id);
  ok(server['OS-EXT-SRV-ATTR:host'] !== home && server.status === 'ACTIVE');
  equal((await look(client, operation)).state, 'done');
});

test('what cannot be is refused by name', async () => {
  const { client, id } = await open();
  const refused: [string, object, number, RegExp][] = [
    [id, { at_deadline: 'explode' }, 400, /at_deadline/],
    [id, { deadline_s: 3_000_000 }, 400, /deadline_s/],
    [id, { host: 'h9' }, 400, /no host h9/],
    ['nobody', {}, 404, /no server nobody/],
  ];
  for (const [uuid, about, status, sentence] of refused) {
    const answer = await own(client, 'POST', `/servers/${uuid}/migrate`, about);
    equal(answer.status, status, JSON.stringify(answer.body));
    match(answer.body.message, sentence);
  }
  await migrated(client, id, {});
  const twice = await own(client, 'POST', `/servers/${id}/migrate`, {});
  deepEqual([twice.status, twice.body.code], [409, 'wrong-state']);
});

test('one that holds nothing of its host is refused by a name of its own, and what mends it', async () => {
  const { client, id } = await open();
  const { token, trial } = client;
  equal((await trial.ask('DELETE', `/placement/allocations/${id}`, { token })).status, 204);
  const live = await client.ask('POST', `/servers/${id}/action`, {
    'os-migrateLive': { host: null, block_migration: 'auto' },
  });
  const cold = await client.ask('POST', `/servers/${id}/action`, { migrate: null });
  const ours = await own(client, 'POST', `/servers/${id}/migrate`, {});
  deepEqual([live.status, cold.status, ours.status, ours.body.code], [409, 409, 409, 'unheld']);
  for (const { body } of [live, cold, ours]) {
    match(JSON.stringify(body), /holds nothing there.*plimsoll audit --host h/);
  }
});
