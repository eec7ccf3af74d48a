/** A server's metadata: text to text, all at once or one by one. */
import { Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { tooManyItems } from '../../servers/quota.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault, overQuota } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { changeServer, findServer } from './servers.ts';
import { Metadata } from './shapes.ts';

const All = bodyOf(strict({ metadata: Metadata }));
const One = bodyOf(
  strict({
    meta: Type.Record(
      Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
      Type.String({ maxLength: 255 }),
      { additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ),
  }),
);

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
  return answered(found, ({ metadata }) => json(200, { metadata }));
}

function bounded(view: View, row: ServerRow): Decision<ServerRow, Refused> {
  const over = tooManyItems(view, row);
  return over.length === 0 ? done(row) : refuse(403, overQuota(over));
}

const write =
  (merge: (old: ServerRow['metadata'], said: ServerRow['metadata']) => ServerRow['metadata']) =>
  async (ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> => {
    const body = All(ask.request.body);
    if (body.is === 'no') return fault(400, body.why);
    const said = body.value.metadata;
    const reply = await changeServer(ask, rooms, (row, view) =>
      bounded(view, { ...row, metadata: merge(row.metadata, said) }),
    );
    return answered(reply, ({ metadata }) => json(200, { metadata }));
  };

function held(row: ServerRow, key: string): Decision<string, Refused> {
  const value = Object.hasOwn(row.metadata, key) ? row.metadata[key] : undefined;
  return value === undefined ? refuse(404, 'Metadata item was not found') : done(value);
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { key = '' } = ask.params;
  const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
  const value = found.is === 'no' ? found : held(found.value, key);
  return answered(value, (text) => json(200, { meta: { [key]: text } }));
}

async function set(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = One(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { meta } = body.value;
  if (!Object.hasOwn(meta, ask.params['key'] ?? '')) {
    return fault(400, 'Request body and URI mismatch');
  }
  const reply = await changeServer(ask, rooms, (row, view) =>
    bounded(view, { ...row, metadata: { ...row.metadata, ...meta } }),
  );
  return answered(reply, () => json(200, { meta }));
}

async function drop(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { key = '' } = ask.params;
  const reply = await changeServer(ask, rooms, (row) => {
    const there = held(row, key);
    if (there.is === 'no') return there;
    const { [key]: _, ...metadata } = row.metadata;
    return done({ ...row, metadata });
  });
  return answered(reply, () => ({ status: 204 }));
}

const ALL = '/servers/:id/metadata';
const ONE = '/servers/:id/metadata/:key';
export const serverMetadataRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ALL, who: 'reader', handle: list },
  { method: 'POST', path: ALL, who: 'member', handle: write((old, said) => ({ ...old, ...said })) },
  { method: 'PUT', path: ALL, who: 'member', handle: write((_, said) => said) },
  { method: 'GET', path: ONE, who: 'reader', handle: show },
  { method: 'PUT', path: ONE, who: 'member', handle: set },
  { method: 'DELETE', path: ONE, who: 'member', handle: drop },
];
