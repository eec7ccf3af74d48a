/**
 * Where a simulated machine keeps its guests while the program is not running. Twins:
 * real/guest-shelf.ts (a file) and sim/guest-shelf.ts; both keep guest-shelf.contract.ts.
 *
 *   GS1  `load` gives what was saved last and answered `done`, or something saved later; null when
 *        nothing ever was;
 *   GS2  a save that is cut short leaves the one before it whole.
 */
import type { Reply } from './reply.ts';

export interface GuestShelf {
  load(): Promise<Reply<unknown, string>>;
  /** Any plain JSON value. */
  save(value: unknown): Promise<Reply<void, string>>;
}
