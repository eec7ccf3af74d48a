/** Images as compute's own old routes show them; Glance's routes show the same rows otherwise. */
import type { ImageRow } from '../../servers/rows.ts';
import { seconds } from '../times.ts';
import { type Ask, linksOf } from './route.ts';

/** queued and saving look the same from here: there are no bytes to boot from yet. */
const states = {
  queued: { status: 'SAVING', progress: 25 },
  saving: { status: 'SAVING', progress: 50 },
  active: { status: 'ACTIVE', progress: 100 },
} as const;

export const imageStatus = ({ status }: ImageRow): string => states[status].status;

/** The server that a snapshot was taken of; null for an image that is none. */
export const snapshotOf = ({ properties }: ImageRow): string | null =>
  properties['instance_uuid'] ?? null;

const imageLinks = (ask: Ask, id: string) => [
  ...linksOf(ask, `images/${id}`),
  {
    rel: 'alternate',
    type: 'application/vnd.openstack.image',
    href: `${ask.request.origin}/image/images/${id}`,
  },
];

export const briefImage = (ask: Ask, row: ImageRow) => ({
  id: row.id,
  name: row.name,
  links: imageLinks(ask, row.id),
});

export function fullImage(ask: Ask, row: ImageRow) {
  const server = snapshotOf(row);
  const disk = row.properties['auto_disk_config'];
  return {
    ...briefImage(ask, row),
    ...states[row.status],
    minRam: row.min_ram_mib,
    minDisk: row.min_disk_gib,
    metadata: row.properties,
    created: seconds(row.created_at_ms),
    updated: seconds(row.updated_at_ms),
    'OS-EXT-IMG-SIZE:size': row.size_bytes ?? 0,
    ...(disk === undefined ? {} : { 'OS-DCF:diskConfig': disk === 'True' ? 'AUTO' : 'MANUAL' }),
    ...(server === null ? {} : { server: { id: server, links: serverLinks(ask, server) } }),
  };
}

const serverLinks = (ask: Ask, id: string) => linksOf(ask, `servers/${id}`);
