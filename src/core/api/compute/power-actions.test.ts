/**
 * Goal: servers are started, stopped, paused, suspended, rebooted and locked by whoever may, from
 * the states that allow it, and show what is done with them meanwhile and afterwards.
 * Method: an installation in simulated time with three hosts, which really switch their guests; the
 * table of states is asked for by every action from every state.
 * Mutants that these killed: an action allowed from any state; the allocation let go by a stop; a
 * lock that binds operators; a reason shown before 2.73; an operator's lock opened by its owner.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  clientOf,
  flavor,
  openCompute,
  rested,
  stranger,
} from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function made(client: Client, of: Client = client): Promise<string> {
  const id = await boot(client, await flavor(of));
  await rested(client, id);
  return id;
}

const act = (client: Client, id: string, body: unknown) =>
  client.ask('POST', `/servers/${id}/action`, body);

const shown = async (client: Client, id: string) =>
  (await client.ask('GET', `/servers/${id}`)).body.server;

/** Status, vm_state, power_state and task_state. */
const states = (server: Record<string, unknown>) => [
  server['status'],
  ...['vm_state', 'power_state', 'task_state'].map((name) => server[`OS-EXT-STS:${name}`]),
];

const held = ({ trial }: Client, id: string) =>
  trial.rooms.ledger.read((view) => view.books.consumers.get(id)?.allocations.length ?? 0);

// biome-ignore format: a table
const way: readonly [object, string, readonly unknown[], readonly unknown[]][] = [
  [{ 'os-stop': null },            'stop',    ['ACTIVE', 'active', 1, 'powering-off'],   ['SHUTOFF', 'stopped', 4, null]],
  [{ 'os-start': null },           'start',   ['SHUTOFF', 'stopped', 4, 'powering-on'],  ['ACTIVE', 'active', 1, null]],
  [{ pause: null },                'pause',   ['ACTIVE', 'active', 1, 'pausing'],        ['PAUSED', 'paused', 3, null]],
  [{ unpause: null },              'unpause', ['PAUSED', 'paused', 3, 'unpausing'],      ['ACTIVE', 'active', 1, null]],
  [{ suspend: null },              'suspend', ['ACTIVE', 'active', 1, 'suspending'],     ['SUSPENDED', 'suspended', 4, null]],
  [{ resume: null },               'resume',  ['SUSPENDED', 'suspended', 4, 'resuming'], ['ACTIVE', 'active', 1, null]],
  [{ reboot: { type: 'SOFT' } },   'reboot',  ['REBOOT', 'active', 1, 'rebooting'],      ['ACTIVE', 'active', 1, null]],
  [{ reboot: { type: 'HARD' } },   'reboot',  ['HARD_REBOOT', 'active', 1, 'rebooting_hard'], ['ACTIVE', 'active', 1, null]],
];

test('each change shows while it is made and when it is, holds its place and is written down', async () => {
  const client = await admin(await openCompute(drain));
  const id = await made(client);
  const holds = await held(client, id);
  ok(holds > 0);
  for (const [body, action, during, afterwards] of way) {
    const answer = await act(client, id, body);
    equal(answer.status, 202, JSON.stringify(answer.body));
    const now = states(await shown(client, id));
    const task = String(now[3]).replace('reboot_started', 'rebooting');
    deepEqual([...now.slice(0, 3), task], during);
    deepEqual(states(await rested(client, id)), afterwards);
    equal(await held(client, id), holds);
    const actions = await client.ask('GET', `/servers/${id}/os-instance-actions`);
    const [newest] = actions.body.instanceActions;
    deepEqual([newest.action, newest.message], [action, null]);
    const one = await client.ask('GET', `/servers/${id}/os-instance-actions/${newest.request_id}`);
    const results = one.body.instanceAction.events.map((event: { result: string }) => event.result);
    // A hard reboot waits first for whatever its guest hangs in.
    equal(results.length, during[3] === 'rebooting_hard' ? 4 : 3);
    deepEqual(new Set(results), new Set(['Success']));
  }
});

test('each is refused where the state forbids it, and changes nothing', async () => {
  const client = await admin(await openCompute(drain));
  const id = await made(client);
  const go = async (body: object) => {
    equal((await act(client, id, body)).status, 202);
    await rested(client, id);
  };
  const all = way.map(([body]) => body);
  const [stop, start, pause, unpause, suspend, resume, soft, hard] = all as object[];
  const allowed: readonly [object | null, readonly unknown[]][] = [
    [null, [stop, pause, suspend, soft, hard]],
    [stop ?? {}, [start, hard]],
    [start ?? {}, [stop, pause, suspend, soft, hard]],
    [pause ?? {}, [unpause, hard]],
    [unpause ?? {}, [stop, pause, suspend, soft, hard]],
    [suspend ?? {}, [resume, hard]],
  ];
  for (const [before, may] of allowed) {
    if (before !== null) await go(before);
    const was = states(await shown(client, id));
    for (const body of all.filter((one) => !may.includes(one))) {
      const { status, body: said } = await act(client, id, body);
      equal(status, 409, `${JSON.stringify(body)} while ${was}`);
      match(said.conflictingRequest.message, /^Cannot '[\w-]+' instance .* while it is in state/);
      deepEqual(states(await shown(client, id)), was);
    }
  }
});

