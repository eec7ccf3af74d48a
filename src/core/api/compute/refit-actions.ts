/**
 * Server actions that give a guest another disk where it is. sagas/refit-server.ts
 *
 *   rebuild {imageRef, name, metadata, …}       202   the server, as it will be, and its password
 *             2.19 description · 2.54 key_name · 2.57 no personality · 2.63 certificates
 *             2.75 all that `show` tells · 2.90 hostname
 *   rescue {adminPass, rescue_image_ref}        200
 *   unrescue                                    202
 *
 * What we cannot do is refused by its name, as when a server is made (server-create.ts).
 */
import { type Static, Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { RefitWish } from '../../sagas/operations.ts';
import { particularsOf, withSaid } from '../../servers/particulars.ts';
import { limitsOf } from '../../servers/quota-rows.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { bootable } from './boot-image.ts';
import { fault, operated } from './faults.ts';
import { publicKey } from './keypairs.ts';
import { askerOf } from './locked.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import {
  addresses,
  Hostname,
  hostnameAt,
  keepingHostname,
  misfit,
  notBase64,
  Personality,
  saidOf,
  UserData,
} from './said.ts';
import { Certificates } from './server-body.ts';
import { serverCore, serverView, shownOf } from './server-view.ts';
import { findServer, groupsOf, runHeaders } from './servers.ts';
import { Description, Metadata, Name, Truth, truthOf, Uuid } from './shapes.ts';

type Act = ComputeRoute['handle'];

const Password = Type.Optional(Type.String({ maxLength: 255 }));

const base = {
  imageRef: Uuid,
  name: Type.Optional(Name),
  adminPass: Password,
  metadata: Type.Optional(Metadata),
  preserve_ephemeral: Type.Optional(Truth),
  ...addresses,
};
const personality = { personality: Type.Optional(Personality) };
const described = { description: Type.Optional(Description) };
const keyed = { ...described, key_name: Type.Optional(Type.Union([Name, Type.Null()])) };
const told = { ...keyed, user_data: Type.Optional(Type.Union([Type.Null(), UserData])) };
const trusted = { ...told, trusted_image_certificates: Type.Optional(Certificates) };

/** From which microversion on which body is read, the newest first. */
const bodies = [
  [94, bodyOf(strict({ rebuild: strict({ ...base, ...trusted, ...hostnameAt(94) }) }))],
  [90, bodyOf(strict({ rebuild: strict({ ...base, ...trusted, ...hostnameAt(90) }) }))],
  [63, bodyOf(strict({ rebuild: strict({ ...base, ...trusted }) }))],
  [57, bodyOf(strict({ rebuild: strict({ ...base, ...told }) }))],
  [54, bodyOf(strict({ rebuild: strict({ ...base, ...keyed, ...personality }) }))],
  [19, bodyOf(strict({ rebuild: strict({ ...base, ...described, ...personality }) }))],
  [1, bodyOf(strict({ rebuild: strict({ ...base, ...personality }) }))],
] as const;

const every = strict({ ...base, ...trusted, ...personality, hostname: Type.Optional(Hostname) });
type Said = Static<typeof every>;

const Rescue = bodyOf(
  strict({
    rescue: Type.Union([
      Type.Null(),
      strict({ adminPass: Password, rescue_image_ref: Type.Optional(Uuid) }),
    ]),
  }),
);
const Unrescue = bodyOf(strict({ unrescue: Type.Unknown() }));

function said({ version, request }: Ask): Decision<Said, string> {
  const read = bodies.find(([from]) => version >= from)?.[1] ?? bodies[6][1];
  const body = read(request.body);
  return body.is === 'no' ? body : done(body.value.rebuild);
}

async function rebuild(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = said(ask);
  if (body.is === 'no') return fault(400, body.why);
  const wish = await rooms.ledger.read((view) => rebuildWish(view, ask, body.value));
  if (wish.is === 'no') return fault(wish.why.status, wish.why.message);
  const { id = '' } = ask.params;
  const reply = await rooms.operations.refit(id, wish.value, askerOf(ask));
  if (reply.is !== 'done') return operated(reply, id, () => fault(500, ''));
  return rebuilding(ask, rooms, reply.value, body.value);
}

