/**
 * Images: as much of Glance's version 2 as booting from an image needs.
 *
 *   images.ts      make, show, change, delete       list.ts        list, filters, pages
 *   image-data.ts  upload and download              attributes.ts  what may be said of one
 */
import { type HttpRequest, type HttpResponse, json, type Route, type Service } from '../http.ts';
import { problem } from './answers.ts';
import { imageDataRoutes } from './image-data.ts';
import { imageRoutes } from './images.ts';
import { listRoutes } from './list.ts';
import type { ImageRooms } from './rooms.ts';
import { imageSchema } from './view.ts';

/** Newest first, as clients expect; they read the ids as `v` and a number. */
const VERSIONS = ['v2.15', 'v2.9', 'v2.7', 'v2.6', 'v2.5', 'v2.4', 'v2.3', 'v2.2', 'v2.1', 'v2.0'];

const versions = ({ origin }: HttpRequest): HttpResponse =>
  json(300, {
    versions: VERSIONS.map((id, at) => ({
      id,
      status: at === 0 ? 'CURRENT' : 'SUPPORTED',
      links: [{ rel: 'self', href: `${origin}/image/v2/` }],
    })),
  });

const listSchema = {
  name: 'images',
  properties: {
    images: { type: 'array', items: imageSchema },
    first: { type: 'string' },
    next: { type: 'string' },
    schema: { type: 'string' },
  },
};

const openRoutes: readonly Route<ImageRooms>[] = [
  { method: 'GET', path: '', handle: versions },
  { method: 'GET', path: '/', handle: versions },
  { method: 'GET', path: '/versions', handle: versions },
  { method: 'GET', path: '/v2/schemas/image', handle: () => json(200, imageSchema) },
  { method: 'GET', path: '/v2/schemas/images', handle: () => json(200, listSchema) },
];

export const imageService = (): Service<ImageRooms> => ({
  name: 'image',
  prefix: '/image',
  routes: [...openRoutes, ...listRoutes, ...imageRoutes, ...imageDataRoutes()],
  notFound: (request) => problem(404, `There is nothing at ${request.path}.`),
  wrongMethod: (request, allow) => ({
    ...problem(405, `${request.method} is not for ${request.path}.`),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: () => problem(500, 'The server failed; its log has the reason.'),
  finish: (request, response) => ({
    ...response,
    headers: { ...response.headers, 'x-openstack-request-id': request.request_id },
  }),
});
