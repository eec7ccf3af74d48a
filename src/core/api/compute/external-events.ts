/**
 * What other services tell Compute of servers: ports that were plugged, volumes that grew, and what
 * sits on this machine for others of its kind.
 *
 *   POST /os-server-external-events     200, or 207 when one of them was not taken; each says which
 *   POST, DELETE /os-assisted-volume-snapshots     there are no volumes: refused, not found
 *   GET /os-console-auth-tokens/{token}            no console gives any out: not found
 *
 * Nothing here waits for an event, so taking one changes nothing: it is only told whether its
 * server is there (404) and on a host (422).
 */
import { type Static, Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import { servers } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { Uuid } from './shapes.ts';

const base = [
  ...['network-changed', 'network-vif-plugged', 'network-vif-unplugged', 'network-vif-deleted'],
];
const later: readonly (readonly [number, string])[] = [
  [51, 'volume-extended'],
  [76, 'power-update'],
  [82, 'accelerator-request-bound'],
  [93, 'volume-reimaged'],
];

const Status = Type.Union(['failed', 'completed', 'in-progress'].map((word) => Type.Literal(word)));
const Event = strict({
  name: Type.String(),
  server_uuid: Uuid,
  status: Type.Optional(Status),
  tag: Type.Optional(Type.String({ maxLength: 255 })),
});
type Said = Static<typeof Event>;
const Events = bodyOf(strict({ events: Type.Array(Event, { minItems: 1 }) }));

async function take(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = Events(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { events } = body.value;
  const names = [...base, ...later.flatMap(([from, name]) => (ask.version >= from ? name : []))];
  const unknown = events.find(({ name }) => !names.includes(name));
  if (unknown !== undefined)
    return fault(400, `There is no such event: ${unknown.name.slice(0, 80)}`);
  const told = await ledger.read((view) => events.map((event) => judged(view, event)));
  return json(told.every(({ code }) => code === 200) ? 200 : 207, { events: told });
}

function judged(view: View, event: Said) {
  const { name, server_uuid, status = 'completed', tag } = event;
  const about = { name, server_uuid, ...(tag !== undefined && { tag }) };
  const code = codeOf(view, event);
  return { ...about, status: code === 200 ? status : 'failed', code };
}

function codeOf(view: View, { name, server_uuid, tag }: Said): 200 | 400 | 404 | 422 {
  const server = view.rows(servers).get(server_uuid);
  if (server === undefined) return 404;
  if (name === 'power-update' && tag !== 'POWER_ON' && tag !== 'POWER_OFF') return 400;
  return server.host === null ? 422 : 200;
}

const Snapshot = bodyOf(
  strict({
    snapshot: strict({
      volume_id: Type.String({ minLength: 1 }),
      create_info: strict({
        snapshot_id: Type.String({ minLength: 1 }),
        type: Type.Literal('qcow2'),
        new_file: Type.String({ minLength: 1 }),
        id: Type.Optional(Type.String({ minLength: 1 })),
      }),
    }),
  }),
);

function snapshot({ request }: Ask): HttpResponse {
  const body = Snapshot(request.body);
  if (body.is === 'no') return fault(400, body.why);
  return fault(400, `No server has a volume ${body.value.snapshot.volume_id.slice(0, 80)}.`);
}

function forget({ params, query }: Ask): HttpResponse {
  if (!isObject(lastOf(query, 'delete_info'))) return fault(400, 'delete_info must be an object.');
  return fault(404, `Snapshot ${params['id']} could not be found.`);
}

function isObject(text = ''): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const consoleToken = (): HttpResponse => fault(404, 'Token not found');

const who = 'service' as const;
export const externalEventRoutes: readonly ComputeRoute[] = [
  { method: 'POST', path: '/os-server-external-events', who, handle: take },
  { method: 'POST', path: '/os-assisted-volume-snapshots', who, handle: snapshot },
  { method: 'DELETE', path: '/os-assisted-volume-snapshots/:id', who, handle: forget },
  { method: 'GET', path: '/os-console-auth-tokens/:token', who, handle: consoleToken },
];
