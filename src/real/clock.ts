/** The machine's own clock. The only file that may call setTimeout, Date.now or performance.now. */
import { performance } from 'node:perf_hooks';
import { millis } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';

export const realClock: Clock = {
  now: () => millis(Math.floor(performance.now())),
  wall: () => Date.now(),
  // One more than asked, since timers may fire a fraction of a millisecond early.
  sleep: (span) => new Promise((wake) => setTimeout(wake, span + 1)),
};
