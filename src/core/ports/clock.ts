/** Time, as the core may know it. Twins: real/clock.ts and sim/clock.ts. */
import type { Millis } from '../base/units.ts';

export interface Clock {
  /** Since this process started; never goes back. The only time that decisions may rest on. */
  now(): Millis;
  /** The wall clock, in ms since 1970 UTC. For rows that people read; it may jump either way. */
  wall(): number;
  /** Resolves after `span`. The only way to wait. */
  sleep(span: Millis): Promise<void>;
}
