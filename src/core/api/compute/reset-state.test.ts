/**
 * Goal: `os-resetState` does to a server whose operation is stuck what no word can do: it has that
 * undone; our own API lists it with what it holds, and undoes or retries it.
 * Method: an installation in simulated time with a move as it stands when it got stuck under
 * another program. The answers are held to their schemas.
 * Mutants that this killed: a reset that sets the state; one that members may ask for.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import type { Told } from '../../../sim/api-trial.ts';
import {
  admin,
  boot,
  type Client,
  flavor,
  openCompute,
  rested,
  stranger,
} from '../../../sim/compute-client.ts';
import { present } from '../../base/units.ts';
import { type RunRow, runs } from '../../conductor/rows.ts';
import { done } from '../../ports/reply.ts';
import { servers } from '../../servers/rows.ts';
import { identityService } from '../identity/service.ts';
import { plimsollService } from '../plimsoll/service.ts';
import { listStuck } from '../plimsoll/stuck.ts';
import { computeService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const RUN = '0190a3c2-0000-7000-8000-00000000beef';

/** A server, and a move of it that is stuck before its first step. */
async function stuck(saga = 'live-migrate') {
  const services = [identityService(), computeService(), plimsollService];
  const trial = await openCompute(drain, services as never);
  const client = await admin(trial);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  await trial.rooms.ledger.submit((draft) => {
    const server = present(draft.rows(servers).get(id), 'a server');
    draft.put(servers, { ...server, task_state: 'migrating', run_id: RUN });
    const [made] = draft.rows(runs).by('server_uuid', id);
    const run: RunRow = {
      ...present(made, 'how it was made'),
      ...{ id: RUN, saga, input: { server_uuid: id, host: null }, known: {}, tried: [] },
      ...{ state: 'stuck', cursor: 'fence', ended_at_ms: null, owner: 'another' },
      error: { code: 500, message: 'live-migrate has no step named fence', explanation_id: null },
      stuck: { was: 'running', since_ms: draft.now_ms, error: null },
    };
    draft.put(runs, run);
    return done(undefined);
  });
  return { trial, client, id };
}

const own = (client: Client, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Told> =>
  client.trial.ask(method, `/plimsoll/v1${path}`, {
    token: client.token,
    ...(body === undefined ? {} : { body }),
  });

const reset = (client: Client, id: string): Promise<Told> =>
  client.ask('POST', `/servers/${id}/action`, { 'os-resetState': { state: 'error' } });

test('a server whose operation is stuck is reset by undoing that', async () => {
  const { client, id } = await stuck();
  const before = (await client.ask('GET', `/servers/${id}`)).body.server;
  equal(before['OS-EXT-STS:task_state'], 'migrating');
  const refused = await client.ask('POST', `/servers/${id}/action`, { 'os-stop': null });
  equal(refused.status, 409);
  match(refused.body.conflictingRequest.message, /operation 0190a3c2.* is stuck/);
  equal((await reset(client, id)).status, 202);
  const after = await rested(client, id);
  equal(after.status, 'ACTIVE');
  equal(after['OS-EXT-SRV-ATTR:host'], before['OS-EXT-SRV-ATTR:host']);
  equal((await own(client, 'GET', `/operations/${RUN}`)).body.operation.state, 'undone');
  // Without one it says what it is told to say.
  equal((await reset(client, id)).status, 202);
  equal((await rested(client, id)).status, 'ERROR');
});

test('what is stuck is listed with what it holds, and goes on when it is retried', async () => {
  const { client, id } = await stuck();
  const { body } = await own(client, 'GET', '/stuck-operations');
  const valid: boolean = Value.Check(listStuck.reply, body);
  ok(valid, JSON.stringify(body));
  const [one] = body.stuck;
  deepEqual([one.operation.id, one.was], [RUN, 'running']);
  deepEqual(
    one.holds.map((hold: { consumer_uuid: string; amounts: object }) => [
      hold.consumer_uuid,
      Object.keys(hold.amounts).includes('VCPU'),
    ]),
    [[id, true]],
  );
  const retried = await own(client, 'POST', `/operations/${RUN}/reset`, { how: 'retry' });
  equal(retried.status, 200, JSON.stringify(retried.body));
  const moved = await rested(client, id);
  equal(moved.status, 'ACTIVE');
  ok(!one.holds.some(({ host }: { host: string }) => host === moved['OS-EXT-SRV-ATTR:host']));
  deepEqual((await own(client, 'GET', '/stuck-operations')).body, { stuck: [] });
  const again = await own(client, 'POST', `/operations/${RUN}/reset`, { how: 'undo' });
  equal(again.status, 409);
  match(again.body.message, /not stuck: it is done/);
});

test('what cannot be reset says why, and what is held still', async () => {
  const { client, id } = await stuck('of-another-program');
  const refused = await reset(client, id);
  equal(refused.status, 409);
  const { message } = refused.body.conflictingRequest;
  match(message, /no saga named of-another-program\. It still holds .*1 VCPU on /);
  equal((await own(client, 'POST', '/operations/none/reset', { how: 'undo' })).status, 404);
  // What deletes it clears it away.
  await client.ask('DELETE', `/servers/${id}`);
  equal(await rested(client, id), null);
  deepEqual((await own(client, 'GET', '/stuck-operations')).body, { stuck: [] });
});

test('it is for operators', async () => {
  const { trial } = await stuck();
  const member = await stranger(trial, 'member');
  equal((await own(member, 'GET', '/stuck-operations')).status, 403);
  equal((await own(member, 'POST', `/operations/${RUN}/reset`, { how: 'undo' })).status, 403);
});
