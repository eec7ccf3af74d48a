/** Which versions there are; asked before anybody has a token. */
import { type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import type { IdentityRooms } from './rooms.ts';

const version = ({ origin }: HttpRequest) => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${origin}/identity/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
});

const all = (request: HttpRequest): HttpResponse =>
  json(300, { versions: { values: [version(request)] } });
const one = (request: HttpRequest): HttpResponse => json(200, { version: version(request) });

export const versionRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'GET', path: '', handle: all },
  { method: 'GET', path: '/', handle: all },
  { method: 'GET', path: '/v3', handle: one },
  { method: 'GET', path: '/v3/', handle: one },
];
