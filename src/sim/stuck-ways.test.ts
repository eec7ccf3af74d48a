/**
 * Goal: an operation that got stuck, wherever and however, can be helped on; nothing is lost by it.
 * Method: each saga with a bug in each part of each of its steps; then undone, retried, or its
 * server deleted, once undisturbed and once with a mishap besides, drawn from PAIRS_SEED (the date
 * in `npm test`). `npm run sim -- --pairs` plays every mishap. While it is stuck others are asked.
 *
 * Mutants that this killed: an undo that forgets the step that was open; one that leaves out the
 * first step; a delete that looks only where guests were brought to; one that keeps images which
 * nobody finishes, or leaves the run stuck; a second operation that is let in.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../core/base/seeded.ts';
import { scenarios } from './scenarios-of-sagas.ts';
import { everyStuck } from './stuck-ways.ts';

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
