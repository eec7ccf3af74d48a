/** What a little world (little-world.ts) is to be like, and who watches it. */
import type { Saga } from '../core/conductor/saga.ts';
import type { View } from '../core/ledger/draft.ts';
import type { World } from '../core/sagas/world.ts';
import type { FlavorRow } from '../core/servers/rows.ts';
import type { LittleWorld } from './little-world.ts';
import type { Fortune, Plan } from './planned.ts';
import type { Drain } from './timeline.ts';

export interface LittleWorldAbout {
  readonly drain: Drain;
  readonly plan?: Plan | null;
  /** A second one. */
  readonly also?: Plan;
  /** Left out: the sagas of the product. Mutants are put in here. */
  readonly sagas?: readonly Saga<World>[];
  /** Their names; left out: three. */
  readonly hosts?: readonly string[];
  /** One: a commit for each step, so that each can be struck. Left out: as in the product. */
  readonly steps_per_request_max?: number;
  /** Left out: shelved servers leave their hosts at once. */
  readonly shelved_offload_s?: number;
  /** Left out: deletes are for good. */
  readonly reclaim_after_s?: number;
  /** Left out: resizes go to another host. */
  readonly resize_to_same_host?: boolean;
  /** Left out: nothing is confirmed by itself. */
  readonly confirm_window_s?: number;
  /** How many cards a cell of a host has, with what else there is (devices.ts); left out: none. */
  readonly cards_per_cell?: number;
  /** How many namespaces of persistent memory a host has, by label; left out: none. */
  readonly namespaces?: Readonly<Record<string, number>>;
  /** Called with the books after each commit. */
  readonly watching?: (view: View) => void;
  /** Of servers that do not say another; left out: the smallest. */
  readonly flavor?: FlavorRow;
  /** Called after each commit of a process, with how many there were. */
  readonly committed?: (count: number, world: LittleWorld) => Fortune;
}
