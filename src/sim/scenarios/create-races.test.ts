/**
 * Goal: creating servers while something else happens, told row by row (8.1 of the acceptance
 * table): deletes, dead hosts, dead processes, others who want the same place.
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 */
import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { wholeHost } from '../flavors.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

tell({
  'ACC-004 interrupted after its claim, and deleted: nothing is held': async (open) => {
    const world = await open('boot', 'crash');
    world.arm();
    void world.create();
    await world.until(() => world.fate.struck > 0);
    const [uuid = ''] = [...(world.view()?.books.consumers.keys() ?? [])];
    await world.until(() => world.view() !== null);
    const [made = uuid] = [...seen(world).books.consumers.keys()];
    await world.destroy(made);
    await world.rest();
    equal(seen(world).books.consumers.size, 0);
  },

  'ACC-006 two want the last place at the same moment: one has it, and the other is told': async (
    open,
  ) => {
    const world = await open();
    for (const _ of [1, 2]) await world.create({ flavor: wholeHost });
    await world.rest();
    const pair = [world.create({ flavor: wholeHost }), world.create({ flavor: wholeHost })];
    const uuids = await Promise.all(pair);
    await world.rest();
    const states = uuids.map((uuid) => serverIn(world, uuid).vm_state);
    deepEqual(states.toSorted(), ['active', 'error']);
    const loser = uuids[states.indexOf('error')] ?? '';
    match(serverIn(world, loser).fault?.message ?? '', /^No valid host was found\. /);
    deepEqual(heldBy(world, loser), {});
  },

  'ACC-007 deleted while its host is down: the hold is gone now, and its guest when it is back':
    async (open) => {
      const world = await open();
      const uuid = await world.create();
      await world.rest();
      const host = serverIn(world, uuid).host ?? '';
      world.kill(host);
      await world.believe(host, 'down');
      await world.destroy(uuid);
      await world.rest();
      equal(seen(world).books.consumers.size, 0);
      await world.comesBack(host);
      deepEqual(world.guestsOn(host), []);
    },

  'ACC-008 deleted at every hand-over of its creation: no row, no hold, no guest': async (open) => {
    for (const step of ['begin', 'place', 'boot', 'active']) {
      const world = await open('boot', 'deaf', 2);
      world.arm();
      const uuid = await world.create();
      await world.until(() => linesOf(world, step).length > 0);
      await world.destroy(uuid);
      await world.rest();
      equal(seen(world).books.consumers.size, 0, step);
      deepEqual(
        ['h1', 'h2', 'h3'].flatMap((host) => world.guestsOn(host)),
        [],
      );
    }
  },

  'ACC-009 the process starts again while a build waits for its claim: it is built': async (
    open,
  ) => {
    for (const mishap of ['crash', 'late'] as const) {
      const world = await open('place', mishap, 1, { steps_per_request_max: 1 });
      Object.assign(world.fate.plan ?? {}, { saga: 'create-server' });
      world.arm();
      void world.create();
      await world.rest();
      ok(world.fate.struck > 0, 'it never struck');
      const [uuid = ''] = [...seen(world).books.consumers.keys()];
      equal(serverIn(world, uuid).vm_state, 'active');
    }
  },

  'ACC-012 what its owner reads of a failure is a sentence, with what was tried last': async (
    open,
  ) => {
    const world = await open('boot', 'refuse', 99);
    world.arm();
    const uuid = await world.create();
    await world.rest();
    const { fault } = serverIn(world, uuid);
    match(fault?.message ?? '', /^None of the 3 hosts that were tried could build it: .*h\d/);
    doesNotMatch(fault?.message ?? '', /\n|\bat \S+:\d+|Error:/);
  },
});
