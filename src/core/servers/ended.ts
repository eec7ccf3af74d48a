/**
 * Servers that are no more: kept for a while for those who ask what was used, what has changed
 * since, and what was done to a server that is gone.
 *
 *   delete's last step: row of `server` ─► row of `ended_server`        in one ledger request
 *
 *   E1  a server is in one of the two tables, never in both;
 *   E2  the newest ENDED_KEPT are kept, by when they ended. Usage is exact as far back as the
 *       oldest of them.
 */
import { byNumber, byText } from '../base/order.ts';
import { table } from '../base/table.ts';
import type { Draft } from '../ledger/draft.ts';
import { type ServerRow, servers } from './rows.ts';

export interface EndedServerRow {
  readonly uuid: string;
  readonly project_id: string;
  readonly ended_at_ms: number;
  /** As it was at last, in state `deleted`. */
  readonly server: ServerRow;
}

export const endedServers = table<EndedServerRow>({
  name: 'ended_server',
  columns: { uuid: 'text', project_id: 'text', ended_at_ms: 'integer', server: 'json' },
  primary: ['uuid'],
  indexes: ['project_id'],
});

export const ENDED_KEPT = 20_000;
/** How many too many there may be: each pruning looks at all of them, so there should be few. */
const SURPLUS_MAX = 64;

export function endServer(draft: Draft, row: ServerRow, ended_kept = ENDED_KEPT): void {
  const { uuid, project_id } = row;
  const ended_at_ms = draft.now_ms;
  const last = { vm_state: 'deleted', task_state: null, run_id: null, fault: null } as const;
  const server = { ...row, ...last, updated_at_ms: ended_at_ms };
  draft.remove(servers, row);
  draft.put(endedServers, { uuid, project_id, ended_at_ms, server });
  prune(draft, ended_kept);
}

function prune(draft: Draft, ended_kept: number): void {
  const shelf = draft.rows(endedServers);
  const surplus = shelf.size - ended_kept;
  if (surplus <= SURPLUS_MAX) return;
  const oldest = [...shelf.values()].sort(byAge).slice(0, surplus);
  for (const row of oldest) draft.remove(endedServers, row);
}

const byAge = (a: EndedServerRow, b: EndedServerRow): number =>
  byNumber(a.ended_at_ms, b.ended_at_ms) || byText(a.uuid, b.uuid);
