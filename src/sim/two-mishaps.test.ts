/**
 * Goal: whatever two things befall one run, wherever they do, it ends and every promise holds.
 * Method: of each saga one scenario; each mishap alone, and of every two kinds of mishap that can
 * meet one pair that does. Scenario and pairs are drawn from PAIRS_SEED, which is
 * the date in `npm test`; a failure names it. `npm run sim -- --pairs` plays all that there are.
 *
 * Mutants that this killed: an undo that is not asked again when its answer is lost; a settling
 * that is given up when it is lost twice; a refusal that is believed though an earlier asking was
 * lost.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../core/base/seeded.ts';
import { scenarios } from './scenarios-of-sagas.ts';
import { someTwo } from './two-mishaps.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const seed = process.env['PAIRS_SEED'] ?? 'any';
/** Each two of eleven kinds; what a guest is made of can be refused for good only once. */
const KINDS_MIN = 60;

for (const saga of new Set(scenarios.map((scenario) => scenario.saga))) {
  test(`${saga}: of every two kinds of mishap one pair`, async () => {
    const chance = new Chance(seed).fork(saga);
    const scenario = chance.pick(scenarios.filter((one) => one.saga === saga));
    const { outcome, met, unmet } = await someTwo(scenario, { drain }, chance);
    deepEqual(outcome.failures, [], `as drawn from ${seed}`);
    deepEqual(unmet, [], `${scenario.name}, as drawn from ${seed}`);
    ok(met >= KINDS_MIN, `only ${met} met`);
  });
}
