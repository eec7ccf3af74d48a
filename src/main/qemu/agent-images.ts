/**
 * Images for hosts on other machines, by the token of their agent.
 *
 *   GET    /plimsoll/agent/images/ID        how to boot from it
 *   GET    /plimsoll/agent/images/ID/file   its bytes; 304 to who has those of this checksum
 *   PUT    /plimsoll/agent/images/ID/file?format=F   what a guest has on its disk, as an image
 *   DELETE /plimsoll/agent/images/ID/file   the same, when nothing comes of it
 *
 *   AI1  without a token of a host nothing is told; with one, every image can be read: whatever is
 *        placed there boots from it;
 *   AI2  only an image that is being made can be written or taken away: those that are active stay
 *        as they are.
 */
import {
  type HttpRequest,
  type HttpResponse,
  json,
  type Route,
  type Service,
} from '../../core/api/http.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import { type ImageRow, images } from '../../core/servers/rows.ts';
import { bootImageOf } from './boot-image.ts';

export interface AgentImagesRooms {
  readonly ledger: Ledger;
  readonly imageFiles: ImageFiles;
  /** The host that a token speaks for; null: it is nobody's. */
  readonly hostOf: (token: string) => Promise<string | null>;
}

export const AGENT_PREFIX = '/plimsoll/agent';
const FORMATS = ['raw', 'qcow2'];

type Handler = (request: HttpRequest, rooms: AgentImagesRooms) => Promise<HttpResponse>;

/** AI1 */
const forHosts =
  (handle: Handler): Handler =>
  async (request, rooms) => {
    const token = /^Bearer (\S+)$/.exec(request.headers['authorization'] ?? '')?.[1] ?? '';
    const host = await rooms.hostOf(token);
    return host === null ? trouble(401, 'this is for the agents of hosts') : handle(request, rooms);
  };

const trouble = (status: number, message: string): HttpResponse => json(status, { message });

const rowOf = ({ ledger }: AgentImagesRooms, id: string | undefined) =>
  ledger.read((view) => view.rows(images).get(id ?? ''));

const showBoot: Handler = async ({ params }, rooms) => {
  const found = bootImageOf(await rowOf(rooms, params['id']));
  return found.is === 'no' ? trouble(404, found.why) : json(200, found.value);
};

const giveFile: Handler = async ({ params, headers }, rooms) => {
  const row = await rowOf(rooms, params['id']);
  if (row?.status !== 'active') return trouble(404, 'there are no such bytes');
  const etag = `"${row.checksum}"`;
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  const body = await rooms.imageFiles.open(row.id);
  if (body === null) return trouble(404, 'there are no such bytes');
  const type = { 'content-type': 'application/octet-stream' };
  return {
    status: 200,
    headers: { ...type, etag, 'content-length': String(row.size_bytes) },
    body,
  };
};

/** AI2 */
const isBeingMade = (row: ImageRow | undefined): row is ImageRow =>
  row !== undefined && row.status !== 'active';

const takeFile: Handler = async ({ params, query, stream }, rooms) => {
  const row = await rowOf(rooms, params['id']);
  const format = new URLSearchParams(query).get('format') ?? '';
  if (!isBeingMade(row)) return trouble(409, 'no such image is being made');
  if (stream === null || !FORMATS.includes(format)) return trouble(400, 'send bytes, raw or qcow2');
  const saved = await rooms.imageFiles.save(row.id, format, stream);
  if (saved.is === 'lost') return trouble(503, 'the disk does not answer');
  return saved.is === 'done' ? json(200, saved.value) : json(422, saved.why);
};

const dropFile: Handler = async ({ params }, rooms) => {
  const row = await rowOf(rooms, params['id']);
  if (!isBeingMade(row)) return trouble(409, 'no such image is being made');
  await rooms.imageFiles.remove(row.id);
  return { status: 204 };
};

const route = (
  method: Route<unknown>['method'],
  path: string,
  handle: Handler,
): Route<AgentImagesRooms> => ({ method, path, handle: forHosts(handle) });

export const agentImagesService: Service<AgentImagesRooms> = {
  name: 'agent-images',
  prefix: AGENT_PREFIX,
  routes: [
    route('GET', '/images/:id', showBoot),
    route('GET', '/images/:id/file', giveFile),
    { ...route('PUT', '/images/:id/file', takeFile), streams: true },
    route('DELETE', '/images/:id/file', dropFile),
  ],
  notFound: () => trouble(404, 'there is nothing here'),
  wrongMethod: () => trouble(405, 'this is done otherwise'),
  failed: () => trouble(500, 'the server failed; its log has the reason'),
};
