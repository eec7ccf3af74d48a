/** The desk for images of servers: their rows, and the run that brings the bytes. */
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { tooManyItems } from '../servers/quota.ts';
import { type ImageRow, images, type ServerRow } from '../servers/rows.ts';
import { freeOnHost } from './begin.ts';
import { type ImageInput, imageServer } from './image-server.ts';
import type { ImageWish, OperationRefusal } from './operations.ts';
import { change } from './server.ts';
import type { World } from './world.ts';

interface Begin {
  readonly uuid: string;
  readonly run_id: string;
  readonly image_id: string;
}

export function beginImage(
  draft: Draft,
  world: World,
  { uuid, run_id, image_id }: Begin,
  wish: ImageWish,
): Decision<{ readonly image_id: string; readonly run_id: string }, OperationRefusal> {
  // A lock does not stand in the way: nothing of the server changes.
  const found = freeOnHost(draft, uuid, 'create-image', { bound_by_locks: false });
  if (found.is === 'no') return found;
  const over = tooManyItems(draft, { project_id: wish.project_id, metadata: wish.metadata });
  if (over.length > 0) return no({ why: 'over-quota', over });
  draft.put(images, imageOf(draft, found.value, image_id, wish));
  const task_state = wish.backup === null ? 'image_snapshot_pending' : 'image_backup';
  change(draft, uuid, { task_state, run_id });
  const input: ImageInput = { server_uuid: uuid, image_id, backup: wish.backup };
  world.begin(draft, imageServer.name, { ...input }, { server_uuid: uuid, run_id });
  return done({ image_id, run_id });
}

/** It can hold what its server's flavor can, and takes over what was said of the server's image. */
export function imageOf(draft: Draft, server: ServerRow, id: string, wish: ImageWish): ImageRow {
  const base = server.image_id === null ? undefined : draft.rows(images).get(server.image_id);
  return {
    id,
    name: wish.name,
    status: 'queued',
    visibility: 'private',
    owner: wish.project_id,
    disk_format: null,
    container_format: 'bare',
    size_bytes: null,
    checksum: null,
    min_disk_gib: Math.max(base?.min_disk_gib ?? 0, server.flavor.disk_gib),
    min_ram_mib: base?.min_ram_mib ?? 0,
    protected: false,
    tags: [],
    properties: { ...inherited(base), ...ofSnapshot(server, wish), ...wish.metadata },
    created_at_ms: draft.now_ms,
    updated_at_ms: draft.now_ms,
  };
}

/** What is true of the image and of no image made from it. */
const ITS_OWN =
  /^(cache_in_nova|bittorrent|img_signature.*|image_(type|state|location)|backup_type|boot_roles)$/;

const inherited = (base: ImageRow | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(base?.properties ?? {}).filter(([name]) => !ITS_OWN.test(name)),
  );

const ofSnapshot = (
  { uuid, image_id }: ServerRow,
  { user_id, project_id, backup }: ImageWish,
): Readonly<Record<string, string>> => ({
  instance_uuid: uuid,
  user_id,
  owner_id: project_id,
  image_type: backup === null ? 'snapshot' : 'backup',
  image_location: 'snapshot',
  image_state: 'available',
  base_image_ref: image_id ?? '',
  ...(backup !== null && { backup_type: backup.type }),
});
