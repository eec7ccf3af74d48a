/**
 * Goal: who holds what in a live migration, and those that operators stop, or have come to their
 * end (8.3 of the acceptance table).
 * Mutants that these killed: nobody asked whether it goes on before a lost answer is settled; a
 * deadline that is not handed on.
 * Method: each row in a little world of three hosts, steered at the step that the row names.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { runs } from '../../core/conductor/rows.ts';
import type { Deadline } from '../../core/ports/order.ts';
import type { Steering } from '../../core/sagas/operations.ts';
import { wholeHost } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

const abort: Steering = { how: 'abort', only_running: false };
const hasten: Steering = { how: 'hasten', only_running: true };

async function moving(world: LittleWorld, until: string, deadline: Partial<Deadline> = {}) {
  const uuid = await world.create();
  await world.rest();
  const home = serverIn(world, uuid).host ?? '';
  world.arm();
  await world.migrate(uuid, null, deadline);
  await world.until(() => linesOf(world, until).some((line) => line.attempts > 0));
  const [run] = [...seen(world).rows(runs).values()].filter((one) => one.saga === 'live-migrate');
  ok(run !== undefined);
  return { uuid, home, run_id: run.id };
}

/** So far that the guest is being sent. */
const sending = async (world: LittleWorld, uuid: string) => {
  for (let tries = 0; tries < 200; tries++) {
    if ((await world.progress(uuid)) !== null) return;
    await world.wait(5);
  }
  ok(false, 'it is never sent');
};

/** So far that it runs on the other side, and fetches the rest. Gives whether that was missed. */
const fetching = async (world: LittleWorld, uuid: string) => {
  for (let tries = 0; tries < 400; tries++) {
    if ((await world.progress(uuid))?.post_copy === true) return false;
    await world.wait(5);
  }
  return true;
};

