/**
 * The real clock, until it is stopped: then whoever still sleeps never wakes, and no timer keeps
 * the process alive. So a whole system is put away at once, as by a crash.
 */
import type { Millis } from '../../core/base/units.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { realClock } from '../../real/clock.ts';

export class MortalClock implements Clock {
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  now = (): Millis => realClock.now();
  wall = (): number => realClock.wall();

  sleep(span: Millis): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) return;
      // One more than asked, since timers may fire a fraction of a millisecond early.
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, span + 1);
      this.#timers.add(timer);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
