/**
 * Goal: creating servers, told row by row (8.1 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { heldBy, linesOf, serverIn, tell } from './tale.fixture.ts';

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
    },
});
