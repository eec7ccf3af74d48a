/** An image's properties by way of compute (to 2.38): text to text, all at once or one by one. */
import { Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { type Overrun, tooManyItems } from '../../servers/quota.ts';
import type { ImageRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type Caller, type HttpResponse, json } from '../http.ts';
import { dropAttribute, setAttribute } from '../image/attributes.ts';
import { findImage, ownImage, store } from '../image/images.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault, overQuota } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { Metadata } from './shapes.ts';

/** The last microversion with these routes. */
const LAST = 38;

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

type Properties = ImageRow['properties'];

const found = (view: View, ask: Ask) => findImage(view, ask.params['id'], ask.caller);

/** Changes the image as its owner; `change` may still refuse. */
const changed = (
  ask: Ask,
  { ledger }: ComputeRooms,
  change: (row: ImageRow) => Decision<ImageRow, Refused>,
) =>
  ledger.submit((draft): Decision<ImageRow, Refused> => {
    const own = ownImage(draft, ask.params['id'], ask.caller);
    const next = own.is === 'no' ? own : change(own.value);
    // What is too much for Glance is over a quota here.
    if (next.is === 'no') return next.why.status === 413 ? refuse(403, next.why.message) : next;
    const over = tooManyOf(draft, ask.caller, own, next.value);
    return over.length > 0 ? refuse(403, overQuota(over)) : done(store(draft, next.value));
  });

/** More than a project's things may have is not written; what is there already may stay. */
function tooManyOf(
  view: View,
  { project_id }: Caller,
  before: Decision<ImageRow, Refused>,
  { properties }: ImageRow,
): Overrun[] {
  const count = before.is === 'no' ? 0 : Object.keys(before.value.properties).length;
  if (Object.keys(properties).length <= count) return [];
  return tooManyItems(view, { project_id: project_id ?? '', metadata: properties });
}

/** One after another, so that Glance's rules for a property hold for each. */
function setAll(row: ImageRow, said: Properties, caller: Caller): Decision<ImageRow, Refused> {
  let next: Decision<ImageRow, Refused> = done(row);
  for (const [name, value] of Object.entries(said)) {
    if (next.is === 'no') return next;
    next = setAttribute(next.value, name, value, caller);
  }
  return next;
}

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const image = await ledger.read((view) => found(view, ask));
  return answered(image, ({ properties }) => json(200, { metadata: properties }));
}

const write =
  (from: (row: ImageRow) => ImageRow) =>
  async (ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> => {
    const body = All(ask.request.body);
    if (body.is === 'no') return fault(400, body.why);
    const said = body.value.metadata;
    const reply = await changed(ask, rooms, (row) => setAll(from(row), said, ask.caller));
    return answered(reply, ({ properties }) => json(200, { metadata: properties }));
  };

function held({ properties }: ImageRow, key: string): Decision<string, Refused> {
  const value = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return value === undefined ? refuse(404, 'Metadata item was not found') : done(value);
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { key = '' } = ask.params;
  const image = await ledger.read((view) => found(view, ask));
  const value = image.is === 'no' ? image : held(image.value, key);
  return answered(value, (text) => json(200, { meta: { [key]: text } }));
}

async function set(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = One(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { meta } = body.value;
  if (!Object.hasOwn(meta, ask.params['key'] ?? '')) {
    return fault(400, 'Request body and URI mismatch');
  }
  const reply = await changed(ask, rooms, (row) => setAll(row, meta, ask.caller));
  return answered(reply, () => json(200, { meta }));
}

async function drop(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { key = '' } = ask.params;
  const reply = await changed(ask, rooms, (row) => {
    const there = held(row, key);
    return there.is === 'no' ? there : dropAttribute(row, key);
  });
  return answered(reply, () => ({ status: 204 }));
}

const ALL = '/images/:id/metadata';
const ONE = '/images/:id/metadata/:key';
const only = (row: ImageRow): ImageRow => ({ ...row, properties: {} });
const beside = (row: ImageRow): ImageRow => row;

export const imageMetadataRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ALL, who: 'reader', to: LAST, handle: list },
  { method: 'POST', path: ALL, who: 'member', to: LAST, handle: write(beside) },
  { method: 'PUT', path: ALL, who: 'member', to: LAST, handle: write(only) },
  { method: 'GET', path: ONE, who: 'reader', to: LAST, handle: show },
  { method: 'PUT', path: ONE, who: 'member', to: LAST, handle: set },
  { method: 'DELETE', path: ONE, who: 'member', to: LAST, handle: drop },
];
