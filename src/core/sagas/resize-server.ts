/**
 * Moves a server that is stopped for it, with another flavor (resize) or its own (cold migration):
 * to another host, or, for a resize and where the fleet allows it, beside itself on its own.
 *
 *   + fence      no other run may begin; what the source holds is noted   - lifted
 *   + claim      decides; server holds destination, run holds source      - as it was, at once
 *   + landing    the destination makes room for the guest                 - destroyed and closed
 *   + park       the source shuts the guest down and sets it aside        - brought back as it was
 *   + ship       the source copies what it set aside to the landing       - destroyed and closed
 *   ▲ switch     the guest starts, or stays off, on the destination       settle: conclude it
 *     resized    the row says so; the fence is lifted
 *
 * Then the run has ended, and yet holds the source (table 3.1), until the server is confirmed
 * (confirm-resize.ts), reverted (revert-resize.ts) or deleted: the row of `resizes` says so.
 *
 * Both sides are held all the while, on one host too: old and new flavor together (L5), but for
 * devices that it keeps there. What both hosts share is charged once (L6).
 *
 * The pivot is `switch`. Up to it the destination's guest has never run, so the source's disk is
 * the newest there is, and every step can be undone: the server is what it was, where it was, and
 * the reason is told. A lost reply is settled as with any switch of power. From then on the
 * destination's disk is written to, and only `revert-resize` leads back, as its owner decides. With
 * a destination that is fenced before it could tell, what it wrote is lost, and the run turns back.
 *
 * Races. A destination that refuses the landing is left out and another is chosen, at most
 * ROUNDS_MAX times, unless the user named it; the guest runs on until one has agreed. On one host
 * the landing stands beside the guest, and takes its place once that is set aside; there the undo
 * of `park` clears it too, since the undo of `ship` may have been waived while the host was down.
 * A delete before the switch turns back; after it, both sides are destroyed by the delete.
 */
import { present } from '../base/units.ts';
import { fault } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { type Saga, saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import { done, no } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { type ResizeRow, resizes } from '../servers/resizes.ts';
import { claimBack, claimMove, ownHoldOf } from './holds.ts';
import { decideAndMove } from './place.ts';
import { hostsToLeave, type MoveReason, SHUTDOWN_MS } from './resizing.ts';
import { guestOf, rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

/** How many destinations are tried before the server stays where it is. */
const ROUNDS_MAX = 5;

interface ResizeInput {
  readonly server_uuid: string;
  readonly why: MoveReason;
  /** The destination that the user named; null: the scheduler chooses. */
  readonly host: string | null;
}

const SECOND_MS = 1000;

const moveOf = (draft: Draft, uuid: string): ResizeRow =>
  present(draft.rows(resizes).get(uuid), `no move of ${uuid}`);

/** What this landing brought, and nothing else: on one host the source is there as well. */
const clear = (host: string, uuid: string, landing: string) =>
  errand(host, 'destroy', { uuid, closes: landing, made_by: landing });

export const resizeServer = saga<ResizeInput, World>('resize-server')
  .book('fence', {
    do: ({ input, run }, draft) => {
      const { host, run_id } = serverOf(draft, input.server_uuid);
      if (run_id !== run.id || host === null) {
        return no({ fault: fault('the server may not be moved now', 409) });
      }
      const { was } = moveOf(draft, input.server_uuid);
      return done({
        source: host,
        was,
        hold: ownHoldOf(draft, serverOf(draft, input.server_uuid)),
      });
    },
    undo: ({ input }, draft) => {
      draft.remove(resizes, moveOf(draft, input.server_uuid));
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .book('claim', {
    do: ({ input, run, fence }, draft, world) => {
      const server = serverOf(draft, input.server_uuid);
      const moved = { ...server, flavor: moveOf(draft, server.uuid).flavor_after };
      const left_out = hostsToLeave(draft, world, input.why, fence.source);
      const ignore_hosts = [...left_out, ...run.tried];
      const only_hosts = input.host === null ? null : [input.host];
      const claim = decideAndMove(draft, world, moved, { ignore_hosts, only_hosts }, (place) =>
        claimMove(draft, server, run.id, fence.hold, place),
      );
      if (claim.is === 'no') return claim;
      task(draft, server.uuid, 'resize_migrating');
      return done({ host: claim.value.host, guest: guestOf(moved, claim.value) });
    },
    undo: ({ input, run, fence }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      const back = claimBack(draft, server, run.id, fence.hold);
      return back.is === 'done' ? back : no(fault(`the source is taken: ${back.why.why}`));
    },
  })
  .ask('landing', {
    do: ({ claim }) => errand(claim.host, 'receive', { guest: claim.guest, cold: true }),
    made: ({ address }) => ({ address }),
    undo: ({ input, claim, run }) => clear(claim.host, input.server_uuid, run.key('landing')),
    elsewhere: {
      from: 'claim',
      rounds_max: ROUNDS_MAX,
      without: ({ input, claim }) => (input.host === null ? claim.host : null),
    },
  })
  .ask('park', {
    do: ({ input, fence }) =>
      errand(fence.source, 'park', { uuid: input.server_uuid, grace_ms: SHUTDOWN_MS }),
    made: () => null,
    undo: ({ input, fence, claim, run }) =>
      errand(fence.source, 'unpark', {
        uuid: input.server_uuid,
        parked: run.key('park'),
        ...(claim.host === fence.source && { instead_of: run.key('landing') }),
      }),
  })
  .ask('ship', {
    do: ({ input, fence, landing, run }) =>
      errand(fence.source, 'ship', {
        uuid: input.server_uuid,
        parked: run.key('park'),
        address: landing.address,
      }),
    made: () => null,
    undo: ({ input, claim, run }) => clear(claim.host, input.server_uuid, run.key('landing')),
  })
  .pivot('switch', {
    do: ({ input, fence, claim }) => {
      const to = fence.was === 'active' ? 'running' : 'off';
      return errand(claim.host, 'power', { uuid: input.server_uuid, to, grace_ms: 0 });
    },
    made: () => 'switched',
    settle: ({ input, claim, run }) =>
      errand(claim.host, 'conclude', { uuid: input.server_uuid, step: run.key('switch') }),
    settled: ({ acted }) => (acted ? 'switched' : null),
    lost_when_fenced: true,
  })
  .book('resized', {
    do: ({ input, fence, claim, run }, draft, { confirm_window_s }) => {
      const move = moveOf(draft, input.server_uuid);
      const confirm_at_ms =
        confirm_window_s > 0 ? draft.now_ms + confirm_window_s * SECOND_MS : null;
      const parked = run.key('park');
      draft.put(resizes, { ...move, hold: fence.hold, parked, confirm_at_ms });
      const { vm_state } = serverOf(draft, input.server_uuid);
      const flavor = move.flavor_after;
      const about = { host: claim.host, flavor, vm_state: after(vm_state, 'resized') };
      rest(draft, input.server_uuid, about);
      return null;
    },
  })
  .end();

/** The same steps, to another name that people know it by. */
export const coldMigrate: Saga<World> = { ...resizeServer, name: 'cold-migrate' };
