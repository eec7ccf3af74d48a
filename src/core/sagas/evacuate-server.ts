/**
 * Makes a server anew on another host, because its own is dead and somebody has made sure of it.
 *
 *     joined     what was being done to it on the dead host has ended: it was cancelled, or done
 *   + fence      the host is fenced; what the server holds there is noted    - as it was
 *   + claim      decides; the server holds both, the dead host in quarantine - as it was, at once
 *   + boot       the new host makes it from its image                        - destroyed and closed
 *   + there      the row says so; if it is to be stopped, that run takes the fence over
 *
 * Proof of fencing is asked for by every step that relies on it: a host that is heard of again may
 * run the guest, and then nothing is booted beside it. What is booted is told to the books first.
 *
 * The dead host's share stays the server's (table 3.1) until the host is back, has destroyed what
 * it has left of the guest, and says so (agent/quarantine.ts), or until it is removed.
 *
 * Races. The host comes back between `claim` and `there`: the audit leaves what a run owns alone,
 * and from `there` on it takes the old guest for the stray that it is. Before `there` the run can
 * go all the way back, and the old guest is the server's again. Two at once are one: the second is
 * refused while the first is under way. A delete turns it back, whatever it has booted first.
 */

import { keyOf } from '../base/table.ts';
import { fault } from '../conductor/act.ts';
import { childId } from '../conductor/child-id.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import { hosts } from '../fleet/rows.ts';
import { isFenced } from '../fleet/status.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { done, no } from '../ports/reply.ts';
import { evacuations } from '../servers/evacuations.ts';
import { after } from '../servers/lifecycle.ts';
import type { ServerRow, VmState } from '../servers/rows.ts';
import { claimBack, claimEvacuation, ownHoldOf } from './holds.ts';
import { decideAndClaim } from './place.ts';
import { powers } from './power-server.ts';
import { change, EVACUATE, guestOf, rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

/** How many hosts are tried before it stays where it was. */
export const ROUNDS_MAX = 5;

export const evacuable: readonly VmState[] = ['active', 'stopped', 'error'];

export interface EvacuateInput {
  readonly server_uuid: string;
  /** The dead host. */
  readonly source: string;
  /** The one that an operator named; null: the scheduler chooses. */
  readonly host: string | null;
  /** Whether it is left stopped where it comes to. */
  readonly stopped: boolean;
}

export const evacuateServer = saga<EvacuateInput, World>(EVACUATE)
  .wait('joined', {
    until: ({ input, run }, draft) => serverOf(draft, input.server_uuid).run_id === run.id,
  })
  .book('fence', {
    do: ({ input }, draft) => {
      const why = settledMeanwhile(serverOf(draft, input.server_uuid), input.source);
      if (why !== null) {
        const record = (as_it_was: Draft) => rest(as_it_was, input.server_uuid);
        return no({ fault: fault(why, 409), record });
      }
      task(draft, input.server_uuid, 'rebuilding');
      return done({
        source: input.source,
        hold: ownHoldOf(draft, serverOf(draft, input.server_uuid)),
      });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .book('claim', {
    do: ({ input, run, fence }, draft, world) => {
      const server = serverOf(draft, input.server_uuid);
      if (!fenced(draft, fence.source)) {
        return no({ fault: fault(`${fence.source} was heard of: it is not fenced`, 409) });
      }
      const ignore_hosts = [fence.source];
      const only_hosts = input.host === null ? null : [input.host];
      const evacuation = {
        server_uuid: server.uuid,
        host: fence.source,
        run_id: run.id,
        evacuated_at_ms: draft.now_ms,
      };
      const claim = decideAndClaim(
        draft,
        world,
        server,
        { ignore_hosts, tried_hosts: run.tried, only_hosts },
        (place) => claimEvacuation(draft, server, evacuation, place),
      );
      if (claim.is === 'no') return claim;
      return done({ host: claim.value.host, guest: guestOf(server, claim.value) });
    },
    undo: ({ input, run, fence }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      const row = draft.rows(evacuations).get(keyOf(server.uuid, fence.source));
      if (row !== undefined) draft.remove(evacuations, row);
      const back = claimBack(draft, server, run.id, fence.hold);
      return back.is === 'done' ? back : no(fault(`the source is taken: ${back.why.why}`));
    },
  })
  .ask('boot', {
    do: ({ claim }) => errand(claim.host, 'boot', { guest: claim.guest }),
    made: ({ power }) => ({ power }),
    undo: ({ claim, run }) =>
      errand(claim.host, 'destroy', { uuid: claim.guest.uuid, closes: run.key('boot') }),
    elsewhere: {
      from: 'claim',
      rounds_max: ROUNDS_MAX,
      without: ({ input, claim }) => (input.host === null ? claim.host : null),
    },
  })
  .book('there', {
    do: ({ input, run, claim }, draft, world) => {
      const uuid = input.server_uuid;
      const { vm_state, task_state } = serverOf(draft, uuid);
      rest(draft, uuid, { host: claim.host, vm_state: after(vm_state, 'started'), fault: null });
      if (input.stopped && task_state !== 'deleting') {
        const { saga: stop, task: stopping } = powers.stop;
        const run_id = childId(run.id, 1);
        change(draft, uuid, { task_state: stopping, run_id });
        world.begin(draft, stop.name, { server_uuid: uuid }, { server_uuid: uuid, run_id });
      }
      return done(null);
    },
    undo: 'nothing to undo',
  })
  .end();

/** What was being done to it may have been done after all: the host was there for a moment. */
function settledMeanwhile({ host, vm_state }: ServerRow, source: string): string | null {
  if (host !== source) return 'the server is not on that host any more';
  return evacuable.includes(vm_state) ? null : `the server is ${vm_state} by now`;
}

export function fenced(view: View, host: string): boolean {
  const row = view.rows(hosts).get(host);
  return row !== undefined && isFenced(row);
}
