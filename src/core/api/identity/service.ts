/**
 * Identity: as much of Keystone's version 3 as an installation of one domain needs.
 *
 *   tokens.ts    log in, out, and ask whose token it is     versions.ts   before any token
 *   projects.ts  projects, the domain                       catalog.ts    where the services are
 *   users.ts     users                                      roles.ts      who may do what
 *   application-credentials.ts  what programs log in with
 */
import type { Service } from '../http.ts';
import { problem } from './answers.ts';
import { applicationCredentialRoutes } from './application-credentials.ts';
import { projectRoutes } from './projects.ts';
import { roleRoutes } from './roles.ts';
import type { IdentityRooms } from './rooms.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';
import { versionRoutes } from './versions.ts';

/** As upstream bounds them. */
const BODY_BYTES_MAX = 114_688;

export const identityService = (): Service<IdentityRooms> => ({
  name: 'identity',
  prefix: '/identity',
  body_bytes_max: BODY_BYTES_MAX,
  routes: [
    ...versionRoutes,
    ...tokenRoutes,
    ...projectRoutes,
    ...userRoutes,
    ...roleRoutes,
    ...applicationCredentialRoutes,
  ],
  notFound: (request) => problem(request, 404, `There is nothing at ${request.path}.`),
  wrongMethod: (request, allow) => ({
    ...problem(request, 405, `${request.method} is not for ${request.path}.`),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: (request) => problem(request, 500, 'The server failed; its log has the reason.'),
  finish: (request, response) => ({
    ...response,
    headers: { ...response.headers, 'x-openstack-request-id': request.request_id },
  }),
});
