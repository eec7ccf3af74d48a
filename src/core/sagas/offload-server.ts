/**
 * Takes a shelved server off its host, so that it holds nothing any more.
 *
 *   + begin      notes where the guest is                                       - on the shelf as before
 *   ─ from here only on ─
 *     destroy    what is left of the guest on the host
 *     offloaded  in one request: it holds nothing, is on no host, and the row says so
 *
 * The place is let go in the very request that writes `shelved_offloaded`, after the guest is gone:
 * there is no guest without a hold, and no hold without a guest.
 *
 * Races. A delete before `destroy` turns back. A host that is down is waived: what is left there is
 * a guest of a server that is elsewhere, which the audit destroys when the host is back.
 */
import { present } from '../base/units.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import { done } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { letGo } from './holds.ts';
import { rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

export const offloadServer = saga<{ readonly server_uuid: string }, World>('offload-server')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'shelving_offloading');
      return done({ host: present(serverOf(draft, input.server_uuid).host, 'a host') });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .onward()
  .ask('destroy', {
    do: ({ input, begin }) =>
      errand(begin.host, 'destroy', { uuid: input.server_uuid, closes: null }),
  })
  .book('offloaded', {
    do: ({ input }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      letGo(draft, server, [server.uuid]);
      rest(draft, server.uuid, { host: null, vm_state: after(server.vm_state, 'offloaded') });
      return null;
    },
  })
  .end();
