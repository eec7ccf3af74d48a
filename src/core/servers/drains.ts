/**
 * Hosts that are being drained: what was begun for each server on them, and what came of it.
 *
 *   running ──nothing is left──► done        ──cancel──► cancelled (what was begun goes on)
 *      └──── what is left cannot be moved ──► incomplete
 */
import { table } from '../base/table.ts';

/** How a server leaves a host: as it runs, while it is off, by leaving its place; or not at all. */
export type Leaving = 'live' | 'cold' | 'offload' | 'stays';

export interface PlannedMove {
  readonly server_uuid: string;
  readonly name: string;
  readonly how: Leaving;
  /** Where to; null: nowhere now, or it leaves its place altogether. */
  readonly to: string | null;
  /** It holds CPUs of the host to itself, and gets others there. */
  readonly pinned: boolean;
  /** Why it would stay; null: it would go. */
  readonly why: string | null;
}

export interface DrainMove {
  readonly how: Leaving;
  /** The run that moves it; null: none could begin, or the last came to nothing. */
  readonly run_id: string | null;
  /** Why it is there still, for good; null: it is on its way, or gone, or tried once more. */
  readonly why: string | null;
  /** How often it was begun; left out: once. */
  readonly tries?: number;
}

export type DrainState = 'running' | 'done' | 'incomplete' | 'cancelled';

export interface DrainRow {
  readonly host: string;
  readonly state: DrainState;
  /** How many servers are on their way at once. */
  readonly moves_max: number;
  /** Whether it took new servers before: then it does again once this is cancelled. */
  readonly was_enabled: boolean;
  /** By server. */
  readonly moves: Readonly<Record<string, DrainMove>>;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
}

export const drains = table<DrainRow>({
  name: 'drain',
  columns: {
    host: 'text',
    state: 'text',
    moves_max: 'integer',
    was_enabled: 'boolean',
    moves: 'json',
    started_at_ms: 'integer',
    ended_at_ms: 'integer?',
  },
  primary: ['host'],
});
