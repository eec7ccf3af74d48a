/**
 * Goal: live migrations of servers that are not alone (8.3 of the acceptance table): of those that
 * were made together, have CPUs of their own, or must keep away from one another.
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import { littleExact, wholeHost } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

const hostOf = (world: LittleWorld, uuid: string): string => serverIn(world, uuid).host ?? '';

/** The CPUs that a consumer has to itself, as `host/cpu`. */
const cpusOf = ({ books }: ReturnType<typeof seen>, uuid: string): string[] =>
  (books.consumers.get(uuid)?.pins ?? []).map(({ provider_id, cpu }) => {
    return `${books.row(books.row(provider_id).root_id).name}/${cpu}`;
  });

/** Two on one host, one on the next, each with a CPU of its own. */
async function pinned(world: LittleWorld) {
  const uuids: string[] = [];
  for (const host of ['h1', 'h1', 'h2']) {
    const bounds = { ignore_hosts: [], only_hosts: [host] };
    uuids.push(await world.create({ flavor: littleExact, bounds }));
    await world.rest();
  }
  const [stays = '', moves = '', there = ''] = uuids;
  return { stays, moves, there };
}

tell({
  'ACC-056 one of several that were made together is moved, and the others are not touched': async (
    open,
  ) => {
    const world = await open();
    const made = await world.together(3, 3);
    ok(made?.is === 'done');
    await world.rest();
    const [one = '', ...others] = made.value.map(({ uuid }) => uuid);
    const before = others.map((uuid) => heldBy(world, uuid));
    const home = hostOf(world, one);
    await world.migrate(one);
    await world.rest();
    ok(hostOf(world, one) !== home);
    deepEqual(
      others.map((uuid) => heldBy(world, uuid)),
      before,
    );
  },

  'ACC-057 no destination agrees: it runs where it was, and is not in error': async (open) => {
    const world = await open('landing', 'refuse', 99);
    const uuid = await world.create();
    await world.rest();
    const home = hostOf(world, uuid);
    world.arm();
    await world.migrate(uuid);
    await world.rest();
    const { vm_state, task_state, fault } = serverIn(world, uuid);
    deepEqual([hostOf(world, uuid), vm_state, task_state, fault], [home, 'active', null, null]);
    equal(world.ends('live-migrate'), 'undone');
  },

  'ACC-058 the source will not be cleared after the guest has gone: it is recorded where it runs':
    async (open) => {
      const world = await open('leave', 'refuse', 3);
      const uuid = await world.create();
      await world.rest();
      const home = hostOf(world, uuid);
      world.arm();
      await world.migrate(uuid);
      await world.until(() => (linesOf(world, 'leave')[0]?.attempts ?? 0) > 1);
      ok(hostOf(world, uuid) !== home); // recorded before its remains are gone
      ok(Object.keys(heldBy(world, serverIn(world, uuid).run_id ?? '')).includes(home));
      await world.rest();
      equal(world.ends('live-migrate'), 'done');
      deepEqual(Object.keys(heldBy(world, uuid)), [hostOf(world, uuid)]);
    },

  'ACC-058 the other side burns down before it could tell: its guest is where it really is': async (
    open,
  ) => {
    for (const landed of [false, true]) {
      const world = await open('switchover', landed ? 'forget' : 'drop');
      const uuid = await world.create();
      await world.rest();
      const home = hostOf(world, uuid);
      const there = () => present(linesOf(world, 'landing')[0]?.host, 'a host');
      world.arm();
      await world.migrate(uuid);
      await world.until(() => linesOf(world, 'switchover').length > 0);
      if (landed) await world.until(() => world.guestsOn(home).length === 0);
      world.kill(there());
      await world.believe(there(), 'down');
      await world.wait(3_600_000);
      equal(linesOf(world, 'switchover')[0]?.state, 'settling'); // it is down, and nobody guesses
      await world.fence(there());
      await world.rest();
      equal(world.ends('live-migrate'), 'undone');
      deepEqual([hostOf(world, uuid), Object.keys(heldBy(world, uuid))], [home, [home]]);
      await world.comesBack(there());
      const is = landed ? there() : home;
      deepEqual([hostOf(world, uuid), Object.keys(heldBy(world, uuid))], [is, [is]]);
      if (landed) await world.audit(is); // it has crashed there, and is started
    }
  },

  'ACC-061 CPUs of its own are chosen anew where others have theirs; those it had are free': async (
    open,
  ) => {
    const world = await open();
    const { stays, moves, there } = await pinned(world);
    const had = cpusOf(seen(world), moves);
    await world.migrate(moves, 'h2');
    await world.rest();
    const [has = '', other] = [cpusOf(seen(world), moves)[0], cpusOf(seen(world), there)[0]];
    ok(has.startsWith('h2/') && has !== other);
    ok(!had.includes(has));
    const all = [...seen(world).books.consumers.keys()];
    equal(all.flatMap((uuid) => cpusOf(seen(world), uuid)).length, 3);
    ok(cpusOf(seen(world), stays)[0]?.startsWith('h1/'));
  },

  'ACC-062 a move with CPUs of its own that comes to nothing gives back what it took there': async (
    open,
  ) => {
    for (const step of ['landing', 'switchover']) {
      const world = await open(step, 'refuse', 99);
      const { moves, there } = await pinned(world);
      const before = [cpusOf(seen(world), moves), cpusOf(seen(world), there)];
      world.arm();
      await world.migrate(moves, 'h2');
      await world.rest();
      deepEqual([cpusOf(seen(world), moves), cpusOf(seen(world), there)], before, step);
      equal(hostOf(world, moves), 'h1');
    }
  },

  'ACC-063 a host that cannot hold it is refused, also when it is named': async (open) => {
    const world = await open();
    const uuid = await world.create({ flavor: wholeHost });
    await world.rest();
    const bounds = { ignore_hosts: [hostOf(world, uuid)], only_hosts: null };
    const full = await world.create({ flavor: wholeHost, bounds });
    await world.rest();
    const reply = await world.migrate(uuid, hostOf(world, full));
    equal(reply?.is === 'no' && reply.why.why, 'no-valid-host');
    equal(serverIn(world, uuid).task_state, null);
  },

  'ACC-067 kept apart, there is no host for it; then there is a third, and it goes there': async (
    open,
  ) => {
    const world = await open();
    const group_uuid = await world.group('anti-affinity');
    await world.closeAllBut('h1');
    const first = await world.create({ group_uuid });
    await world.rest();
    await world.open('h2');
    await world.create({ group_uuid });
    await world.rest();
    const reply = await world.migrate(first);
    equal(reply?.is === 'no' && reply.why.why, 'no-valid-host');
    await world.open('h3');
    await world.migrate(first);
    await world.rest();
    equal(hostOf(world, first), 'h3');
  },
});
