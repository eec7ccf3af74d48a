/**
 * Moves of servers that are stopped for it: resizes and cold migrations, from the request that asks
 * for one until it is confirmed or taken back. As long as its row is there
 *
 *   the run that made the move holds the source (table 3.1), though it has ended long ago;
 *   the larger of both flavors counts against the quota, so that taking back is never refused;
 *   the source keeps what it would need for that.
 */
import { table } from '../base/table.ts';
import type { View } from '../ledger/draft.ts';
import type { StepKey } from '../ports/order.ts';
import type { FlavorRow } from './rows.ts';

export interface ResizeRow {
  readonly server_uuid: string;
  /** The run that moves it. As a consumer it holds the source. */
  readonly run_id: string;
  readonly source: string;
  /** What the server was on its source, and is again once this is over. */
  readonly was: 'active' | 'stopped';
  readonly flavor_before: FlavorRow;
  readonly flavor_after: FlavorRow;
  /** All that it held on the source, as it would be claimed again; null: it has not moved yet. */
  readonly hold: unknown;
  /** The step that set the guest aside on its source; null: it has not moved yet. */
  readonly parked: StepKey | null;
  /** When it is confirmed though nobody did; null: never. */
  readonly confirm_at_ms: number | null;
}

export const resizes = table<ResizeRow>({
  name: 'resize',
  columns: {
    server_uuid: 'text',
    run_id: 'text',
    source: 'text',
    was: 'text',
    flavor_before: 'json',
    flavor_after: 'json',
    hold: 'json?',
    parked: 'text?',
    confirm_at_ms: 'integer?',
  },
  primary: ['server_uuid'],
  indexes: ['run_id', 'source'],
});

/** Whether the run, ended or not, holds the source of a move that can still be taken back. */
export const holdsSource = (view: View, run_id: string): boolean =>
  view.rows(resizes).by('run_id', run_id).length > 0;
