/**
 * Goal: evacuating, told row by row (8.4 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 *
 * Watched to be caught: a claim that asks for no proof, a quarantine that ends before its guest is
 * gone or that holds nothing, a reboot on the dead host that is not cancelled.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { hosts } from '../../core/fleet/rows.ts';
import { disableHost, enableHost, forceDown } from '../../core/fleet/status.ts';
import { slotGroups } from '../../core/ledger/rows.ts';
import { done } from '../../core/ports/reply.ts';
import { evacuations, release } from '../../core/servers/evacuations.ts';
import { serverGroups } from '../../core/servers/rows.ts';
import { PROJECT, USER } from '../asks.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

async function made(world: LittleWorld): Promise<{ uuid: string; home: string }> {
  const uuid = await world.create();
  await world.rest();
  return { uuid, home: homeOf(world, uuid) };
}

/** A server whose host is dead, and somebody has made sure of it. */
async function orphaned(world: LittleWorld): Promise<{ uuid: string; home: string }> {
  const server = await made(world);
  await world.fence(server.home);
  return server;
}

const homeOf = (world: LittleWorld, uuid: string): string => serverIn(world, uuid).host ?? '';
const hostsOf = (world: LittleWorld, uuid: string): string[] => Object.keys(heldBy(world, uuid));
const guestsOn = (world: LittleWorld, host: string): string[] => world.guestsOn(host);

async function setStatus(
  world: LittleWorld,
  names: readonly string[],
  set: typeof disableHost | typeof enableHost,
): Promise<void> {
  for (const name of names) await world.write((draft) => set(draft, name, null));
}

