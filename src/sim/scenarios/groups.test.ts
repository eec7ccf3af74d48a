/**
 * Goal: rules of groups, quotas and drains hold whoever acts at the same time (8.6 of the
 * acceptance table, and the pairs of operations that are about more than one server).
 * Method: little worlds of three hosts in which both begin at once, in every order and a few
 * milliseconds apart, so that each step of one meets each step of the other; a drain begins after
 * each commit of the creates in turn, and every commit is looked at.
 *
 * Watched to be caught: a server that holds no slot of its group, a quota that a resize passes by;
 * a drain that does not close its host, one that is done while somebody is on the way there (it
 * was), or before what has left is cleared away (it was).
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import type { View } from '../../core/ledger/draft.ts';
import { done } from '../../core/ports/reply.ts';
import { drains } from '../../core/servers/drains.ts';
import { quotas } from '../../core/servers/quota-rows.ts';
import { servers } from '../../core/servers/rows.ts';
import { PROJECT } from '../asks.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { everyHold, heldBy, seen, serverIn, tell } from './tale.fixture.ts';

const medium = present(plainFlavors[1], 'a flavor');
/** For so many commits the drainer looks after each. */
const LOOKS = 40;
/** One begins so much later than the other. */
const OFFSETS_MS = [0, 1, 3, 6, 10, 15, 25, 40, 80];

const hostOf = (world: LittleWorld, uuid: string) => serverIn(world, uuid).host;

async function grouped(world: LittleWorld, group_uuid: string, hosts: readonly string[]) {
  const uuids: string[] = [];
  for (const host of hosts) {
    uuids.push(
      await world.create({ group_uuid, bounds: { ignore_hosts: [], only_hosts: [host] } }),
    );
    await world.rest();
  }
  return uuids;
}

tell({
  'ACC-100 kept together, or apart, from the first boot to every later move': async (open) => {
    const world = await open();
    const together = await world.group('affinity');
    const apart = await world.group('anti-affinity');
    const one = await grouped(world, together, ['h1']);
    const two = await world.create({ group_uuid: together });
    const three = await Promise.all([1, 2, 3, 4].map(() => world.create({ group_uuid: apart })));
    await world.rest();
    equal(hostOf(world, two), 'h1');
    const states = three.map((uuid) => serverIn(world, uuid).vm_state).toSorted();
    deepEqual(states, ['active', 'active', 'active', 'error']);
    const runs = three.filter((uuid) => serverIn(world, uuid).vm_state === 'active');
    equal(new Set(runs.map((uuid) => hostOf(world, uuid))).size, 3);
    for (const uuid of [...one, ...runs.slice(0, 1)]) {
      const reply = await world.migrate(uuid);
      equal(reply?.is === 'no' && reply.why.why, 'no-valid-host');
    }
  },

  'ACC-102 as many on a host as the rule says, and no more': async (open) => {
    const world = await open();
    const group_uuid = await world.group('anti-affinity', 2);
    const uuids = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => world.create({ group_uuid })));
    await world.rest();
    const there = uuids.map((uuid) => hostOf(world, uuid)).filter((host) => host !== null);
    deepEqual(there.toSorted(), ['h1', 'h1', 'h2', 'h2', 'h3', 'h3']);
  },

  'ACC-104 two that are kept apart move at once: they are apart on the way, too': async (open) => {
    for (const offset_ms of OFFSETS_MS) {
      const world = await open();
      const group_uuid = await world.group('anti-affinity');
      const [first = '', second = ''] = await grouped(world, group_uuid, ['h1', 'h2']);
      void world.migrate(first);
      await world.wait(offset_ms);
      void world.coldMigrate(second);
      await world.rest();
      const held = [first, second].flatMap((uuid) => Object.keys(heldBy(world, uuid)));
      equal(new Set(held).size, 2, `${offset_ms} ms apart: ${held.join()}`);
      ok([hostOf(world, first), hostOf(world, second)].includes('h3'));
    }
  },

  'ACC-104 those kept apart leave a dead host at once, with one place left: one of them stays':
    async (open) => {
      for (const offset_ms of OFFSETS_MS) {
        const world = await open();
        const group_uuid = await world.group('anti-affinity', 2);
        const [first = '', second = ''] = await grouped(world, group_uuid, [
          'h1',
          'h1',
          'h2',
          'h3',
        ]);
        await world.regroup(group_uuid, 'anti-affinity', 2);
        await world.fence('h1');
        await world.believe('h3', 'down');
        void world.evacuate(first);
        await world.wait(offset_ms);
        void world.evacuate(second);
        await world.rest();
        const there = [first, second].map((uuid) => hostOf(world, uuid));
        deepEqual(there.toSorted(), ['h1', 'h2'], `${offset_ms} ms apart`);
        await world.believe('h3', 'up');
        await world.comesBack('h1');
      }
    },

  'ACC-105 resizes at once never have more than is allowed together': async (open) => {
    for (const offset_ms of OFFSETS_MS) {
      const world = await open();
      const uuids = [await world.create(), await world.create()];
      await world.rest();
      const limits = { cores: 3, ram: -1 }; // both have one, and one of them may have two
      await world.write((draft) =>
        done(draft.put(quotas, { project_id: PROJECT, user_id: '', limits })),
      );
      const replies = [world.resize(uuids[0] ?? '', medium)];
      await world.wait(offset_ms);
      replies.push(world.resize(uuids[1] ?? '', medium));
      const said = (await Promise.all(replies)).map((reply) =>
        reply?.is === 'no' ? reply.why.why : reply?.is,
      );
      deepEqual(said.toSorted(), ['done', 'over-quota'], `${offset_ms} ms apart`);
      await world.rest();
    }
  },

  'ACC-107 a disabled host is offered no more from the next request on, and again once enabled':
    async (open) => {
      const world = await open();
      await world.closeAllBut('h2');
      const first = await world.create();
      await world.open('h1');
      await world.closeAllBut('h1');
      const second = await world.create();
      await world.rest();
      deepEqual([hostOf(world, first), hostOf(world, second)], ['h2', 'h1']);
    },

  'ACC-107 a drain begins while servers are made: none is left there, or comes after it': async (
    open,
  ) => {
    await drainedAmid(open, async (world) => [
      await world.create(),
      await world.create(),
      await world.create(),
    ]);
  },

  'ACC-107 a drain begins while servers are on their way there: they leave again': async (open) => {
    await drainedAmid(open, async (world) => {
      const [one = '', two = ''] = [...seen(world).rows(servers).values()].map(({ uuid }) => uuid);
      for (const uuid of [one, two]) equal((await world.migrate(uuid, 'h1'))?.is, 'done');
      return [one, two];
    });
  },
});

