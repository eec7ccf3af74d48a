/**
 * Goal: a gate lets so many in and no more, in order; a nap is cut short by a poke, even by one
 * that comes before it.
 * Method: by hand, with promises run dry between two looks.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { millis } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';
import { Gate } from './gate.ts';
import { Nap } from './nap.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
/** A clock by which nobody ever wakes. */
const endless: Clock = {
  now: () => millis(0),
  wall: () => 0,
  sleep: () => new Promise(() => {}),
};

test('two at a time, the others in the order in which they came', async () => {
  const gate = new Gate(2);
  const inside: number[] = [];
  for (const who of [1, 2, 3, 4]) void gate.enter().then(() => inside.push(who));
  await drain();
  deepEqual(inside, [1, 2]);
  gate.leave();
  await drain();
  deepEqual(inside, [1, 2, 3]);
  gate.leave();
  gate.leave();
  gate.leave();
  await gate.enter();
  await gate.enter();
  const fifth = { inside: false };
  void gate.enter().then(() => {
    fifth.inside = true;
  });
  await drain();
  equal(fifth.inside, false);
});

test('a nap ends by a poke, whether it comes late or early, and only by that one', async () => {
  const nap = new Nap();
  const naps = { over: 0 };
  const take = () => void nap.take(endless, millis(1)).then(() => naps.over++);
  take();
  await drain();
  equal(naps.over, 0);
  nap.poke();
  await drain();
  equal(naps.over, 1);
  nap.poke();
  take();
  await drain();
  equal(naps.over, 2);
  take();
  await drain();
  equal(naps.over, 2);
});
