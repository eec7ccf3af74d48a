/**
 * Takes a server back to where it was moved from, with the flavor that it had.
 *
 *   + fence     no other run may begin                                   - lifted
 *   + aside     the destination shuts the guest down and sets it aside   - brought back as it was
 *   ▲ back      the source brings back what it set aside                 settle: brought back
 *     home      the server is on its source again, with its old flavor
 *     clear     what was set aside on the destination is destroyed
 *     returned  in one request: the server holds its source again, the move's run nothing, and the
 *               move is forgotten
 *
 * What the guest wrote on the destination is lost, as its owner decided.
 *
 * The pivot is `back`. A source that refuses has changed nothing, and the server stays resized.
 * When the reply is lost, the settling is the same deed once more: either it was done already, or
 * it is done now; so this pivot is never undone once it got no answer. The guest runs in one place
 * at a time: it is off and aside on the destination before the source may run it.
 *
 * Races. Both sides are held until the destination is clear. A delete before `back` turns round;
 * from there on it waits. A destination that is given up as down while it is cleared is waived:
 * what is left there its audit destroys. A source that is down is refused when the revert is asked
 * for; if it goes down afterwards, the run waits for it, visibly.
 */
import { assert, present } from '../base/units.ts';
import { fault } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import { done, no } from '../ports/reply.ts';
import { resizes } from '../servers/resizes.ts';
import { claimBack, type Hold } from './holds.ts';
import { type MovedInput, SHUTDOWN_MS, whatItWas } from './resizing.ts';
import { change, rest, serverOf } from './server.ts';
import type { World } from './world.ts';

export const revertResize = saga<MovedInput, World>('revert-resize')
  .book('fence', {
    do: ({ input, run }, draft) => {
      const { host, run_id } = serverOf(draft, input.server_uuid);
      if (run_id !== run.id || host === null) {
        return no({ fault: fault('the server may not be taken back now', 409) });
      }
      return done({ destination: host });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .ask('aside', {
    do: ({ input, fence }) =>
      errand(fence.destination, 'park', { uuid: input.server_uuid, grace_ms: SHUTDOWN_MS }),
    made: () => null,
    undo: ({ input, fence, run }) =>
      errand(fence.destination, 'unpark', { uuid: input.server_uuid, parked: run.key('aside') }),
  })
  .pivot('back', {
    do: ({ input: { server_uuid: uuid, source, parked } }) =>
      errand(source, 'unpark', { uuid, parked }),
    made: () => 'back',
    settle: ({ input: { server_uuid: uuid, source, parked } }) =>
      errand(source, 'unpark', { uuid, parked }),
    settled: () => 'back',
  })
  .book('home', {
    do: ({ input }, draft) => {
      const { flavor_before } = present(draft.rows(resizes).get(input.server_uuid), 'a move');
      change(draft, input.server_uuid, { host: input.source, flavor: flavor_before });
      return null;
    },
  })
  .ask('clear', {
    do: ({ input: { server_uuid: uuid }, fence, run }) =>
      errand(fence.destination, 'destroy', {
        uuid,
        closes: run.key('aside'),
        made_by: run.key('aside'),
      }),
  })
  .book('returned', {
    do: ({ input }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      const move = present(draft.rows(resizes).get(server.uuid), 'a move');
      const back = claimBack(draft, server, move.run_id, move.hold as Hold);
      assert(back.is === 'done', 'what the move held at its source was refused');
      rest(draft, server.uuid, whatItWas(draft, server));
      draft.remove(resizes, move);
      return null;
    },
  })
  .end();
