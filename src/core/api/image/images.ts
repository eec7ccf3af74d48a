/** Images: list, show, make, change, delete. Their bytes are in image-data.ts. */
import { Type } from 'typebox';
import type { Draft, View } from '../../ledger/draft.ts';
import type { Unavailable } from '../../ledger/ledger.ts';
import { type Decision, done, type Reply } from '../../ports/reply.ts';
import { type ImageRow, images } from '../../servers/rows.ts';
import { bodyOf } from '../body.ts';
import { type Caller, type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { answered, guarded, isAdmin, problem, type Refused, refuse } from './answers.ts';
import { dropAttribute, setAttribute } from './attributes.ts';
import type { ImageRooms } from './rooms.ts';
import { imageView } from './view.ts';

const Create = bodyOf(Type.Record(Type.String(), Type.Unknown()));
const Patch = bodyOf(
  Type.Array(
    Type.Object({
      op: Type.Union([Type.Literal('add'), Type.Literal('replace'), Type.Literal('remove')]),
      path: Type.String({ pattern: '^/[^/]+$' }),
      value: Type.Optional(Type.Unknown()),
    }),
    { maxItems: 256 },
  ),
);
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export const maySee = (row: ImageRow, caller: Caller): boolean =>
  row.visibility === 'public' ||
  row.visibility === 'community' ||
  row.owner === caller.project_id ||
  isAdmin(caller);

/** The image under that id, if there is one for this caller. */
export function findImage(view: View, id = '', caller: Caller): Decision<ImageRow, Refused> {
  const row = view.rows(images).get(id);
  const seen = row !== undefined && maySee(row, caller);
  return seen ? done(row) : refuse(404, `No image found with ID ${id}`);
}

/** The image, to be changed by this caller: its owner's members and administrators may. */
export function ownImage(view: View, id = '', caller: Caller): Decision<ImageRow, Refused> {
  const found = findImage(view, id, caller);
  if (found.is === 'no' || found.value.owner === caller.project_id || isAdmin(caller)) return found;
  return refuse(403, 'You are not permitted to modify this image.');
}

async function show(request: HttpRequest, caller: Caller, { ledger }: ImageRooms) {
  const found = await ledger.read((view) => findImage(view, request.params['id'], caller));
  return answered(found, (row) => json(200, imageView(row)));
}

async function create(
  request: HttpRequest,
  caller: Caller,
  { ledger, entropy }: ImageRooms,
): Promise<HttpResponse> {
  const body = Create(request.body);
  if (body.is === 'no') return problem(400, body.why);
  const { id = entropy.uuid(), ...said } = body.value;
  if (typeof id !== 'string' || !UUID.test(id)) return problem(400, 'id must be a UUID.');
  const reply = await ledger.submit((draft): Decision<ImageRow, Refused> => {
    if (draft.rows(images).has(id)) return refuse(409, `Image ID ${id} already exists!`);
    let row = blank(id, caller.project_id ?? '', draft.now_ms);
    for (const [name, value] of Object.entries(said)) {
      const next = setAttribute(row, name, value, caller);
      if (next.is === 'no') return next;
      row = next.value;
    }
    draft.put(images, row);
    return done(row);
  });
  const location = `${request.origin}/image/v2/images/${id}`;
  return answered(reply, (row) => json(201, imageView(row), { location }));
}

const blank = (id: string, owner: string, now_ms: number): ImageRow => ({
  id,
  name: '',
  status: 'queued',
  visibility: 'shared',
  owner,
  disk_format: null,
  container_format: null,
  size_bytes: null,
  checksum: null,
  min_disk_gib: 0,
  min_ram_mib: 0,
  protected: false,
  tags: [],
  properties: {},
  created_at_ms: now_ms,
  updated_at_ms: now_ms,
});

async function patch(request: HttpRequest, caller: Caller, { ledger }: ImageRooms) {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/openstack-images-v2\.\d+-json-patch/.test(type)) {
    return problem(415, 'Send application/openstack-images-v2.1-json-patch.');
  }
  const body = Patch(request.body);
  if (body.is === 'no') return problem(400, body.why);
  const reply = await ledger.submit((draft): Decision<ImageRow, Refused> => {
    let changed = ownImage(draft, request.params['id'], caller);
    for (const { op, path, value } of body.value) {
      if (changed.is === 'no') return changed;
      const name = path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
      changed =
        op === 'remove'
          ? dropAttribute(changed.value, name)
          : setAttribute(changed.value, name, value, caller);
    }
    return changed.is === 'no' ? changed : done(store(draft, changed.value));
  });
  return answered(reply, (row) => json(200, imageView(row)));
}

export function store(draft: Draft, row: ImageRow): ImageRow {
  const stamped = { ...row, updated_at_ms: draft.now_ms };
  draft.put(images, stamped);
  return stamped;
}

/** Takes away the row, then the bytes. */
export async function removeImage(
  { ledger, imageFiles }: Pick<ImageRooms, 'ledger' | 'imageFiles'>,
  id: string | undefined,
  caller: Caller,
): Promise<Reply<ImageRow, Refused | Unavailable>> {
  const reply = await ledger.submit((draft): Decision<ImageRow, Refused> => {
    const found = ownImage(draft, id, caller);
    if (found.is === 'no') return found;
    if (found.value.protected) {
      return refuse(403, `Image ${found.value.id} is protected and cannot be deleted.`);
    }
    draft.remove(images, found.value);
    return found;
  });
  if (reply.is === 'done') await imageFiles.remove(reply.value.id); // the row went first
  return reply;
}

async function remove(request: HttpRequest, caller: Caller, rooms: ImageRooms) {
  const reply = await removeImage(rooms, request.params['id'], caller);
  return answered(reply, () => ({ status: 204 }));
}

/** PUT and DELETE of one tag. */
async function tag(request: HttpRequest, caller: Caller, { ledger }: ImageRooms) {
  const { id, tag = '' } = request.params;
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const found = ownImage(draft, id, caller);
    if (found.is === 'no') return found;
    const others = found.value.tags.filter((held) => held !== tag);
    if (request.method === 'DELETE' && others.length === found.value.tags.length) {
      return refuse(404, `The image has no tag ${tag}.`);
    }
    const tags = request.method === 'DELETE' ? others : [...others, tag];
    const changed = setAttribute(found.value, 'tags', tags, caller);
    if (changed.is === 'no') return changed;
    store(draft, changed.value);
    return done(undefined);
  });
  return answered(reply, () => ({ status: 204 }));
}

type Handler = (
  request: HttpRequest,
  caller: Caller,
  rooms: ImageRooms,
) => HttpResponse | Promise<HttpResponse>;

export const on = (
  method: Route<ImageRooms>['method'],
  path: string,
  handle: Handler,
): Route<ImageRooms> => ({
  method,
  path,
  handle: (request, rooms) =>
    guarded(method === 'GET' ? 'read' : 'write', (_, caller) => handle(request, caller, rooms))(
      request,
    ),
});

export const imageRoutes: readonly Route<ImageRooms>[] = [
  on('POST', '/v2/images', create),
  on('GET', '/v2/images/:id', show),
  on('PATCH', '/v2/images/:id', patch),
  on('DELETE', '/v2/images/:id', remove),
  on('PUT', '/v2/images/:id/tags/:tag', tag),
  on('DELETE', '/v2/images/:id/tags/:tag', tag),
];