async function rebuilding(
  ask: Ask,
  { ledger, digests, entropy }: ComputeRooms,
  row: ServerRow,
  { adminPass = entropy.secret(9) }: Said,
): Promise<HttpResponse> {
  const shown = await ledger.read((view) => shownOf(view, row));
  const view =
    ask.version >= 75 ? serverView(shown, ask, digests) : serverCore(shown, ask, digests);
  const { 'OS-EXT-SRV-ATTR:user_data': _, ...told } = view as Record<string, unknown>;
  const server = {
    ...told,
    ...groupsOf(row, ask),
    ...(ask.version >= 54 ? { key_name: row.key_name } : {}),
    ...(ask.version >= 57 ? { user_data: particularsOf(row).user_data } : {}),
    adminPass,
  };
  const location = `${ask.url}/servers/${row.uuid}`;
  return json(202, { server }, { location, ...runHeaders(row.run_id ?? '') });
}

function rebuildWish(view: View, ask: Ask, body: Said): Decision<RefitWish, Refused> {
  const server = findServer(view, ask.params['id'], ask.caller);
  if (server.is === 'no') return server;
  const image = bootable(view, ask.caller, body.imageRef, server.value.flavor);
  if (image.is === 'no') return image;
  const { name, metadata, description, key_name } = body;
  const { user_id } = server.value;
  const limits = limitsOf(view, server.value.project_id);
  const wanted =
    unsupported(body) ?? misfit(body, limits) ?? unknownKey(view, server.value, key_name ?? null);
  if (wanted !== null) return wanted;
  const about = {
    image_id: image.value.id,
    ...(name !== undefined && { name }),
    ...(metadata !== undefined && { metadata }),
    ...(description !== undefined && { description }),
    ...(key_name !== undefined && { key_name }),
    particulars: withSaid(server.value, {
      ...keepingHostname(server.value, saidOf(body)),
      ...(key_name !== undefined && { public_key: publicKey(view, user_id, key_name) }),
    }),
  };
  return done({ is: 'rebuild', about });
}

type No = ReturnType<typeof refuse>;

/** Null when all that is asked for can be done. */
function unsupported(body: Said): No | null {
  if (truthOf(body.preserve_ephemeral)) {
    return refuse(400, 'The current driver does not support preserving ephemeral partitions.');
  }
  if ((body.trusted_image_certificates ?? []).length > 0) {
    return refuse(400, 'trusted_image_certificates is not supported.');
  }
  return notBase64(body.user_data) ? refuse(400, 'user_data is not in base64.') : null;
}

/** A key is its user's: of whoever made the server. */
function unknownKey(view: View, { user_id }: ServerRow, name: string | null): No | null {
  if (name === null || publicKey(view, user_id, name) !== null) return null;
  return refuse(400, `Invalid key_name provided: ${name}`);
}

async function rescue(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Rescue(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { adminPass, rescue_image_ref = null } = body.value.rescue ?? {};
  const image = await rooms.ledger.read((view) => rescueImage(view, ask, rescue_image_ref));
  if (image.is === 'no') return fault(image.why.status, image.why.message);
  const { id = '' } = ask.params;
  const wish = { is: 'rescue', image_id: rescue_image_ref } as const;
  const reply = await rooms.operations.refit(id, wish, askerOf(ask));
  return operated(reply, id, ({ run_id }) =>
    json(200, { adminPass: adminPass ?? rooms.entropy.secret(9) }, runHeaders(run_id ?? '')),
  );
}

function rescueImage(view: View, ask: Ask, id: string | null): Decision<void, Refused> {
  const server = findServer(view, ask.params['id'], ask.caller);
  if (server.is === 'no') return server;
  const image = id === null ? null : bootable(view, ask.caller, id, server.value.flavor);
  return image?.is === 'no' ? image : done(undefined);
}

const unrescue: Act = async (ask, { operations }) => {
  const body = Unrescue(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { id = '' } = ask.params;
  const reply = await operations.refit(id, { is: 'unrescue' }, askerOf(ask));
  return operated(reply, id, ({ run_id }) => ({
    status: 202,
    headers: runHeaders(run_id ?? ''),
  }));
};

export const refitActions: Readonly<Record<string, Act>> = { rebuild, rescue, unrescue };
