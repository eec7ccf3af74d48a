/**
 * The desk for deletes that can be taken back: which of them are, and which are meant for good.
 *
 *   reclaim_after_s = 0                          every delete is for good
 *   never launched, or on no host                for good: there is nothing to be kept
 *   forced, or put away for long enough          for good
 *   resized or rescued                           refused: it would be restored to something else
 *   anything else                                put away (soft-delete-server.ts)
 */
import { isUnderWay, runs } from '../conductor/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import { softDeleted } from '../servers/soft-deleted.ts';
import { stuckFirst, wrongState } from './begin.ts';
import type { DeleteHow, OperationRefusal } from './operations.ts';
import { change, deleteRunOf, SOFT_DELETE } from './server.ts';
import { settledFirst } from './soft-delete-server.ts';
import type { World } from './world.ts';

type Begun = Decision<{ readonly run_id: string }, OperationRefusal>;

/** Null: it is to be deleted for good. */
export function putAway(
  draft: Draft,
  world: World,
  uuid: string,
  run_id: string,
  { force = false, put_away_before_ms }: DeleteHow,
): Begun | null {
  const server = draft.rows(servers).get(uuid);
  if (server === undefined) return no({ why: 'unknown-server' });
  if (put_away_before_ms !== undefined) return stillAway(draft, server, put_away_before_ms);
  const kept = server.launched_at_ms !== null && server.host !== null;
  if (world.reclaim_after_s === 0 || force || !kept || deleteRunOf(draft, uuid) !== null) {
    return null;
  }
  if (settledFirst.includes(server.vm_state)) {
    return no(wrongState(server, 'delete', server.vm_state));
  }
  const stuck = stuckFirst(draft, uuid, 'delete');
  return stuck === null ? begin(draft, world, server, run_id) : no(stuck);
}

/** It may have been restored since somebody looked. */
function stillAway(draft: Draft, server: ServerRow, before_ms: number): Begun | null {
  const row = draft.rows(softDeleted).get(server.uuid);
  const due = row !== undefined && row.deleted_at_ms <= before_ms && server.run_id === null;
  return due ? null : no(wrongState(server, 'reclaim', server.task_state ?? server.vm_state));
}

function begin(draft: Draft, world: World, { uuid }: ServerRow, run_id: string): Begun {
  const open = draft.rows(runs).by('server_uuid', uuid).filter(isUnderWay);
  const first = open.find(({ saga }) => saga === SOFT_DELETE);
  if (first !== undefined) return done({ run_id: first.id });
  // Who is at work keeps the fence until it has ended, and hands it over then.
  if (open.length === 0) change(draft, uuid, { task_state: 'soft-deleting', run_id });
  world.begin(draft, SOFT_DELETE, { server_uuid: uuid }, { server_uuid: uuid, run_id });
  return done({ run_id });
}