test('what is being done shuts out what comes after it; a delete waits for it', async () => {
  const client = await admin(await openCompute(drain));
  const id = await made(client);
  equal((await act(client, id, { 'os-stop': null })).status, 202);
  equal((await act(client, id, { pause: null })).status, 409);
  equal(
    (await act(client, id, { 'os-migrateLive': { host: null, block_migration: 'auto' } })).status,
    409,
  );
  equal((await client.ask('DELETE', `/servers/${id}`)).status, 204);
  equal(await rested(client, id), null);
  equal(await held(client, id), 0);
});

test('a reboot names its kind', async () => {
  const client = await admin(await openCompute(drain));
  const id = await made(client);
  for (const reboot of [null, {}, { type: 'WARM' }, { type: 'SOFT', now: true }]) {
    equal((await act(client, id, { reboot })).status, 400);
  }
});

test('the console is read, whole or its last lines, also of a server that is off', async () => {
  const client = await admin(await openCompute(drain));
  const id = await made(client);
  const read = async (about: object) => {
    const { status, body } = await act(client, id, { 'os-getConsoleOutput': about });
    equal(status, 200, JSON.stringify(body));
    return String(body.output);
  };
  const whole = await read({});
  match(whole, /start 1\.[\s\S]*login:/);
  equal(await read({ length: null }), whole);
  equal(await read({ length: -1 }), whole);
  equal(await read({ length: 0 }), '');
  for (const length of [10, '10']) {
    const last = await read({ length });
    equal(last.split('\n').length, 10);
    ok(whole.endsWith(last));
  }
  await act(client, id, { reboot: { type: 'HARD' } });
  await rested(client, id);
  match(await read({}), /start 1\.[\s\S]*start 2\./);
  await act(client, id, { 'os-stop': null });
  await rested(client, id);
  match(await read({}), /goes down/);
  equal((await act(client, id, { 'os-getConsoleOutput': { length: 'x' } })).status, 400);
});

test('a locked server is changed by operators only, until it is unlocked', async () => {
  const trial = await openCompute(drain);
  const operator = await admin(trial);
  const owner = await stranger(trial, 'member');
  const id = await made(owner, operator);
  equal((await act(owner, id, { lock: { locked_reason: 'a talk' } })).status, 202);
  const { locked, locked_reason } = await shown(owner, id);
  deepEqual([locked, locked_reason], [true, 'a talk']);
  for (const [body] of way) equal((await act(owner, id, body)).status, 409);
  equal((await deletion(owner, id)).status, 409);
  equal((await act(owner, id, { 'os-getConsoleOutput': {} })).status, 200);
  equal((await owner.ask('GET', '/servers?locked=true')).body.servers.length, 1);
  equal((await owner.ask('GET', '/servers?locked=false')).body.servers.length, 0);
  equal((await act(operator, id, { pause: null })).status, 202);
  await rested(owner, id);
  equal((await act(owner, id, { unlock: null })).status, 202);
  equal((await act(owner, id, { unpause: null })).status, 202);
  equal((await rested(owner, id)).locked, false);
});

const deletion = (client: Client, id: string) => client.ask('DELETE', `/servers/${id}`);

test('what an operator locked, its owner does not open', async () => {
  const trial = await openCompute(drain);
  const operator = await admin(trial);
  const owner = await stranger(trial, 'member');
  const id = await made(owner, operator);
  equal((await act(operator, id, { lock: null })).status, 202);
  equal((await act(owner, id, { unlock: null })).status, 403);
  equal((await act(operator, id, { unlock: null })).status, 202);
  equal((await shown(owner, id)).locked, false);
});

test('a reason is from 2.73 on; before it, whatever comes with a lock is passed over', async () => {
  const trial = await openCompute(drain);
  const id = await made(await admin(trial));
  const old = clientOf(trial, await trial.token(), 72);
  equal((await act(old, id, { lock: { locked_reason: 'x' } })).status, 202);
  const before = await shown(old, id);
  deepEqual([before.locked, 'locked_reason' in before], [true, false]);
  const now = await admin(trial);
  equal((await shown(now, id)).locked_reason, null);
  for (const lock of ['x', { locked_reason: '' }, { locked_reason: 'x'.repeat(256) }, { why: 1 }]) {
    equal((await act(now, id, { lock })).status, 400, JSON.stringify(lock));
  }
});

test('network actions: nothing to inject, operators only; a reset is no more', async () => {
  const trial = await openCompute(drain);
  const operator = await admin(trial);
  const owner = await stranger(trial, 'member');
  const id = await made(owner, operator);
  equal((await act(operator, id, { injectNetworkInfo: null })).status, 202);
  equal((await act(owner, id, { injectNetworkInfo: null })).status, 403);
  equal((await act(owner, id, { resetNetwork: null })).status, 410);
});
