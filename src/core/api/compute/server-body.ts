/**
 * The body of POST /servers, by microversion: each adds fields, some take fields away, and what a
 * version does not know is refused.
 *
 *   2.19 description · 2.37 networks is required (auto, none) · 2.52 tags · 2.57 no personality
 *   2.63 certificates · 2.74 host · 2.90 hostname · 2.94 a longer one
 */
import { type Static, Type } from 'typebox';
import type { Decision } from '../../ports/reply.ts';
import { LIFETIME, LIFETIME_KEY } from '../../servers/lifetime.ts';
import { bodyOf, strict } from '../body.ts';
import { addresses, Hostname, hostnameAt, Personality, UserData } from './said.ts';
import { count, Description, HostName, Metadata, Name, Tag, Truth, Uuid } from './shapes.ts';

const Text = Type.String({ maxLength: 65535 });
const OneOrMore = Type.Union([
  Type.String({ maxLength: 255 }),
  Type.Array(Type.String({ maxLength: 255 }), { maxItems: 64 }),
]);

/** Hints that we know; others may be sent, and are not passed on. */
const Hints = Type.Object({
  group: Type.Optional(Uuid),
  same_host: Type.Optional(OneOrMore),
  different_host: Type.Optional(OneOrMore),
  fault_domain: Type.Optional(Type.String({ maxLength: 255 })),
  query: Type.Optional(
    Type.Union([Text, Type.Array(Type.Unknown(), { maxItems: 64 }), Type.Object({})]),
  ),
  build_near_host_ip: Type.Optional(Type.String({ pattern: '^[0-9.]{7,15}$' })),
  'plimsoll:wait': Type.Optional(count(1)),
  [LIFETIME_KEY]: Type.Optional(Type.String({ pattern: LIFETIME.source })),
  cidr: Type.Optional(Type.String({ pattern: '^/?[0-9]{1,2}$' })),
});

const Network = Type.Object({
  uuid: Type.Optional(Type.String()),
  port: Type.Optional(Type.Union([Uuid, Type.Null()])),
  fixed_ip: Type.Optional(Type.String()),
  tag: Type.Optional(Tag),
});
const Networks = Type.Array(Network, { maxItems: 64 });
const Disk = strict({
  boot_index: Type.Optional(Type.Union([Type.Integer(), Type.String(), Type.Null()])),
  connection_info: Type.Optional(Type.String()),
  delete_on_termination: Type.Optional(Truth),
  destination_type: Type.Optional(Type.Union([Type.Literal('local'), Type.Literal('volume')])),
  device_name: Type.Optional(Text),
  device_type: Type.Optional(Text),
  disk_bus: Type.Optional(Text),
  guest_format: Type.Optional(Text),
  image_id: Type.Optional(Uuid),
  no_device: Type.Optional(Type.Unknown()),
  snapshot_id: Type.Optional(Uuid),
  source_type: Type.Optional(Type.String({ pattern: '^(volume|image|snapshot|blank)$' })),
  tag: Type.Optional(Tag),
  uuid: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  virtual_name: Type.Optional(Text),
  volume_id: Type.Optional(Uuid),
  volume_size: Type.Optional(count(1)),
  volume_type: Type.Optional(Type.Union([Type.Null(), Text])),
});
export const Certificates = Type.Union([
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 50, uniqueItems: true }),
  Type.Null(),
]);

const base = {
  name: Name,
  flavorRef: Type.Union([Type.String({ minLength: 1 }), Type.Integer()]),
  imageRef: Type.Optional(Type.Union([Uuid, Type.Literal('')])),
  adminPass: Type.Optional(Type.String({ maxLength: 255 })),
  metadata: Type.Optional(Metadata),
  availability_zone: Type.Optional(Name),
  key_name: Type.Optional(Name),
  min_count: Type.Optional(count(1)),
  max_count: Type.Optional(count(1)),
  return_reservation_id: Type.Optional(Truth),
  config_drive: Type.Optional(Truth),
  user_data: Type.Optional(UserData),
  security_groups: Type.Optional(
    Type.Array(strict({ name: Type.Optional(Name) }), { maxItems: 64 }),
  ),
  ...addresses,
  block_device_mapping: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 64 })),
  block_device_mapping_v2: Type.Optional(Type.Array(Disk, { maxItems: 64 })),
};

/** Every field of any version, all of them optional where they are not in every version. */
const every = {
  ...base,
  networks: Type.Optional(Type.Union([Networks, Type.Literal('auto'), Type.Literal('none')])),
  personality: Type.Optional(Personality),
  description: Type.Optional(Description),
  tags: Type.Optional(Type.Array(Tag, { maxItems: 50, uniqueItems: true })),
  trusted_image_certificates: Type.Optional(Certificates),
  host: Type.Optional(HostName),
  hypervisor_hostname: Type.Optional(HostName),
  hostname: Type.Optional(Hostname),
};

const all = strict({
  server: strict(every),
  'os:scheduler_hints': Type.Optional(Hints),
  'OS-SCH-HNT:scheduler_hints': Type.Optional(Hints),
});
export type CreateBody = Static<typeof all>;
type Reader = (bytes: Uint8Array | null) => Decision<CreateBody, string>;

const readers = new Map<string, Reader>();

/** Reads the body as that microversion has it. */
export function createBody(version: number): Reader {
  const fields = fieldsOf(version);
  const key = Object.keys(fields).join(' ') + String(version >= 37) + String(version >= 94);
  const known = readers.get(key);
  if (known !== undefined) return known;
  const reader = bodyOf(strict({ ...all.properties, server: strict(fields) })) as Reader;
  readers.set(key, reader);
  return reader;
}

function fieldsOf(version: number) {
  const { personality, description, tags } = every;
  const { trusted_image_certificates, host, hypervisor_hostname } = every;
  return {
    ...base,
    networks:
      version >= 37
        ? Type.Union([Networks, Type.Literal('auto'), Type.Literal('none')])
        : Type.Optional(Networks),
    ...(version < 57 ? { personality } : {}),
    ...(version >= 19 ? { description } : {}),
    ...(version >= 52 ? { tags } : {}),
    ...(version >= 63 ? { trusted_image_certificates } : {}),
    ...(version >= 74 ? { host, hypervisor_hostname } : {}),
    ...hostnameAt(version),
  };
}
