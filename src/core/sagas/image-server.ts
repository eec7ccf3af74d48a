/**
 * Makes an image of a server's disk as it is: createImage, and createBackup with its rotation. The
 * guest goes on meanwhile.
 *
 *   + begin    notes where the guest is; the image is being saved   - as it was, without an image
 *   + upload   the host brings the bytes                            - it shall not bring them later
 *   + kept     the image is whole, and its owner's; of the backups before it the oldest go
 *
 * There is no pivot: until `kept` nobody could have used the image. Its row is made by the desk in
 * the request that begins the run, so whoever asked can follow it: queued, saving, active.
 *
 * Races. A delete of the server cancels, up to `kept`. An image that is deleted meanwhile is not
 * made again: `kept` refuses, and the run is undone. Bytes that come though their image has gone
 * (the row decides) are taken away by the keeper of images (servers/image-keeper.ts), as are those
 * of backups that were rotated out.
 */
import { byNumber } from '../base/order.ts';
import { present } from '../base/units.ts';
import { fault } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import { done, no } from '../ports/reply.ts';
import { type ImageRow, images } from '../servers/rows.ts';
import { rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

export interface Backup {
  /** A word of its owner's, e.g. `daily`: each has a rotation of its own. */
  readonly type: string;
  /** How many of them are kept, this one included. */
  readonly rotation: number;
}

export interface ImageInput {
  readonly server_uuid: string;
  readonly image_id: string;
  readonly backup: Backup | null;
}

export const imageServer = saga<ImageInput, World>('image-server')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'image_uploading');
      store(draft, input.image_id, { status: 'saving' });
      return done({ host: present(serverOf(draft, input.server_uuid).host, 'a host') });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      const row = draft.rows(images).get(input.image_id);
      if (row !== undefined) draft.remove(images, row);
      return done(undefined);
    },
  })
  .ask('upload', {
    do: ({ input, begin }) =>
      errand(begin.host, 'snapshot', { uuid: input.server_uuid, image_id: input.image_id }),
    made: (saved) => saved,
    undo: ({ input, begin, run }) =>
      errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('upload') }),
  })
  .book('kept', {
    do: ({ input, upload }, draft) => {
      if (!draft.rows(images).has(input.image_id)) {
        return no({ fault: fault('the image was deleted while it was being saved', 409) });
      }
      store(draft, input.image_id, { ...upload, status: 'active' });
      rotate(draft, input);
      rest(draft, input.server_uuid);
      return done(null);
    },
    undo: 'nothing to undo',
  })
  .end();

function store(draft: Draft, id: string, about: Partial<ImageRow>): void {
  const row = draft.rows(images).get(id);
  if (row !== undefined) draft.put(images, { ...row, ...about, updated_at_ms: draft.now_ms });
}

/** Of the server's backups of one type only the newest stay. */
function rotate(draft: Draft, { server_uuid, backup }: ImageInput): void {
  if (backup === null) return;
  const all = [...draft.rows(images).values()].filter(
    ({ properties }) =>
      properties['instance_uuid'] === server_uuid &&
      properties['image_type'] === 'backup' &&
      properties['backup_type'] === backup.type,
  );
  const newest = all.toSorted((a, b) => byNumber(b.created_at_ms, a.created_at_ms));
  for (const old of newest.slice(backup.rotation)) draft.remove(images, old);
}
