/**
 * Goal: creating servers, told row by row (8.1 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { ROUNDS_MAX } from '../../core/sagas/create-server.ts';
import { failedHosts, heldBy, linesOf, serverIn, tell } from './tale.fixture.ts';

tell({
  'ACC-001 the first host fails to boot it: it runs on the second, and the first holds nothing':
    async (open) => {
      const world = await open('boot', 'refuse');
      world.arm();
      const uuid = await world.create();
      await world.rest();
      const [first, second] = linesOf(world, 'boot').map(({ host }) => host);
      const { vm_state, host } = serverIn(world, uuid);
      equal(vm_state, 'active');
      equal(host, second);
      equal(first === second, false);
      deepEqual(Object.keys(heldBy(world, uuid)), [second]);
      deepEqual(failedHosts(world), [first]);
    },
  'ACC-002 no host can boot it: it is in error, holds nothing, and its fault tells what each said':
    async (open) => {
      const world = await open('boot', 'refuse', 99);
      world.arm();
      const uuid = await world.create();
      await world.rest();
      const tried = linesOf(world, 'boot').map(({ host }) => host);
      equal(new Set(tried).size, ROUNDS_MAX);
      const { vm_state, host, fault } = serverIn(world, uuid);
      deepEqual([vm_state, host, fault?.reason], ['error', null, 'tried-in-vain']);
      match(fault?.message ?? '', /^None of the 3 hosts that were tried could build it: /);
      deepEqual(failedHosts(world), tried.toSorted());
      for (const one of tried) match(fault?.message ?? '', new RegExp(`${one}: it would not`));
      deepEqual(heldBy(world, uuid), {});
    },
  'ACC-003 its image is at fault: no second host is asked, and nothing is held': async (open) => {
    const world = await open('boot', 'spoil', 99);
    world.arm();
    const uuid = await world.create();
    await world.rest();
    equal(linesOf(world, 'boot').length, 1);
    const { vm_state, fault } = serverIn(world, uuid);
    deepEqual([vm_state, fault?.reason], ['error', 'bad-image']);
    match(fault?.message ?? '', /^h\d: it is no image/);
    deepEqual(failedHosts(world), []);
    deepEqual(heldBy(world, uuid), {});
  },
  'ACC-005 the other hosts are full by the time it is refused: it says so, and what was tried':
    async (open) => {
      const world = await open('boot', 'refuse');
      const group_uuid = await world.group('anti-affinity');
      for (const _ of [1, 2]) await world.create({ group_uuid });
      await world.rest();
      world.arm();
      const uuid = await world.create({ group_uuid });
      await world.rest();
      equal(linesOf(world, 'boot').length, 3);
      const { vm_state, fault } = serverIn(world, uuid);
      equal(vm_state, 'error');
      match(fault?.message ?? '', /^No valid host was found\. .* Tried before, in vain: h\d: it/);
      equal(typeof fault?.explanation_id, 'string');
      deepEqual(heldBy(world, uuid), {});
    },
});
