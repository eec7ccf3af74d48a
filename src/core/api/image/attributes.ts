/**
 * What an owner may say of an image: checked one name at a time, since an image is made with a flat
 * object and changed by a list of single changes, and both must mean the same.
 */
import { type Decision, done } from '../../ports/reply.ts';
import type { ImageRow } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { isAdmin, type Refused, refuse } from './answers.ts';
import { BASE_NAMES, imageSchema } from './view.ts';

const PROPERTIES_MAX = 128;
const VISIBILITIES = ['public', 'private', 'shared', 'community'];

type Changed = Decision<ImageRow, Refused>;

/** Sets one attribute, or says why not. A name that is none of the base ones is a property. */
export function setAttribute(row: ImageRow, name: string, value: unknown, caller: Caller): Changed {
  const setter = Object.hasOwn(setters, name) ? setters[name] : undefined;
  if (setter !== undefined) return setter(row, value, caller);
  if (name === 'os_hidden' && value === false) return done(row);
  if (BASE_NAMES.has(name)) return refuse(403, `Attribute '${name}' is read-only or reserved.`);
  if (typeof value !== 'string' || value.length > 65535 || name.length > 255) {
    return refuse(400, `Property ${name} must be a text of at most 65535 characters.`);
  }
  if (Object.keys(row.properties).length >= PROPERTIES_MAX && !(name in row.properties)) {
    return refuse(413, `An image has at most ${PROPERTIES_MAX} properties.`);
  }
  return done({ ...row, properties: { ...row.properties, [name]: value } });
}

/** Takes one property away; base attributes stay. */
export function dropAttribute(row: ImageRow, name: string): Changed {
  if (BASE_NAMES.has(name)) return refuse(403, `Attribute '${name}' cannot be removed.`);
  if (!(name in row.properties)) return refuse(409, `There is no property ${name}.`);
  const { [name]: _, ...properties } = row.properties;
  return done({ ...row, properties });
}

type Setter = (row: ImageRow, value: unknown, caller: Caller) => Changed;

const setters: Readonly<Record<string, Setter>> = {
  name: (row, value) => (isText(value) ? done({ ...row, name: value }) : wrong('name')),
  owner: (row, value, caller) => {
    if (!isText(value)) return wrong('owner');
    if (value !== row.owner && !isAdmin(caller))
      return refuse(403, 'The owner is not yours to set.');
    return done({ ...row, owner: value });
  },
  visibility: (row, value, caller) => {
    if (!VISIBILITIES.includes(value as string)) return wrong('visibility');
    if (value === 'public' && !isAdmin(caller)) {
      return refuse(403, 'Only an administrator may make an image public.');
    }
    return done({ ...row, visibility: value as ImageRow['visibility'] });
  },
  protected: (row, value) =>
    typeof value === 'boolean' ? done({ ...row, protected: value }) : wrong('protected'),
  min_disk: (row, value) =>
    isCount(value) ? done({ ...row, min_disk_gib: value }) : wrong('min_disk'),
  min_ram: (row, value) =>
    isCount(value) ? done({ ...row, min_ram_mib: value }) : wrong('min_ram'),
  tags: (row, value) => {
    const ok = Array.isArray(value) && value.length <= 128 && value.every(isText);
    return ok ? done({ ...row, tags: [...new Set(value as string[])] }) : wrong('tags');
  },
  disk_format: (row, value) => setFormat(row, 'disk_format', value),
  container_format: (row, value) => setFormat(row, 'container_format', value),
};

function setFormat(
  row: ImageRow,
  name: 'disk_format' | 'container_format',
  value: unknown,
): Changed {
  const known: readonly unknown[] = imageSchema.properties[name].enum;
  if (!known.includes(value))
    return refuse(400, `${name} must be one of ${known.slice(1).join(', ')}.`);
  if (row.status !== 'queued') return refuse(403, `${name} is fixed once the image has its bytes.`);
  return done({ ...row, [name]: value as string | null });
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 255;
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 31 - 1;
const wrong = (name: string): Changed => refuse(400, `${name} is not as it should be.`);
