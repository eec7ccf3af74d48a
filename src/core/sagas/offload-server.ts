/**
 * Takes a shelved server off its host, so that it holds nothing any more.
 *
 *   + begin      notes where the guest is                           - on the shelf as before
 *   + image      the row of an image of its disk: it is being saved - there is no image
 *   + upload     the host brings the bytes                          - and is closed to that
 *   + kept       the image is whole, and the server's               - it is nobody's again
 *   ─ from here only on ─
 *     destroy    what is left of the guest on the host
 *     offloaded  in one request: it holds nothing, is on no host, and the row says so
 *
 * A server without a disk has nothing to be kept: `offload-blank` is the same without the image.
 *
 * The place is let go in the very request that writes `shelved_offloaded`, after the guest is gone:
 * there is no guest without a hold, and no hold without a guest. And no guest is destroyed before
 * its disk is safe: what the guest wrote before it stopped is in the image, since it has been off
 * since it was shelved.
 *
 * Races. A delete before `destroy` turns back, and the image goes. An image that its owner deletes
 * meanwhile is missed by `kept`, and nothing is destroyed. A host that is down is waived at
 * `destroy`: what is left there is a stray, which the audit destroys when the host is back.
 */
import { present } from '../base/units.ts';
import { fault } from '../conductor/act.ts';
import { childId } from '../conductor/child-id.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import { done, no } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { images, type ServerRow } from '../servers/rows.ts';
import { shelvedServers } from '../servers/shelved.ts';
import { imageOf } from './desk-image.ts';
import { letGo } from './holds.ts';
import { change, rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

interface OffloadInput {
  readonly server_uuid: string;
}

/** Which of its children's ids the run gives to its image. */
const IMAGE = 2;

const begin = {
  do: ({ input }: { input: OffloadInput }, draft: Draft) => {
    task(draft, input.server_uuid, 'shelving_offloading');
    return done({ host: present(serverOf(draft, input.server_uuid).host, 'a host') });
  },
  undo: ({ input }: { input: OffloadInput }, draft: Draft) => {
    rest(draft, input.server_uuid);
    return done(undefined);
  },
};

const destroyOf = ({ input, begin: { host } }: { input: OffloadInput; begin: { host: string } }) =>
  errand(host, 'destroy', { uuid: input.server_uuid, closes: null });

function offloaded({ input }: { input: OffloadInput }, draft: Draft): null {
  const server = serverOf(draft, input.server_uuid);
  letGo(draft, server, [server.uuid]);
  rest(draft, server.uuid, { host: null, vm_state: after(server.vm_state, 'offloaded') });
  return null;
}

const offloadServer = saga<OffloadInput, World>('offload-server')
  .book('begin', begin)
  .book('image', {
    do: ({ input, run }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      const { user_id, project_id, name } = server;
      const wish = { name: `${name}-shelved`, user_id, project_id, metadata: {}, backup: null };
      const id = childId(run.id, IMAGE);
      draft.put(images, { ...imageOf(draft, server, id, wish), status: 'saving' });
      return done({ id });
    },
    undo: ({ run }, draft) => {
      const row = draft.rows(images).get(childId(run.id, IMAGE));
      if (row !== undefined) draft.remove(images, row);
      return done(undefined);
    },
  })
  .ask('upload', {
    do: ({ input, begin: { host }, image }) =>
      errand(host, 'snapshot', { uuid: input.server_uuid, image_id: image.id }),
    made: (saved) => saved,
    undo: ({ input, begin: { host }, run }) =>
      errand(host, 'conclude', { uuid: input.server_uuid, step: run.key('upload') }),
  })
  .book('kept', {
    do: ({ input, image, upload }, draft) => {
      const row = draft.rows(images).get(image.id);
      if (row === undefined) {
        return no({ fault: fault('the image was deleted while it was being saved', 409) });
      }
      draft.put(images, { ...row, ...upload, status: 'active', updated_at_ms: draft.now_ms });
      noteImage(draft, input.server_uuid, image.id);
      return done(null);
    },
    undo: ({ input }, draft) => {
      noteImage(draft, input.server_uuid, null);
      return done(undefined);
    },
  })
  .onward()
  .ask('destroy', { do: destroyOf })
  .book('offloaded', { do: offloaded })
  .end();

const offloadBlank = saga<OffloadInput, World>('offload-blank')
  .book('begin', begin)
  .onward()
  .ask('destroy', { do: destroyOf })
  .book('offloaded', { do: offloaded })
  .end();

export const offloadSagas = [offloadServer, offloadBlank] as const;

/** Begins to take a shelved server off its host, in the request of whoever wants it. */
export function offload(draft: Draft, world: World, uuid: string, run_id: string): void {
  const which = isBlank(serverOf(draft, uuid)) ? offloadBlank : offloadServer;
  change(draft, uuid, { task_state: 'shelving_offloading', run_id });
  world.begin(draft, which.name, { server_uuid: uuid }, { server_uuid: uuid, run_id });
}

const isBlank = ({ image_id, flavor }: ServerRow): boolean =>
  image_id === null && flavor.disk_gib + flavor.ephemeral_gib === 0;

function noteImage(draft: Draft, server_uuid: string, image_id: string | null): void {
  const row = present(draft.rows(shelvedServers).get(server_uuid), `${server_uuid} is not shelved`);
  draft.put(shelvedServers, { ...row, image_id });
}
