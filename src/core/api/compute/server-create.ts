/**
 * POST /servers: asks for one or more servers. The answer is a promise to build them.
 *
 *   body ─► what is named exists and fits together ─► operations.createServers ─► 202
 *
 * What we cannot do yet is refused with its name, never taken and dropped: volumes, networks,
 * files to inject. User data and config drives are kept for guests that can be given them.
 */

import { hosts } from '../../fleet/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { Bounds, CreateAsk } from '../../sagas/operations.ts';
import { LIFETIME_KEY } from '../../servers/lifetime.ts';
import { withSaid } from '../../servers/particulars.ts';
import { limitsOf } from '../../servers/quota-rows.ts';
import {
  type FlavorRow,
  type ImageRow,
  reservationOf,
  type ServerRow,
  serverGroups,
} from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { bootable } from './boot-image.ts';
import { fault, operated } from './faults.ts';
import { findFlavor } from './flavors.ts';
import { publicKey } from './keypairs.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin, linksOf } from './route.ts';
import { misfit, notBase64, saidOf } from './said.ts';
import { type CreateBody, createBody } from './server-body.ts';
import { findServer, runHeaders } from './servers.ts';
import { countOf, truthOf } from './shapes.ts';

/** The most servers that one request may ask for. */
const SERVERS_MAX = 1000;
/** The longest that one may wait for room: a week. */
const WAIT_S_MAX = 7 * 24 * 3600;
type Said = CreateBody['server'];
type Hints = NonNullable<CreateBody['os:scheduler_hints']>;

async function create(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = createBody(ask.version)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { server: said } = body.value;
  const counted = unsupported(said) ?? countsOf(said);
  if (!Array.isArray(counted)) return fault(counted.why.status, counted.why.message);
  const [least, most] = counted;
  const patience = patienceOf(body.value, least);
  if (patience.is === 'no') return fault(patience.why.status, patience.why.message);
  const wanted = await rooms.ledger.read((view) => wish(view, ask, body.value, rooms));
  if (wanted.is === 'no') return fault(wanted.why.status, wanted.why.message);
  const asked = { ...wanted.value, ...patience.value };
  const reply =
    most === 1
      ? await rooms.operations.createServers([asked])
      : await rooms.operations.createTogether(asked, { least, most });
  const password = said.adminPass ?? rooms.entropy.secret(9);
  return operated(reply, '', (rows) => accepted(ask, rows, said, password));
}

function accepted(
  ask: Ask,
  rows: readonly ServerRow[],
  said: Said,
  adminPass: string,
): HttpResponse {
  const [first] = rows;
  if (first === undefined) return fault(500, 'No server was made.');
  const headers = first.run_id === null ? {} : runHeaders(first.run_id);
  if (truthOf(said.return_reservation_id)) {
    return json(202, { reservation_id: reservationOf(first) }, headers);
  }
  const server = {
    id: first.uuid,
    links: linksOf(ask, `servers/${first.uuid}`),
    'OS-DCF:diskConfig': said['OS-DCF:diskConfig'] ?? 'MANUAL',
    security_groups: [{ name: 'default' }],
    adminPass,
  };
  return json(202, { server }, { ...headers, location: `${ask.url}/servers/${first.uuid}` });
}

/** Null when all that is asked for can be done. */
function unsupported(said: Said): ReturnType<typeof refuse> | null {
  const networks = said.networks ?? [];
  if (Array.isArray(networks) && networks.length > 0) {
    return refuse(400, 'There is no network service here: ask for networks "none" or "auto".');
  }
  if ((said.block_device_mapping ?? []).length > 0) {
    return refuse(400, 'There is no volume service here: boot from an image.');
  }
  if (notBase64(said.user_data)) return refuse(400, 'user_data is not in base64.');
  if ((said.trusted_image_certificates ?? []).length > 0) {
    return refuse(400, 'trusted_image_certificates is not supported.');
  }
  return null;
}

/** [min, max]: as many as quota and room allow are made, in one ledger request. */
function countsOf(said: Said): [number, number] | ReturnType<typeof refuse> {
  const least = countOf(said.min_count ?? 1);
  const most = countOf(said.max_count ?? least);
  if (least > most) return refuse(400, 'min_count must be <= max_count');
  if (most > SERVERS_MAX) return refuse(400, `At most ${SERVERS_MAX} servers a request.`);
  return [least, most];
}

/** The hints, under either of the names that they go by. */
const saidHints = (body: CreateBody): Hints => ({
  ...body['OS-SCH-HNT:scheduler_hints'],
  ...body['os:scheduler_hints'],
});

/**
 * How long each of them may wait for room, in seconds. Where several must be there or none, they
 * would have to wait for each other, holding nothing meanwhile.
 */
function patienceOf(body: CreateBody, least: number): Decision<{ wait_s?: number }, Refused> {
  const said = saidHints(body)['plimsoll:wait'];
  if (said === undefined) return done({});
  if (least > 1) return refuse(400, 'plimsoll:wait does not go with a min_count above 1.');
  const wait_s = countOf(said);
  if (wait_s <= WAIT_S_MAX) return done({ wait_s });
  return refuse(400, `plimsoll:wait is at most ${WAIT_S_MAX} seconds.`);
}