tell({
  'ACC-070 evacuated: held on both hosts until the dead one is back and clean': async (open) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    await world.evacuate(uuid);
    await world.rest();
    const there = homeOf(world, uuid);
    ok(there !== home && there !== '');
    deepEqual(hostsOf(world, uuid).sort(), [home, there].sort());
    deepEqual(heldBy(world, uuid)[home], heldBy(world, uuid)[there]);
    deepEqual(guestsOn(world, home), [uuid]);
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), []);
    deepEqual(hostsOf(world, uuid), [there]);
    equal(seen(world).rows(evacuations).size, 0);
  },

  'ACC-070 back, and what it had left is not destroyed yet: it is held still': async (open) => {
    const world = await open('landing', 'deaf', 3);
    const { uuid, home } = await orphaned(world);
    await world.evacuate(uuid);
    await world.rest();
    world.arm();
    await world.migrate(uuid); // an operation owns the server, so the audit leaves it alone
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), [uuid]);
    ok(hostsOf(world, uuid).includes(home), 'it was let go too early');
    await world.rest();
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), []);
    deepEqual(hostsOf(world, uuid), [homeOf(world, uuid)]);
  },

  'ACC-070 back and clean while a move of it is under way, which comes to nothing: it is free':
    async (open) => {
      for (const step of ['landing', 'ship', 'switchover']) {
        const world = await open(step, 'late', 99);
        const { uuid, home } = await orphaned(world);
        await world.evacuate(uuid);
        await world.rest();
        const there = homeOf(world, uuid);
        world.arm();
        await (step === 'ship' ? world.coldMigrate(uuid) : world.migrate(uuid));
        await world.comesBack(home); //  its guest there is an operation's, so it is left alone
        await world.write((draft) => {
          for (const row of draft.rows(evacuations).by('host', home)) release(draft, row);
          return done(undefined);
        });
        await world.rest();
        equal(homeOf(world, uuid), there, step);
        deepEqual(hostsOf(world, uuid), [there], step);
        await world.comesBack(home);
      }
    },

  'ACC-071 no host can make it: only the source is held, and the guest there is kept': async (
    open,
  ) => {
    const world = await open('boot', 'refuse', 99);
    const { uuid, home } = await orphaned(world);
    world.arm();
    await world.evacuate(uuid);
    await world.rest();
    equal(world.ends('evacuate-server'), 'undone');
    equal(linesOf(world, 'boot').length, 3); // one by its own creation
    deepEqual(hostsOf(world, uuid), [home]);
    equal(homeOf(world, uuid), home);
    equal(serverIn(world, uuid).task_state, null);
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), [uuid]);
  },

  'ACC-072 a named host is looked at like any other': async (open) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    const [first = '', second = ''] = ['h1', 'h2', 'h3'].filter((host) => host !== home);
    await world.believe(first, 'down');
    await world.evacuate(uuid, { host: first });
    await world.rest();
    equal(world.ends('evacuate-server'), 'undone');
    equal(homeOf(world, uuid), home);
    await world.evacuate(uuid, { host: second });
    await world.rest();
    equal(homeOf(world, uuid), second);
    await world.believe(first, 'up');
  },

  'ACC-073 no valid host: the dead host may come back and finds its guest wanted': async (open) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    for (const host of ['h1', 'h2', 'h3']) if (host !== home) await world.believe(host, 'down');
    await world.evacuate(uuid);
    await world.rest();
    equal(world.ends('evacuate-server'), 'undone');
    for (const host of ['h1', 'h2', 'h3']) if (host !== home) await world.believe(host, 'up');
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), [uuid]);
    equal(seen(world).rows(evacuations).size, 0);
  },

  'ACC-074 the source comes back meanwhile: the server stays where it went': async (open) => {
    const world = await open('boot', 'late', 1);
    const { uuid, home } = await orphaned(world);
    let back: Promise<void> | null = null;
    world.onStrike = () => {
      back ??= world.comesBack(home);
    };
    world.arm();
    await world.evacuate(uuid);
    await world.rest();
    ok(back !== null, 'it never came back');
    ok(homeOf(world, uuid) !== home);
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), []);
    deepEqual(hostsOf(world, uuid), [homeOf(world, uuid)]);
  },

  'ACC-075 evacuated, deleted, and then the source comes back: all is free': async (open) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    await world.evacuate(uuid);
    await world.rest();
    await world.destroy(uuid);
    await world.rest();
    equal(seen(world).books.consumers.size, 0);
    await world.comesBack(home);
    deepEqual(guestsOn(world, home), []);
    equal(seen(world).rows(evacuations).size, 0);
  },

  'ACC-076 evacuations at once keep their group apart': async (open) => {
    const world = await open();
    const group_uuid = '0c2f5a2e-8a06-4a1c-9d0f-0c6ad3c1a001';
    await world.write((draft) => {
      const about = { uuid: group_uuid, policy: 'anti-affinity' as const };
      draft.put(slotGroups, { ...about, max_per_host: 2 });
      const owner = { project_id: PROJECT, user_id: USER };
      draft.put(serverGroups, { ...about, ...owner, name: 'apart', max_server_per_host: 2 });
      return done(undefined);
    });
    await setStatus(world, ['h2', 'h3'], disableHost);
    const [one, two] = [await world.create({ group_uuid }), await world.create({ group_uuid })];
    await world.rest();
    deepEqual([homeOf(world, one), homeOf(world, two)], ['h1', 'h1']);
    await world.write((draft) => {
      const about = { uuid: group_uuid, policy: 'anti-affinity' as const };
      draft.put(slotGroups, { ...about, max_per_host: 1 });
      return done(undefined);
    });
    await setStatus(world, ['h2', 'h3'], enableHost);
    await world.fence('h1');
    await Promise.all([world.evacuate(one), world.evacuate(two)]);
    await world.rest();
    deepEqual([homeOf(world, one), homeOf(world, two)].sort(), ['h2', 'h3']);
  },

  'ACC-077 evacuated to the host that was named, and to none when that is its own': async (
    open,
  ) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    const itself = await world.evacuate(uuid, { host: home });
    equal(itself?.is === 'no' && itself.why.why, 'unfit');
    const nowhere = await world.evacuate(uuid, { host: 'nowhere' });
    equal(nowhere?.is === 'no' && nowhere.why.why, 'unknown-host');
    const other = home === 'h3' ? 'h2' : 'h3';
    await world.evacuate(uuid, { host: other });
    await world.rest();
    equal(homeOf(world, uuid), other);
  },

  'ACC-078 an audit of the new host while it is made there takes nothing away': async (open) => {
    const world = await open('boot', 'deaf', 1);
    const { uuid, home } = await orphaned(world);
    world.arm();
    await world.evacuate(uuid);
    await world.until(() => (linesOf(world, 'boot')[1]?.attempts ?? 0) > 0);
    const there = linesOf(world, 'boot')[1]?.host ?? '';
    await world.audit(there);
    deepEqual(hostsOf(world, uuid).sort(), [home, there].sort());
    await world.rest();
    await world.audit(there);
    deepEqual(guestsOn(world, there), [uuid]);
    deepEqual(hostsOf(world, uuid).sort(), [home, there].sort());
  },

  'ACC-079 not without proof that the host is dead': async (open) => {
    const world = await open();
    const { uuid, home } = await made(world);
    const up = await world.evacuate(uuid);
    equal(up?.is === 'no' && up.why.why, 'not-fenced');
    await world.believe(home, 'down');
    const silent = await world.evacuate(uuid);
    equal(silent?.is === 'no' && silent.why.why, 'not-fenced');
    await world.believe(home, 'up');
    await world.write((draft) => forceDown(draft, home, true));
    await world.believe(home, 'up'); // it was heard of all the same
    const heard = await world.evacuate(uuid);
    equal(heard?.is === 'no' && heard.why.why, 'not-fenced');
    equal(seen(world).rows(hosts).get(home)?.forced_down, true);
  },

  'ACC-079 heard of before a host was claimed: nothing is booted beside it': async (open) => {
    const world = await open();
    const { uuid, home } = await orphaned(world);
    await Promise.all([world.evacuate(uuid), world.believe(home, 'up')]);
    await world.rest();
    equal(world.ends('evacuate-server'), 'undone');
    equal(linesOf(world, 'boot').length, 1); // its own creation's
    equal(homeOf(world, uuid), home);
    await world.comesBack(home); //             and finds its guest wanted
    deepEqual(guestsOn(world, home), [uuid]);
  },

  'ACC-080 what was being done on the dead host is given up; stopped at the other': async (
    open,
  ) => {
    const world = await open('switch', 'late', 99);
    const { uuid, home } = await made(world);
    world.onStrike = () => {
      world.onStrike = () => {};
      void world.fence(home);
    };
    world.arm();
    await world.switchPower(uuid, 'reboot-hard');
    await world.wait(600_000);
    equal(serverIn(world, uuid).task_state, 'reboot_started_hard');
    world.arm(false);
    await world.evacuate(uuid, { stopped: true });
    await world.rest();
    equal(world.ends('reboot-server-hard'), 'undone');
    const { vm_state, host } = serverIn(world, uuid);
    equal(vm_state, 'stopped');
    ok(host !== home && host !== null);
  },

  'ACC-080 what was being done there is done after all: it is let go, and not made anew': async (
    open,
  ) => {
    for (const [shelved_offload_s, state] of [
      [0, 'shelved_offloaded'],
      [-1, 'shelved'],
    ] as const) {
      const world = await open('halt', 'forget', 1, { shelved_offload_s });
      const { uuid, home } = await made(world);
      world.arm();
      await world.shelve(uuid);
      await world.wait(1_000);
      await world.fence(home);
      await world.evacuate(uuid);
      world.machine(home).comeBack();
      await world.believe(home, 'up');
      await world.rest();
      equal(world.ends('evacuate-server'), 'undone');
      const { vm_state, task_state, run_id } = serverIn(world, uuid);
      deepEqual([vm_state, task_state, run_id], [state, null, null]);
      deepEqual(hostsOf(world, uuid), state === 'shelved' ? [home] : []);
    }
  },

  'ACC-081 its group was deleted meanwhile: it binds nobody': async (open) => {
    const world = await open();
    const group_uuid = '0c2f5a2e-8a06-4a1c-9d0f-0c6ad3c1a002';
    const about = { uuid: group_uuid, policy: 'affinity' as const };
    const row = { ...about, max_per_host: 1 };
    await world.write((draft) => done(draft.put(slotGroups, row)));
    const uuid = await world.create({ group_uuid });
    await world.rest();
    const home = homeOf(world, uuid);
    await world.write((draft) => done(draft.remove(slotGroups, row)));
    await world.fence(home);
    await world.evacuate(uuid);
    await world.rest();
    ok(homeOf(world, uuid) !== home);
  },
});
