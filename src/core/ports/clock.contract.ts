/** What every Clock promises. Both twins are held to it; a clock that passes may be plugged in. */
import { assert, millis } from '../base/units.ts';
import type { Clock } from './clock.ts';

export const clockContract: Readonly<Record<string, (clock: Clock) => Promise<void>>> = {
  'never goes back': async (clock) => {
    const before = clock.now();
    await clock.sleep(millis(1));
    assert(clock.now() >= before, 'went back');
  },
  'sleeps at least as long as asked': async (clock) => {
    const start = clock.now();
    await clock.sleep(millis(5));
    assert(clock.now() - start >= 5, `woke after ${clock.now() - start} ms of 5`);
  },
  'wakes sleepers in the order of their waking times': async (clock) => {
    const woke: string[] = [];
    await Promise.all([
      clock.sleep(millis(20)).then(() => woke.push('late')),
      clock.sleep(millis(2)).then(() => woke.push('early')),
    ]);
    assert(woke.join() === 'early,late', woke.join());
  },
  'wakes those of one instant in the order in which they fell asleep': async (clock) => {
    const woke: number[] = [];
    const sleepers = [1, 2, 3, 4].map((n) => clock.sleep(millis(3)).then(() => woke.push(n)));
    await Promise.all(sleepers);
    assert(woke.join() === '1,2,3,4', woke.join());
  },
  'a sleep of nothing still lets others go first': async (clock) => {
    const said: string[] = [];
    const slept = clock.sleep(millis(0)).then(() => said.push('slept'));
    said.push('went on');
    await slept;
    assert(said.join() === 'went on,slept', said.join());
  },
  'tells a wall-clock time in whole ms of this century': async (clock) => {
    const wall = clock.wall();
    assert(Number.isInteger(wall), `${wall} is not whole`);
    assert(wall > 946_684_800_000 && wall < 4_102_444_800_000, `${wall} is not in this century`);
  },
};
