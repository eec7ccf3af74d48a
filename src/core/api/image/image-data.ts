/**
 * The bytes of an image, in and out.
 *
 *   queued ──PUT file──► saving ──all of it is on disk──► active
 *     ▲                    │ broken off, too large, not of its format
 *     └────────────────────┘
 *
 * An upload that its process did not live to finish leaves `saving` behind; `uploading` knows those
 * of this life, so the next PUT may begin afresh.
 */

import type { Draft } from '../../ledger/draft.ts';
import type { SavedFile, SaveRefusal } from '../../ports/image-files.ts';
import { type Decision, done, type Reply } from '../../ports/reply.ts';
import { type ImageRow, images } from '../../servers/rows.ts';
import type { Caller, HttpRequest, HttpResponse, Route } from '../http.ts';
import { answered, problem, type Refused, refuse } from './answers.ts';
import { findImage, on, ownImage, store } from './images.ts';
import type { ImageRooms } from './rooms.ts';

export function imageDataRoutes(): readonly Route<ImageRooms>[] {
  const uploading = new Set<string>();
  const put = on('PUT', '/v2/images/:id/file', (request, caller, rooms) =>
    upload(request, caller, rooms, uploading),
  );
  return [{ ...put, streams: true }, on('GET', '/v2/images/:id/file', download)];
}

async function upload(
  request: HttpRequest,
  caller: Caller,
  rooms: ImageRooms,
  uploading: Set<string>,
): Promise<HttpResponse> {
  if (request.stream === null) return problem(400, 'There are no bytes.');
  if (!/^application\/octet-stream/.test(request.headers['content-type'] ?? '')) {
    return problem(415, 'Send application/octet-stream.');
  }
  const { id = '' } = request.params;
  let ours = false;
  try {
    const begun = await rooms.ledger.submit((draft) => {
      const decision = begin(draft, id, caller, uploading);
      ours = decision.is === 'done';
      if (ours) uploading.add(id);
      return decision;
    });
    if (begun.is !== 'done') return answered(begun, () => problem(500, ''));
    const format = begun.value.disk_format as string;
    return await finish(rooms, id, await rooms.imageFiles.save(id, format, request.stream));
  } finally {
    if (ours) uploading.delete(id); // also where the ledger did not write it down after all
  }
}

function begin(
  draft: Draft,
  id: string,
  caller: Caller,
  uploading: ReadonlySet<string>,
): Decision<ImageRow, Refused> {
  const found = ownImage(draft, id, caller);
  if (found.is === 'no') return found;
  const { status, disk_format, container_format } = found.value;
  if (status === 'active' || uploading.has(id)) {
    return refuse(409, `Image status transition from ${status} to saving is not allowed`);
  }
  if (disk_format === null || container_format === null) {
    return refuse(400, 'State disk_format and container_format before the bytes.');
  }
  return done(store(draft, { ...found.value, status: 'saving' }));
}

async function finish(
  { ledger, imageFiles }: ImageRooms,
  id: string,
  saved: Reply<SavedFile, SaveRefusal>,
): Promise<HttpResponse> {
  const reply = await ledger.submit((draft): Decision<'kept' | 'gone', never> => {
    const row = draft.rows(images).get(id);
    if (row === undefined) return done('gone'); // deleted meanwhile
    if (saved.is === 'done') store(draft, { ...row, status: 'active', ...saved.value });
    else store(draft, { ...row, status: 'queued' });
    return done('kept');
  });
  const gone = reply.is === 'done' && reply.value === 'gone';
  if (gone) await imageFiles.remove(id);
  if (saved.is === 'done') {
    return answered(reply, () => (gone ? problem(410, 'It was deleted.') : { status: 204 }));
  }
  return saved.is === 'lost' ? problem(503, 'Try again.') : refusal(saved.why);
}

function refusal(why: SaveRefusal): HttpResponse {
  switch (why.why) {
    case 'too-large':
      return problem(413, `An image has at most ${why.size_bytes_max} bytes.`);
    case 'bad-format':
      return problem(400, why.message);
    case 'unavailable':
      return problem(503, why.message);
  }
}

async function download(
  request: HttpRequest,
  caller: Caller,
  { ledger, imageFiles }: ImageRooms,
): Promise<HttpResponse> {
  const found = await ledger.read((view) => findImage(view, request.params['id'], caller));
  if (found.is === 'no') return answered(found, () => problem(500, ''));
  const { id, status, size_bytes, checksum } = found.value;
  if (status !== 'active') return { status: 204 };
  const body = await imageFiles.open(id);
  if (body === null) return problem(404, 'The bytes of this image are not here.');
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(size_bytes),
      'content-md5': checksum ?? '',
    },
    body,
  };
}
