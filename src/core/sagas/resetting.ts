/**
 * What operators decide of operations that are stuck, in one ledger request each.
 *
 *   retry    goes on with what it was doing
 *   undo     undoes all that is recorded
 *   either   undoes it, or goes on where there is no way back
 *
 * While one is stuck no other begins at its server, except what deletes it; and while that is under
 * way nobody resets anything: it clears up what every operation has left (delete-server.ts).
 */

import type { ResetHow } from '../conductor/reset.ts';
import { ended, isStuck, type RunRow, runs } from '../conductor/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { servers } from '../servers/rows.ts';
import type { ResetRefusal } from './operations.ts';
import { deleteRunOf } from './server.ts';

type Reset = (draft: Draft, run: RunRow, how: ResetHow) => Decision<void, string>;

export function beginReset(
  draft: Draft,
  reset: Reset,
  run_id: string,
  how: ResetHow,
): Decision<{ readonly run_id: string }, ResetRefusal> {
  const run = draft.rows(runs).get(run_id);
  if (run === undefined) return no({ why: 'unknown-operation' });
  if (!isStuck(run)) return no({ why: 'not-stuck', state: run.state });
  const other = otherAt(draft, run);
  if (other !== null) return no({ why: 'in-the-way', message: `${other} has its server now.` });
  const decided = reset(draft, run, how);
  return decided.is === 'done' ? done({ run_id }) : no({ why: 'no-way', message: decided.why });
}

/** Whoever has the fence, or will clear it all away. */
function otherAt(draft: Draft, { id, server_uuid }: RunRow): string | null {
  if (server_uuid === null) return null;
  const deletes = deleteRunOf(draft, server_uuid);
  const holder = draft.rows(servers).get(server_uuid)?.run_id ?? null;
  const first = draft.rows(runs).get(deletes ?? holder ?? '');
  return first !== undefined && first.id !== id && !ended(first)
    ? `Operation ${first.id} (${first.saga})`
    : null;
}
