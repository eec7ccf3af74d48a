/**
 * Networks: as much of Neutron's version 2.0 as clients ask for to look. Servers are not put on
 * them yet, and nobody makes or changes them: each is a bridge that an operator named.
 *
 *   networks.ts  list, show      nothing.ts  lists that are empty, quotas      answers.ts  refusals
 */
import { type HttpRequest, type HttpResponse, json, type Route, type Service } from '../http.ts';
import { problem } from './answers.ts';
import { networkRoutes } from './networks.ts';
import { nothingRoutes } from './nothing.ts';
import type { NetworkRooms } from './rooms.ts';

const versions = ({ origin }: HttpRequest): HttpResponse =>
  json(200, {
    versions: [
      {
        id: 'v2.0',
        status: 'CURRENT',
        links: [{ rel: 'self', href: `${origin}/network/v2.0/` }],
      },
    ],
  });

const resources = ({ origin }: HttpRequest): HttpResponse =>
  json(200, {
    resources: ['networks', 'subnets', 'ports'].map((collection) => ({
      name: collection.slice(0, -1),
      collection,
      links: [{ rel: 'self', href: `${origin}/network/v2.0/${collection}` }],
    })),
  });

const openRoutes: readonly Route<NetworkRooms>[] = [
  { method: 'GET', path: '', handle: versions },
  { method: 'GET', path: '/', handle: versions },
  { method: 'GET', path: '/v2.0', handle: resources },
  { method: 'GET', path: '/v2.0/', handle: resources },
];

export const networkService = (): Service<NetworkRooms> => ({
  name: 'network',
  prefix: '/network',
  routes: [...openRoutes, ...networkRoutes, ...nothingRoutes],
  notFound: ({ path }) => problem(404, 'HTTPNotFound', `There is nothing at ${path}.`),
  wrongMethod: ({ method, path }, allow) => ({
    ...problem(405, 'HTTPMethodNotAllowed', `${method} is not for ${path}: we only look here.`),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: () => problem(500, 'HTTPInternalServerError', 'The server failed; its log has why.'),
  finish: (request, response) => ({
    ...response,
    headers: { ...response.headers, 'x-openstack-request-id': request.request_id },
  }),
});