tell({
  'ACC-050 while it moves the run holds the source, and lets go of it in the end': async (open) => {
    const world = await open('landing', 'deaf', 1);
    const { uuid, home, run_id } = await moving(world, 'landing');
    const there = Object.keys(heldBy(world, uuid));
    deepEqual(Object.keys(heldBy(world, run_id)), [home]);
    ok(there.length === 1 && there[0] !== home);
    await world.rest();
    deepEqual(heldBy(world, run_id), {});
    deepEqual(Object.keys(heldBy(world, uuid)), there);
    equal(serverIn(world, uuid).host, there[0]);
  },

  'ACC-051 the first destination refuses: nothing of it is held, and the next is tried': async (
    open,
  ) => {
    const world = await open('landing', 'refuse', 1);
    const { uuid, home } = await moving(world, 'landing');
    await world.rest();
    const [first, second] = linesOf(world, 'landing').map(({ host }) => host ?? '');
    ok(first !== second && second !== home);
    deepEqual(Object.keys(heldBy(world, uuid)), [second]);
    equal(serverIn(world, uuid).host, second);
  },

  'ACC-052 the source will not send: it is the server that holds it again': async (open) => {
    const world = await open('switchover', 'refuse', 1);
    const { uuid, home, run_id } = await moving(world, 'switchover');
    await world.rest();
    equal(world.ends('live-migrate'), 'undone');
    deepEqual([heldBy(world, run_id), Object.keys(heldBy(world, uuid))], [{}, [home]]);
    equal(serverIn(world, uuid).host, home);
  },

  'ACC-053 force complete: the guest is on the other side, and only that is held': async (open) => {
    const world = await open();
    const { uuid, home, run_id } = await moving(world, 'switchover');
    await sending(world, uuid);
    equal((await world.steer(uuid, run_id, hasten))?.is, 'done');
    await world.rest();
    const { host } = serverIn(world, uuid);
    ok(host !== home);
    deepEqual(Object.keys(heldBy(world, uuid)), [host]);
  },

  'ACC-053 abort: the guest is where it was, and only that is held': async (open) => {
    const world = await open();
    const { uuid, home, run_id } = await moving(world, 'switchover');
    await sending(world, uuid);
    equal((await world.steer(uuid, run_id, abort))?.is, 'done');
    await world.rest();
    equal(world.ends('live-migrate'), 'undone');
    const { host, task_state } = serverIn(world, uuid);
    deepEqual([host, task_state], [home, null]);
    deepEqual(Object.keys(heldBy(world, uuid)), [home]);
    const again = await world.steer(uuid, run_id, abort);
    equal(again?.is === 'no' && again.why.why, 'unknown-move');
  },

  'ACC-053 its deadline comes: the source stops by itself, and the run turns back': async (
    open,
  ) => {
    const world = await open();
    const { uuid, home } = await moving(world, 'switchover', { after_ms: 100, action: 'abort' });
    await world.rest();
    const [line] = linesOf(world, 'switchover');
    equal(line?.error?.reason, 'aborted');
    equal(line.error.message, `${home}: aborted at its deadline, 0.1 s after it began`);
    equal(world.ends('live-migrate'), 'undone');
    deepEqual([serverIn(world, uuid).host, Object.keys(heldBy(world, uuid))], [home, [home]]);
  },

  'ACC-053 the process dies while it is being sent: nobody disturbs that': async (open) => {
    const world = await open();
    const { uuid, home } = await moving(world, 'switchover');
    await sending(world, uuid);
    world.crash();
    await world.rest();
    equal(world.ends('live-migrate'), 'done');
    ok(serverIn(world, uuid).host !== home);
  },

  'ACC-053 the process dies while it is being sent, and its source is not heard at first': async (
    open,
  ) => {
    const about = { flavor: wholeHost }; // so that it takes longer than to be unheard
    const world = await open('switchover/settle', 'drop', 1, about);
    const { uuid, home } = await moving(world, 'switchover');
    await sending(world, uuid);
    world.crash();
    await world.rest();
    equal(world.fate.allStruck, true);
    equal(world.ends('live-migrate'), 'done');
    deepEqual(world.guestsOn(home), []);
  },

  'ACC-053 its deadline comes: it stands still until the rest is over': async (open) => {
    const world = await open();
    const { uuid, home } = await moving(world, 'switchover', { after_ms: 100, action: 'pause' });
    await sending(world, uuid);
    const seen = await world.progress(uuid);
    deepEqual(seen?.deadline?.action, 'pause');
    ok((seen.deadline.in_ms ?? 0) <= 100 && (seen.left_ms ?? 0) > 0, JSON.stringify(seen));
    await world.rest();
    const { host } = serverIn(world, uuid);
    ok(host !== home);
    deepEqual(Object.keys(heldBy(world, uuid)), [host]);
  },

  'ACC-053 its deadline comes: it goes on over there, and nothing stops it then': async (open) => {
    const world = await open();
    const deadline = { after_ms: 0, action: 'post-copy' } as const;
    const { uuid, home, run_id } = await moving(world, 'switchover', deadline);
    const gone = await fetching(world, uuid);
    for (const steering of [abort, hasten]) {
      const told = await world.steer(uuid, run_id, steering);
      equal(told?.is === 'no' && told.why.why, 'unfit');
    }
    deepEqual([serverIn(world, uuid).host, gone], [home, false]);
    await world.rest();
    const { host } = serverIn(world, uuid);
    ok(host !== home);
    deepEqual([Object.keys(heldBy(world, uuid)), world.guestsOn(home)], [[host], []]);
  },

  'ACC-053 the process dies while it fetches the rest: nobody lets go of that before it is over':
    async (open) => {
      const world = await open();
      const deadline = { after_ms: 0, action: 'post-copy' } as const;
      const { uuid, home } = await moving(world, 'switchover', deadline);
      await fetching(world, uuid);
      world.crash();
      await world.rest();
      equal(world.ends('live-migrate'), 'done');
      const { host } = serverIn(world, uuid);
      const [guest] = world.machine(host ?? '').look();
      deepEqual([guest?.power, world.guestsOn(home)], ['running', []]);
    },

  'ACC-053 its source goes down while it fetches the rest: it is on the other side, and crashed':
    async (open) => {
      const world = await open();
      const deadline = { after_ms: 0, action: 'post-copy' } as const;
      const { uuid, home } = await moving(world, 'switchover', deadline);
      await fetching(world, uuid);
      world.kill(home);
      await world.believe(home, 'down');
      await world.rest();
      equal(world.ends('live-migrate'), 'done');
      const { host } = serverIn(world, uuid);
      deepEqual([host === home, Object.keys(heldBy(world, uuid))], [false, [host]]);
      equal(world.machine(host ?? '').look()[0]?.power, 'crashed');
      await world.believe(home, 'up');
      await world.comesBack(home);
      await world.audit(host ?? '');
      await world.audit(host ?? ''); // what differs twice is put right
      equal(world.machine(host ?? '').look()[0]?.power, 'running');
    },

  'ACC-054 abort while it is prepared: it turns back before anything was sent': async (open) => {
    const world = await open('landing', 'deaf', 2);
    const { uuid, home, run_id } = await moving(world, 'landing');
    const early = await world.steer(uuid, run_id, { ...abort, only_running: true });
    equal(early?.is === 'no' && early.why.why, 'unfit');
    equal((await world.steer(uuid, run_id, hasten))?.is, 'no');
    equal((await world.steer(uuid, run_id, abort))?.is, 'done');
    await world.rest();
    equal(world.ends('live-migrate'), 'undone');
    equal(linesOf(world, 'switchover').length, 0);
    deepEqual(Object.keys(heldBy(world, uuid)), [home]);
    equal(serverIn(world, uuid).task_state, null);
  },
});
