/**
 * Goal: both clocks keep what every Clock promises, also one that drifts.
 * Method: the contract, on each; the simulated ones are driven until the promise is decided.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { millis } from '../core/base/units.ts';
import { clockContract } from '../core/ports/clock.contract.ts';
import { SimClock } from '../sim/clock.ts';
import { Timeline } from '../sim/timeline.ts';
import { realClock } from './clock.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function simulated(clock: SimClock, holds: () => Promise<void>): Promise<void> {
  let running = true;
  const outcome = holds().finally(() => {
    running = false;
  });
  await clock.timeline.run(drain, () => !running);
  await outcome;
}

for (const [promise, holds] of Object.entries(clockContract)) {
  test(`real clock: ${promise}`, () => holds(realClock));
  for (const drift_ppm of [0, 300, -300, 250_000, -250_000]) {
    test(`sim clock, drift ${drift_ppm}: ${promise}`, async () => {
      const clock = new SimClock(new Timeline(), { drift_ppm });
      await simulated(clock, () => holds(clock));
    });
  }
}

test('virtual time jumps: a week of sleep is one event', async () => {
  const clock = new SimClock();
  const week = millis(7 * 24 * 3600 * 1000);
  await simulated(clock, () => clock.sleep(week));
  equal(clock.now(), week);
  equal(clock.timeline.happened, 1);
});

test('a wall clock that is set back leaves now alone', () => {
  const clock = new SimClock();
  const before = { now: clock.now(), wall: clock.wall() };
  clock.jumpWall(-3_600_000);
  equal(clock.now(), before.now);
  ok(clock.wall() < before.wall);
});

test('events planned in any order happen in the order of their times, ties as planned', () => {
  const timeline = new Timeline();
  const seen: string[] = [];
  for (const [delay, name] of [
    [5, 'c'],
    [1, 'a'],
    [5, 'd'],
    [3, 'b'],
    [9, 'f'],
    [5, 'e'],
  ] as const) {
    timeline.after(delay, () => seen.push(name));
  }
  while (timeline.step());
  equal(seen.join(''), 'abcdef');
  equal(timeline.now_ms, 9);
});
