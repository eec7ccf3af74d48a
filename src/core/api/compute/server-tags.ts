/** A server's tags (2.26): at most 50 short words, without a comma or a slash. */
import { Type } from 'typebox';
import { done } from '../../ports/reply.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { changeServer, findServer } from './servers.ts';
import { Tag } from './shapes.ts';

const TAGS_MAX = 50;
const All = bodyOf(strict({ tags: Type.Array(Tag, { maxItems: TAGS_MAX }) }));

const NoBody = bodyOf(Type.Null());

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
  return answered(found, ({ tags }) => json(200, { tags }));
}

async function replace(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = All(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const tags = [...new Set(body.value.tags)];
  const reply = await changeServer(ask, rooms, (row) => done({ ...row, tags }));
  return answered(reply, (row) => json(200, { tags: row.tags }));
}

async function clear(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const reply = await changeServer(ask, rooms, (row) => done({ ...row, tags: [] }));
  return answered(reply, () => ({ status: 204 }));
}

async function check(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { tag = '' } = ask.params;
  const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
  return answered(found, ({ tags, uuid }) =>
    tags.includes(tag) ? { status: 204 } : fault(404, `Server ${uuid} has no tag '${tag}'`),
  );
}

async function add(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { id = '', tag = '' } = ask.params;
  const { body } = ask.request;
  if (body !== null && body.length > 0 && NoBody(body).is === 'no') {
    return fault(400, 'A tag is named in the path: there is no body.');
  }
  if (tag.length > 60 || /[,/]/.test(tag)) return fault(400, `Tag '${tag}' is invalid.`);
  let fresh = true;
  const reply = await changeServer(ask, rooms, (row) => {
    fresh = !row.tags.includes(tag);
    if (!fresh) return done(row);
    if (row.tags.length >= TAGS_MAX) return refuse(400, `The number of tags exceeds ${TAGS_MAX}.`);
    return done({ ...row, tags: [...row.tags, tag] });
  });
  const location = { location: `${ask.url}/servers/${id}/tags/${encodeURIComponent(tag)}` };
  return answered(reply, () => (fresh ? { status: 201, headers: location } : { status: 204 }));
}

async function drop(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { tag = '' } = ask.params;
  const reply = await changeServer(ask, rooms, (row) =>
    row.tags.includes(tag)
      ? done({ ...row, tags: row.tags.filter((held) => held !== tag) })
      : refuse(404, `Server ${row.uuid} has no tag '${tag}'`),
  );
  return answered(reply, () => ({ status: 204 }));
}

const ALL = '/servers/:id/tags';
const ONE = '/servers/:id/tags/:tag';
export const serverTagRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ALL, who: 'reader', from: 26, handle: list },
  { method: 'PUT', path: ALL, who: 'member', from: 26, handle: replace },
  { method: 'DELETE', path: ALL, who: 'member', from: 26, handle: clear },
  { method: 'GET', path: ONE, who: 'reader', from: 26, handle: check },
  { method: 'PUT', path: ONE, who: 'member', from: 26, handle: add },
  { method: 'DELETE', path: ONE, who: 'member', from: 26, handle: drop },
];
