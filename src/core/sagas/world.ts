/**
 * What sagas may touch besides the ledger's draft and the agents: the scheduler, by three verbs.
 *
 * All three decide on the draft alone, so that a decision and its claim are one ledger request.
 */
import type { Draft, View } from '../ledger/draft.ts';
import type { Decision } from '../ports/reply.ts';
import type { Ask, Explanation, Placement } from '../scheduler/ask.ts';
import type { ServerRow } from '../servers/rows.ts';
import type { Bounds } from './operations.ts';

export type { Bounds } from './operations.ts';

export interface Scheduler {
  /** What a server needs, from its flavor, image, group and hints; or why it can be nowhere. */
  askFor(view: View, server: ServerRow, bounds: Bounds): Decision<Ask, string>;
  /** Chooses, and claims nothing. */
  decide(draft: Draft, ask: Ask): Decision<Placement, Explanation>;
  /** Stores why nothing could take it, among the last ones. */
  keep(draft: Draft, explanation: Explanation): void;
}

export interface World {
  readonly scheduler: Scheduler;
}
