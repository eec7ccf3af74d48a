/**
 * What sagas may touch besides the ledger's draft and the agents: the scheduler, by three verbs,
 * and the beginning of another run.
 *
 * All of it happens on the draft alone, so that a decision and its claim are one ledger request.
 */
import type { Draft, View } from '../ledger/draft.ts';
import type { Decision } from '../ports/reply.ts';
import type { Ask, Explanation, Placement } from '../scheduler/ask.ts';
import type { Choice } from '../scheduler/choice.ts';
import type { ServerRow } from '../servers/rows.ts';
import type { MoveLimits } from './deadlines.ts';
import type { Bounds } from './operations.ts';

export type { Bounds } from './operations.ts';

export interface Scheduler {
  /** What a server needs, from its flavor, image, group and hints; or why it can be nowhere. */
  askFor(view: View, server: ServerRow, bounds: Bounds): Decision<Ask, string>;
  /** Chooses, and claims nothing. */
  decide(draft: Draft, ask: Ask): Decision<Placement, Explanation>;
  /** Whether any host can take it now: as `decide`, without a reason. */
  finds(draft: Draft, ask: Ask): boolean;
  /** Why that place was chosen: asked before it is claimed. */
  choice(draft: Draft, ask: Ask, place: Placement): Choice;
  /** Stores why it was placed where it is, among the last ones. */
  keepChoice(draft: Draft, choice: Choice): void;
  /** Stores why nothing could take it, among the last ones. */
  keep(draft: Draft, explanation: Explanation): void;
}

export interface World {
  readonly scheduler: Scheduler;
  /** Begins another run, in the same request. */
  readonly begin: (
    draft: Draft,
    saga: string,
    input: Readonly<Record<string, unknown>>,
    about: { readonly server_uuid: string | null; readonly run_id: string },
  ) => void;
  /** After how long shelved servers are taken off their hosts; 0: at once, -1: never. */
  readonly shelved_offload_s: number;
  /** Whether a server may be resized beside itself, on its own host. */
  readonly resize_to_same_host: boolean;
  /** After how long a move is confirmed though nobody did; 0: never. */
  readonly confirm_window_s: number;
  /** How long live migrations may take. */
  readonly live_migration: MoveLimits;
  /** For how long a deleted server can be restored; 0: not at all. */
  readonly reclaim_after_s: number;
}
