/**
 * Moves a running server to another host without stopping it; a paused one stays paused.
 *
 *   + fence        no other run may begin; what the source holds is noted    - lifted
 *   + claim        decides; server holds destination, run holds source       - as it was, at once
 *   + landing      the destination prepares to receive the guest             - destroyed and closed
 *   ▲ switchover   the source sends the guest           settle: seal the landing
 *     rehome       the server is on the destination
 *     leave        what the source may still have of it is destroyed
 *     release      the run lets go of the source
 *     settled      the fence is lifted
 *
 * While it moves both sides are held (L5): memory is counted twice, never oversold. What both hosts
 * share is charged once (L6).
 *
 * The pivot is `switchover`. Before it the guest runs on the source, and every step can be undone.
 * After it the guest is on the destination, and only the books are left to put right. If the
 * reply is lost in between, the source is asked first whether it is still at it: that may take as
 * long as the deadline leaves it. Then the destination is told to seal its landing: either it has
 * the guest already, or it never will, however late a switchover still on its way arrives. Only a
 * destination that a person has fenced is not waited for: where the guest is, the audits find out.
 *
 * The source keeps the deadline by itself, and is asked for nothing then: it stops, answers no, and
 * the run turns back; or it lets the guest stand still, and the switchover comes to its end.
 *
 * Races. `claim` is one ledger request, so there is no instant at which the server holds nothing. A
 * destination that refuses the landing is left out and another is chosen, unless the user named it.
 * A delete before the switchover turns back; from the switchover on it waits until the guest is on
 * one side, and is known to be. `release` comes after `leave`, so the source's memory is not sold
 * while the guest's remains may fill it.
 */
import { fault } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import type { Deadline } from '../ports/order.ts';
import { done, no } from '../ports/reply.ts';
import type { VmState } from '../servers/rows.ts';
import { claimBack, claimMove, letGo, ownHoldOf } from './holds.ts';
import { immovable } from './movable.ts';
import { decideAndClaim } from './place.ts';
import { change, guestOf, rest, serverOf } from './server.ts';
import type { World } from './world.ts';

/** How many destinations are tried before the server stays where it is. */
export const ROUNDS_MAX = 5;

const MOVABLE: ReadonlySet<VmState> = new Set(['active', 'paused']);

export interface MigrateInput {
  readonly server_uuid: string;
  /** The destination that the user named; null: the scheduler chooses. */
  readonly host: string | null;
  /** Left out: it may take as long as it likes. */
  readonly deadline?: Deadline;
}

interface Switched {
  /** Null: it was settled, not measured. */
  readonly downtime_ms: number | null;
}

export const liveMigrate = saga<MigrateInput, World>('live-migrate')
  .book('fence', {
    do: ({ input, run }, draft) => {
      const { host, run_id, vm_state } = serverOf(draft, input.server_uuid);
      if (run_id !== run.id || !MOVABLE.has(vm_state) || host === null) {
        return no({ fault: fault('the server may not be moved now', 409) });
      }
      const stays = immovable(draft, input.server_uuid);
      if (stays !== null) return no({ fault: fault(stays, 409) });
      return done({ source: host, hold: ownHoldOf(draft, serverOf(draft, input.server_uuid)) });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .book('claim', {
    do: ({ input, run, fence }, draft, world) => {
      const server = serverOf(draft, input.server_uuid);
      const only_hosts = input.host === null ? null : [input.host];
      const ignore_hosts = [fence.source];
      const bounds = { ignore_hosts, tried_hosts: run.tried, only_hosts, live: true };
      const claim = decideAndClaim(draft, world, server, bounds, (place) =>
        claimMove(draft, server, run.id, fence.hold, place),
      );
      if (claim.is === 'no') return claim;
      return done({ host: claim.value.host, guest: guestOf(server, claim.value) });
    },
    undo: ({ input, run, fence }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      const back = claimBack(draft, server, run.id, fence.hold);
      return back.is === 'done' ? back : no(fault(`the source is taken: ${back.why.why}`));
    },
  })
  .ask('landing', {
    do: ({ claim }) => errand(claim.host, 'receive', { guest: claim.guest }),
    made: ({ address }) => ({ address }),
    undo: ({ input, claim, run }) =>
      errand(claim.host, 'destroy', { uuid: input.server_uuid, closes: run.key('landing') }),
    elsewhere: {
      from: 'claim',
      rounds_max: ROUNDS_MAX,
      without: ({ input, claim }) => (input.host === null ? claim.host : null),
    },
  })
  .pivot('switchover', {
    do: ({ input, fence, landing }) =>
      errand(fence.source, 'send', {
        uuid: input.server_uuid,
        address: landing.address,
        ...(input.deadline && { deadline: input.deadline }),
      }),
    made: ({ downtime_ms }): Switched => ({ downtime_ms }),
    settle: ({ input, claim, run }) =>
      errand(claim.host, 'seal', { uuid: input.server_uuid, landing: run.key('landing') }),
    meanwhile: ({ input, fence }) => errand(fence.source, 'progress', { uuid: input.server_uuid }),
    settled: ({ landed }): Switched | null => (landed ? { downtime_ms: null } : null),
    lost_when_fenced: true,
  })
  .book('rehome', {
    do: ({ input, claim }, draft) => {
      change(draft, input.server_uuid, { host: claim.host });
      return null;
    },
  })
  .ask('leave', {
    do: ({ input, fence, run }) =>
      errand(fence.source, 'destroy', { uuid: input.server_uuid, closes: run.key('switchover') }),
  })
  .book('release', {
    do: ({ input, run }, draft) => {
      letGo(draft, serverOf(draft, input.server_uuid), [run.id]);
      return null;
    },
  })
  .book('settled', {
    do: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return null;
    },
  })
  .end();