type Open = typeof import('./tale.fixture.ts')['worldWith'];

/** A drain of h1 begins after each commit in turn of what brings servers there. */
async function drainedAmid(open: Open, bring: (world: LittleWorld) => Promise<readonly string[]>) {
  const met = { placed: 0, sent_elsewhere: 0 };
  for (let at = 1; ; at++) {
    const guard = guardOf('h1');
    const world = await open('none', 'refuse', 1, {
      steps_per_request_max: 1,
      watching: guard.see,
      committed: (count, now) => {
        if (count === at) now.between(({ drainer }) => void drainer.start('h1', 2));
        // It looks while others are at work, too.
        if (count > at && count < at + LOOKS) now.between(({ drainer }) => void drainer.look());
        return 'heard';
      },
    });
    await crowd(world, ['h2', 'h3']);
    world.arm();
    const brought = [...(await bring(world))];
    await world.rest();
    if (world.commits < at) {
      // Undisturbed they all come: what keeps them away is the drain.
      deepEqual([...new Set(brought.map((uuid) => hostOf(world, uuid)))], ['h1']);
      break;
    }
    brought.push(await world.create());
    await drained(world, 'h1');
    deepEqual(guard.wrong, [], `after commit ${at}`);
    const on = brought.map((uuid) => hostOf(world, uuid));
    ok(!on.includes('h1') && !on.includes(null), on.join());
    deepEqual(world.guestsOn('h1'), []);
    met.placed += guard.placed();
    met.sent_elsewhere += brought.length - guard.placed();
  }
  ok(met.placed > 10 && met.sent_elsewhere > 10, JSON.stringify(met));
}

/** Servers on these hosts, so that whoever comes next prefers others. */
async function crowd(world: LittleWorld, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    for (let count = 0; count < 4; count++) {
      await world.create({ bounds: { ignore_hosts: [], only_hosts: [host] } });
    }
  }
  await world.rest();
}

async function drained(world: LittleWorld, host: string): Promise<void> {
  for (let looks = 0; looks < 20; looks++) {
    await world.soon(world.drainer.look());
    await world.rest();
  }
  equal(seen(world).rows(drains).get(host)?.state, 'done');
}

/**
 * Looks at the books after each commit: since the drain began nobody new holds anything there, and
 * nobody at all when it is said to be done. The drain itself would hide it, by moving it away.
 */
function guardOf(host: string) {
  const wrong: string[] = [];
  const before = new Set<string>();
  let begun = false;
  const see = (view: View): void => {
    const state = view.rows(drains).get(host)?.state;
    for (const uuid of holdersOn(view, host)) {
      if (!begun)
        before.add(uuid); // also what was claimed in the commit in which it began
      // An operation that moves a server holds the place that it leaves.
      else if (view.rows(servers).has(uuid) && !before.has(uuid))
        wrong.push(`${uuid} came to ${host}, which is being drained`);
      if (state === 'done') wrong.push(`${uuid} holds something on ${host}, which is drained`);
    }
    begun = state !== undefined;
  };
  return { see, wrong, placed: () => before.size };
}

const holdersOn = (view: View, host: string): string[] =>
  Object.entries(everyHold(view)).flatMap(([uuid, held]) => (host in held ? [uuid] : []));
