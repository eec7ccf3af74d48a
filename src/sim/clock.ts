/**
 * Virtual time, as one process sees it: the world's timeline through a clock of its own, which may
 * run a little fast or slow and whose wall clock may be wrong or jump.
 *
 *   now()   ⌊timeline × (1 000 000 + drift) / 1 000 000⌋: never goes back
 *   wall()  start + now() + jumps so far: may go either way
 *
 * Ties wake in the order in which they fell asleep.
 */
import { assert, type Millis, millis } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';
import { Timeline } from './timeline.ts';

/** 2026-01-01T00:00:00Z: where wall clocks stand when a world begins, unless told otherwise. */
export const WALL_START_MS = 1_767_225_600_000;

export interface ClockOptions {
  readonly wall_start_ms?: number;
  /** Parts per million: 200 gains 0.2 ms a second. */
  readonly drift_ppm?: number;
}

export class SimClock implements Clock {
  readonly timeline: Timeline;
  #wall_ms: number;
  readonly #drift_ppm: number;

  constructor(timeline = new Timeline(), options: ClockOptions = {}) {
    this.timeline = timeline;
    this.#wall_ms = options.wall_start_ms ?? WALL_START_MS;
    this.#drift_ppm = options.drift_ppm ?? 0;
    assert(Math.abs(this.#drift_ppm) < 1_000_000, 'a clock that stands still');
  }

  now(): Millis {
    return millis(this.timeline.now_ms + this.#ahead(this.timeline.now_ms));
  }

  wall(): number {
    return this.#wall_ms + this.now();
  }

  /** A span of this clock: one that runs slow sleeps longer. Rounded up, so never too short. */
  sleep(span: Millis): Promise<void> {
    const rate = 1_000_000 + this.#drift_ppm;
    const exact = Math.ceil((Math.max(0, span) * 1_000_000) / rate);
    return this.timeline.sleep(this.#drift_ppm === 0 ? exact : exact + 1);
  }

  /** The wall clock is set, as operators and time servers do; `now` does not notice. */
  jumpWall(by_ms: number): void {
    this.#wall_ms += by_ms;
  }

  /** The world's next event happens; false when nothing is planned. */
  step(): boolean {
    return this.timeline.step();
  }

  #ahead(at_ms: number): number {
    return Math.floor((at_ms * this.#drift_ppm) / 1_000_000);
  }
}
