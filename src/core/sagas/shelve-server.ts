/**
 * Puts a server on the shelf: it stops, and stays where it is until it is offloaded.
 *
 *   + begin     notes where the guest is                     - as it was
 *   ▲ halt      the host switches the guest off              settle: conclude the switch
 *     shelved   the row says so; what holds its place goes on holding it. Where shelved servers are
 *               offloaded at once, that run begins here and takes the fence over
 *
 * Its disk is kept on its host; an image is made of it only when it leaves the host
 * (offload-server.ts), so nothing that the guest wrote before it stopped is missing from it.
 *
 * Races. As for any switch of power: the key of `halt` is good for one act, and a lost reply is
 * settled. A delete that was asked for meanwhile goes first: then nothing is offloaded.
 */
import { present } from '../base/units.ts';
import { childId } from '../conductor/child-id.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import { done } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { shelvedServers } from '../servers/shelved.ts';
import { offload } from './offload-server.ts';
import { rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

/** How long a guest may take to shut down before it is forced to. */
const GRACE_MS = 60_000;

export interface ShelveInput {
  readonly server_uuid: string;
}

const switched = 'switched';

export const shelveServer = saga<ShelveInput, World>('shelve-server')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'shelving');
      return done({ host: present(serverOf(draft, input.server_uuid).host, 'a host') });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .pivot('halt', {
    do: ({ input, begin }) =>
      errand(begin.host, 'power', { uuid: input.server_uuid, to: 'off', grace_ms: GRACE_MS }),
    made: () => switched,
    settle: ({ input, begin, run }) =>
      errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('halt') }),
    settled: ({ acted }) => (acted ? switched : null),
  })
  .book('shelved', {
    do: ({ input, run }, draft, world) => {
      const uuid = input.server_uuid;
      const { vm_state, task_state } = serverOf(draft, uuid);
      draft.put(shelvedServers, {
        server_uuid: uuid,
        shelved_at_ms: draft.now_ms,
        image_id: null,
      });
      rest(draft, uuid, { vm_state: after(vm_state, 'shelved') });
      if (world.shelved_offload_s === 0 && task_state !== 'deleting') {
        offload(draft, world, uuid, childId(run.id, 1));
      }
      return null;
    },
  })
  .end();
