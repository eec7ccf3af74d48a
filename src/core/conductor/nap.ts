/** A sleep that can be cut short. A poke that comes before the sleep is not lost. */
import type { Millis } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';

export class Nap {
  #poked = false;
  #wake: (() => void) | null = null;

  async take(clock: Clock, span: Millis): Promise<void> {
    if (!this.#poked) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([clock.sleep(span), woken]);
    }
    this.#wake = null;
    this.#poked = false;
  }

  poke(): void {
    this.#poked = true;
    this.#wake?.();
  }
}