/** Looks up all that the body names. */
function wish(
  view: View,
  ask: Ask,
  body: CreateBody,
  rooms: ComputeRooms,
): Decision<CreateAsk, Refused> {
  const { server: said } = body;
  const { caller } = ask;
  if (caller.project_id === null) return refuse(403, 'A server needs a project: scope the token.');
  const flavor = findFlavor(view, String(said.flavorRef), caller);
  if (flavor.is === 'no') return refuse(400, flavor.why.message);
  const image = imageOf(view, ask, said, flavor.value);
  if (image.is === 'no') return image;
  const key_name = said.key_name ?? null;
  const public_key = key_name === null ? null : publicKey(view, caller.user_id, key_name);
  if (key_name !== null && public_key === null) {
    return refuse(400, `Invalid key_name provided: ${key_name}`);
  }
  const files = misfit(said, limitsOf(view, caller.project_id, caller.user_id));
  if (files !== null) return files;
  const where = placeOf(view, ask, said);
  if (where.is === 'no') return where;
  const hints = saidHints(body);
  const group = groupOf(view, ask, hints.group);
  if (group.is === 'no') return group;
  return done({
    name: said.name,
    project_id: caller.project_id,
    user_id: caller.user_id,
    flavor: flavor.value,
    image_id: image.value?.id ?? null,
    image_properties: image.value?.properties ?? {},
    metadata: said.metadata ?? {},
    key_name,
    description: said.description ?? null,
    tags: said.tags ?? [],
    availability_zone: where.value.zone,
    group_uuid: group.value,
    hints: hintsOf(hints),
    bounds: boundsOf(view, ask, where.value.host, hints),
    particulars: withSaid({}, { ...saidOf(said), public_key, ...driveFor(image.value, rooms) }),
  });
}

/** One that its owner need not ask for: the image must have it, or every server has. */
function driveFor(
  image: ImageRow | null,
  { force_config_drive = false }: ComputeRooms,
): { config_drive?: true } {
  const must = force_config_drive || image?.properties['img_config_drive'] === 'mandatory';
  return must ? { config_drive: true } : {};
}

/** Only what we know is passed on, so that nobody can set what the API itself says. */
function hintsOf(hints: Hints): ServerRow['hints'] {
  const { fault_domain, query, build_near_host_ip, cidr, [LIFETIME_KEY]: lifetime } = hints;
  const known = { fault_domain, query, build_near_host_ip, cidr, [LIFETIME_KEY]: lifetime };
  return Object.fromEntries(Object.entries(known).filter(([, said]) => said !== undefined));
}

/** The hosts to take or leave: the one that was named, those with or without certain servers. */
function boundsOf(view: View, { caller }: Ask, host: string | null, hints: Hints): Bounds {
  const hostsOf = (servers: string | readonly string[]) =>
    [servers].flat().flatMap((id) => {
      const found = findServer(view, id, caller);
      return found.is === 'done' ? (found.value.host ?? []) : [];
    });
  const named = host === null ? null : [host];
  const with_servers = hints.same_host === undefined ? null : hostsOf(hints.same_host);
  return {
    only_hosts: with_servers?.filter((name) => host === null || name === host) ?? named,
    ignore_hosts: hostsOf(hints.different_host ?? []),
  };
}

function imageOf(
  view: View,
  ask: Ask,
  said: Said,
  flavor: FlavorRow,
): Decision<ImageRow | null, Refused> {
  const id = bootImage(said);
  if (id.is === 'no') return id;
  return bootable(view, ask.caller, id.value, flavor);
}

/** The image to boot from: `imageRef`, or the local disk made of an image; both must agree. */
function bootImage(said: Said): Decision<string, Refused> {
  const disks = said.block_device_mapping_v2 ?? [];
  for (const { source_type, destination_type = 'local', boot_index } of disks) {
    if (source_type === 'image' && destination_type === 'local' && Number(boot_index) === 0)
      continue;
    return refuse(400, 'There is no volume service here: only an image on a local disk boots.');
  }
  if (disks.length > 1) return refuse(400, 'Boot sequence for the instance is invalid.');
  const ref = said.imageRef === '' ? undefined : said.imageRef;
  const id = ref ?? disks[0]?.uuid ?? disks[0]?.image_id;
  if (id === undefined)
    return refuse(400, 'Invalid imageRef provided: a server boots from an image.');
  if (disks[0]?.uuid !== undefined && disks[0].uuid !== id) {
    return refuse(400, 'imageRef and block_device_mapping_v2 name different images.');
  }
  return done(id);
}

/** The zone, and for operators the host: `zone`, `zone:host`, or the field `host` (2.74). */
function placeOf(
  view: View,
  { caller }: Ask,
  said: Said,
): Decision<{ readonly zone: string | null; readonly host: string | null }, Refused> {
  const [zone = '', forced] = (said.availability_zone ?? '').split(':');
  const host = said.host ?? said.hypervisor_hostname ?? forced ?? null;
  if (host !== null && !isAdmin(caller)) {
    return refuse(403, "Policy doesn't allow you to choose the host.");
  }
  const all = [...view.rows(hosts).values()];
  if (zone !== '' && !all.some((row) => row.availability_zone === zone)) {
    return refuse(400, 'The requested availability zone is not available');
  }
  if (host !== null && !all.some((row) => row.name === host)) {
    return refuse(400, `Compute host ${host} could not be found.`);
  }
  return done({ zone: zone === '' ? null : zone, host });
}

function groupOf(
  view: View,
  { caller }: Ask,
  uuid: string | undefined,
): Decision<string | null, Refused> {
  if (uuid === undefined) return done(null);
  const group = view.rows(serverGroups).get(uuid);
  const ours = group !== undefined && (group.project_id === caller.project_id || isAdmin(caller));
  return ours ? done(uuid) : refuse(400, `Instance group ${uuid} could not be found.`);
}

export const serverCreateRoutes: readonly ComputeRoute[] = [
  { method: 'POST', path: '/servers', who: 'member', handle: create },
];
