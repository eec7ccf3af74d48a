/** Images as Glance's API shows them: flat, with the owner's own properties among the rest. */
import type { ImageRow } from '../../servers/rows.ts';
import { seconds } from '../times.ts';

export const imageView = (row: ImageRow) => ({
  ...row.properties,
  id: row.id,
  name: row.name,
  status: row.status,
  visibility: row.visibility,
  owner: row.owner,
  disk_format: row.disk_format,
  container_format: row.container_format,
  size: row.size_bytes,
  virtual_size: null,
  checksum: row.checksum,
  os_hash_algo: null,
  os_hash_value: null,
  os_hidden: false,
  min_disk: row.min_disk_gib,
  min_ram: row.min_ram_mib,
  protected: row.protected,
  tags: row.tags,
  created_at: seconds(row.created_at_ms),
  updated_at: seconds(row.updated_at_ms),
  self: `/v2/images/${row.id}`,
  file: `/v2/images/${row.id}/file`,
  schema: '/v2/schemas/image',
});

const text = { type: ['null', 'string'], maxLength: 255 };
const count = { type: 'integer', minimum: 0 };
const readOnly = { readOnly: true };

/** Any of them can be kept. What boots is for the hosts to say. */
const DISK_FORMATS = [
  ...['raw', 'qcow2', 'iso', 'vmdk', 'vdi', 'vhd', 'vhdx', 'ploop', 'ami', 'ari', 'aki'],
] as const;
const CONTAINER_FORMATS = [
  ...['bare', 'ovf', 'ova', 'docker', 'compressed', 'ami', 'ari', 'aki'],
] as const;

/** The JSON schema that clients ask for: they keep only the base properties that it lists. */
export const imageSchema = {
  name: 'image',
  additionalProperties: { type: 'string' },
  links: [
    { href: '{self}', rel: 'self' },
    { href: '{file}', rel: 'enclosure' },
    { href: '{schema}', rel: 'describedby' },
  ],
  properties: {
    id: { type: 'string', pattern: '^[0-9a-f-]{36}$' },
    name: text,
    status: { type: 'string', enum: ['queued', 'saving', 'active'], ...readOnly },
    visibility: { type: 'string', enum: ['community', 'public', 'private', 'shared'] },
    owner: text,
    disk_format: { type: ['null', 'string'], enum: [null, ...DISK_FORMATS] },
    container_format: { type: ['null', 'string'], enum: [null, ...CONTAINER_FORMATS] },
    size: { type: ['null', 'integer'], ...readOnly },
    virtual_size: { type: ['null', 'integer'], ...readOnly },
    checksum: { ...text, ...readOnly },
    os_hash_algo: { ...text, ...readOnly },
    os_hash_value: { ...text, ...readOnly },
    os_hidden: { type: 'boolean' },
    min_disk: count,
    min_ram: count,
    protected: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string', maxLength: 255 } },
    created_at: { type: 'string', ...readOnly },
    updated_at: { type: 'string', ...readOnly },
    self: { type: 'string', ...readOnly },
    file: { type: 'string', ...readOnly },
    schema: { type: 'string', ...readOnly },
  },
} as const;

/** Names that are not free for the owner's own properties. */
export const BASE_NAMES: ReadonlySet<string> = new Set(Object.keys(imageSchema.properties));
