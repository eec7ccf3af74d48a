/**
 * Puts a server away, where deletes can be taken back for a while: it stops, and goes on holding
 * what it holds. `restore` (power-server.ts) brings it back; once its time is over it is deleted
 * for good (reclaimer.ts); forceDelete does that at once.
 *
 *     joined   the run that was under way has ended, as it would have without this one
 *   + begin    notes where the guest is                     - as it was
 *   ▲ off      the host switches the guest off              settle: conclude the switch
 *     settled  the row says so, and since when
 *
 * Races. Unlike a delete it cancels nobody: what is under way comes to its end, and whoever ends
 * hands the fence over (server.ts). A delete cancels it in turn, up to `off`. On a host that is
 * down it waits, visibly, until that is back, or fenced: then it is undone. A server that has left
 * its host meanwhile (offloaded) stays as it is: there is nothing to stop, and nothing held that
 * could be kept. Nor is one put away that has been resized or rescued meanwhile: it would be
 * restored to something else.
 */
import { fault } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import { done, no } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import type { VmState } from '../servers/rows.ts';
import { softDeleted } from '../servers/soft-deleted.ts';
import { alone, rest, SOFT_DELETE, serverOf, stuckAt, task } from './server.ts';
import { offTheShelf } from './unshelve-server.ts';
import type { World } from './world.ts';

/** How long a guest may take to shut down before it is forced to. */
const GRACE_MS = 60_000;
const switched = 'switched';
/** What is to be confirmed, reverted or ended before the server can be put away. */
export const settledFirst: readonly VmState[] = ['resized', 'rescued'];

export const softDeleteServer = saga<{ readonly server_uuid: string }, World>(SOFT_DELETE)
  .wait('joined', {
    until: ({ input, run }, draft) =>
      alone(draft, input.server_uuid, run.id) && stuckAt(draft, input.server_uuid) === undefined,
  })
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'soft-deleting');
      const { host, vm_state } = serverOf(draft, input.server_uuid);
      const why = settledFirst.includes(vm_state) ? `it is ${vm_state}: settle that first` : null;
      if (host !== null && why === null) return done({ host });
      return no({
        fault: fault(why ?? 'it is on no host any more', 409),
        record: (as_it_was) => rest(as_it_was, input.server_uuid),
      });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .pivot('off', {
    do: ({ input, begin }) =>
      errand(begin.host, 'power', { uuid: input.server_uuid, to: 'off', grace_ms: GRACE_MS }),
    made: () => switched,
    settle: ({ input, begin, run }) =>
      errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('off') }),
    settled: ({ acted }) => (acted ? switched : null),
    lost_when_fenced: true,
  })
  .book('settled', {
    do: ({ input }, draft) => {
      const { server_uuid } = input;
      const { vm_state } = serverOf(draft, server_uuid);
      draft.put(softDeleted, { server_uuid, deleted_at_ms: draft.now_ms });
      offTheShelf(draft, server_uuid);
      rest(draft, server_uuid, { vm_state: after(vm_state, 'put-away') });
      return null;
    },
  })
  .end();

/** It is restored, or gone for good. */
export function takeBack(draft: Draft, uuid: string): void {
  const row = draft.rows(softDeleted).get(uuid);
  if (row !== undefined) draft.remove(softDeleted, row);
}
