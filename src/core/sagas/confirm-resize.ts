/**
 * Confirms that a server stays where it was moved to, with the flavor that it got.
 *
 *   clear      what was set aside on the source is destroyed
 *   confirmed  in one request: the source is let go, the move is forgotten, the row says what the
 *              server is
 *
 * There is no way back from the start: a confirmation that was answered is carried out.
 *
 * Races. The source is let go after it was cleared, so its room is not sold while the remains fill
 * it. A source that is given up as down is not waited for (ACC-034): when it comes back its audit
 * finds something set aside for a move that is over, and destroys it. A delete that comes meanwhile
 * waits, and finds a server on one host. Whoever else confirms finds the fence taken.
 */
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import { resizes } from '../servers/resizes.ts';
import { letGo } from './holds.ts';
import { type MovedInput, whatItWas } from './resizing.ts';
import { rest, serverOf } from './server.ts';
import type { World } from './world.ts';

export const confirmResize = saga<MovedInput, World>('confirm-resize')
  .onward()
  .ask('clear', {
    do: ({ input: { server_uuid: uuid, source, parked } }) =>
      errand(source, 'destroy', { uuid, closes: parked, made_by: parked }),
  })
  .book('confirmed', {
    do: ({ input }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      letGo(draft, server, [input.migration]);
      rest(draft, server.uuid, whatItWas(draft, server));
      for (const move of draft.rows(resizes).by('run_id', input.migration)) {
        draft.remove(resizes, move);
      }
      return null;
    },
  })
  .end();
