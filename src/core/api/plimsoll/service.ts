/** Our own API under /plimsoll/v1: what the OpenStack APIs have no words for. */
import { json, type Service } from '../http.ts';
import { streamEvents } from './events.ts';
import { listExplanations, showExplanation } from './explanations.ts';
import { listHosts, showHost } from './hosts.ts';
import { OWN_PREFIX, openapi } from './openapi.ts';
import { listOperations, showOperation } from './operations.ts';
import type { PlimsollRooms } from './rooms.ts';
import { asRoute, problem } from './route.ts';
import { listServers, showServer } from './servers.ts';

/** The whole address map. */
export const ownRoutes = [
  listHosts,
  showHost,
  listServers,
  showServer,
  listOperations,
  showOperation,
  listExplanations,
  showExplanation,
  streamEvents,
] as const;

export const plimsollService: Service<PlimsollRooms> = {
  name: 'plimsoll',
  prefix: OWN_PREFIX,
  routes: [
    ...ownRoutes.map(asRoute),
    { method: 'GET', path: '/openapi.json', handle: () => json(200, openapi(ownRoutes)) },
  ],
  notFound: ({ path }) =>
    problem(404, 'not-found', `nothing is at ${path}; ${OWN_PREFIX}/openapi.json lists what is`),
  wrongMethod: ({ method }, allow) => ({
    ...problem(405, 'wrong-method', `${method} is not possible here; try ${allow.join(', ')}`),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: ({ request_id }) =>
    problem(500, 'bug', `this is a fault of ours; the log names it by ${request_id}`),
  finish: ({ request_id }, response) => ({
    ...response,
    headers: { ...response.headers, 'x-openstack-request-id': request_id },
  }),
};
