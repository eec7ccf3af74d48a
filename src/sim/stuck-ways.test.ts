/**
 * Goal: an operation that got stuck, wherever and however, can be helped on; nothing is lost by it.
 * Method: each saga with a bug in each part of each of its steps; then undone, retried, or its
 * server deleted, once undisturbed and once with a mishap besides, drawn from PAIRS_SEED (the date
 * in `npm test`). `npm run sim -- --pairs` plays every mishap. While it is stuck others are asked.
 * Then once more, with a host that burns down while its server's run is stuck: it is evacuated.
 *
 * Mutants that this killed: an undo that forgets the step that was open; one that leaves out the
 * first step; a delete that looks only where guests were brought to; one that keeps images which
 * nobody finishes, or leaves the run stuck; a second operation that is let in; a pivot that waits
 * for a host which has burnt down.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../core/base/seeded.ts';
import { scenarios } from './scenarios-of-sagas.ts';
import { everyBurnt, everyStuck } from './stuck-ways.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const seed = process.env['PAIRS_SEED'] ?? 'any';

for (const scenario of scenarios) {
  test(`${scenario.name}, stuck in every way and helped on`, async () => {
    const tally = await everyStuck(scenario, { drain }, new Chance(seed).fork(scenario.name));
    deepEqual(tally.outcome.failures, [], `as drawn from ${seed}`);
    ok(tally.outcome.tried >= 9, `only ${tally.outcome.tried} tried`);
    ok(tally.met > 0, 'no mishap struck');
  });
}

/** One for each way in which a server is left on its host. */
const burning = new Set([
  ...['move', 'resize', 'resize on one host', 'confirm', 'revert', 'evacuate'],
  ...['shelve', 'create an image', 'put away', 'stop', 'suspend'],
]);

test('once its host has burnt down the server of a stuck run is undone, and made anew', async () => {
  let anew = 0;
  for (const scenario of scenarios.filter(({ name }) => burning.has(name))) {
    const { outcome, met } = await everyBurnt(scenario, { drain });
    deepEqual(outcome.failures, []);
    anew += met;
  }
  ok(anew > 80, `only ${anew} made anew`);
});
