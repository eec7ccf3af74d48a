/**
 * Compute: as much of Nova's API as making, listing, moving and deleting servers needs, in the
 * shapes of microversions 2.1 to 2.96.
 *
 *   microversion.ts  which shape    route.ts  who, from when to when    faults.ts  how we say no
 *   flavors.ts       extra-specs.ts       flavor-access.ts
 *   servers.ts       server-create.ts     server-list.ts     server-actions.ts
 *   hypervisors.ts   services.ts          zones.ts           migrations.ts      instance-actions.ts
 */
import type { HttpRequest, HttpResponse, Service } from '../http.ts';
import { aggregateRoutes } from './aggregates.ts';
import { attachmentRoutes } from './attachments.ts';
import { diagnosticRoutes } from './diagnostics.ts';
import { extensionRoutes } from './extensions.ts';
import { externalEventRoutes } from './external-events.ts';
import { extraSpecRoutes } from './extra-specs.ts';
import { fault } from './faults.ts';
import { flavorAccessRoutes } from './flavor-access.ts';
import { flavorRoutes } from './flavors.ts';
import { hostServiceRoutes } from './host-services.ts';
import { hypervisorRoutes } from './hypervisors.ts';
import { imageMetadataRoutes } from './image-metadata.ts';
import { imageRoutes } from './images.ts';
import { instanceActionRoutes } from './instance-actions.ts';
import { keypairRoutes } from './keypairs.ts';
import { limitRoutes } from './limits.ts';
import { versionHeaders } from './microversion.ts';
import { migrationRoutes } from './migrations.ts';
import { proxyRoutes } from './proxies.ts';
import { quotaRoutes } from './quotas.ts';
import { removedRoutes } from './removed.ts';
import type { ComputeRooms } from './rooms.ts';
import { asOldRoute, asRoute, type ComputeRoute, notFound, unauthorized } from './route.ts';
import { serverActionRoutes } from './server-actions.ts';
import { serverCreateRoutes } from './server-create.ts';
import { serverGroupRoutes } from './server-groups.ts';
import { serverListRoutes } from './server-list.ts';
import { serverMetadataRoutes } from './server-metadata.ts';
import { serverTagRoutes } from './server-tags.ts';
import { serverRoutes } from './servers.ts';
import { serviceRemovalRoutes } from './service-removal.ts';
import { serviceRoutes } from './services.ts';
import { topologyRoutes } from './topology.ts';
import { usageRoutes } from './usage.ts';
import { usageAuditLogRoutes } from './usage-audit-log.ts';
import { versionRoutes } from './versions.ts';
import { zoneRoutes } from './zones.ts';

/** The same by an older name, from when there were servers that booted from volumes. */
const byOldName = [
  ...serverListRoutes,
  ...serverCreateRoutes,
  ...serverRoutes,
  ...serverActionRoutes,
].map((route) => ({ ...route, path: route.path.replace('/servers', '/os-volumes_boot') }));

const routes: readonly ComputeRoute[] = [
  ...flavorRoutes,
  ...extraSpecRoutes,
  ...flavorAccessRoutes,
  ...serverListRoutes,
  ...serverCreateRoutes,
  ...serverRoutes,
  ...serverActionRoutes,
  ...serverMetadataRoutes,
  ...serverTagRoutes,
  ...attachmentRoutes,
  ...instanceActionRoutes,
  ...migrationRoutes,
  ...hypervisorRoutes,
  ...serviceRoutes,
  ...serviceRemovalRoutes,
  ...aggregateRoutes,
  ...zoneRoutes,
  ...serverGroupRoutes,
  ...keypairRoutes,
  ...imageRoutes,
  ...imageMetadataRoutes,
  ...quotaRoutes,
  ...limitRoutes,
  ...usageRoutes,
  ...usageAuditLogRoutes,
  ...diagnosticRoutes,
  ...hostServiceRoutes,
  ...extensionRoutes,
  ...externalEventRoutes,
  ...topologyRoutes,
  ...byOldName,
  ...proxyRoutes,
  ...removedRoutes,
];

/** As upstream bounds them: nothing that Compute takes is larger. */
const BODY_BYTES_MAX = 114_688;

export const computeService = (): Service<ComputeRooms> => ({
  name: 'compute',
  prefix: '/compute',
  body_bytes_max: BODY_BYTES_MAX,
  routes: [...versionRoutes, ...routes.map(asRoute), ...routes.map(asOldRoute)],
  notFound: (request) => (request.caller === null ? unauthorized(request) : notFound(request)),
  wrongMethod,
  failed: () => fault(500, 'Unexpected API Error. The log of the server has the reason.'),
  finish,
});

function wrongMethod(request: HttpRequest, allow: readonly string[]): HttpResponse {
  const { status, body = '' } = fault(405, `${request.method} is not for ${request.path}.`);
  return { status, body, headers: { 'content-type': 'application/json', allow: allow.join(', ') } };
}

/** An answer that starts a run is known by the run's id; every other by its request's. */
function finish(request: HttpRequest, { headers = {}, ...response }: HttpResponse): HttpResponse {
  const id = headers['x-compute-request-id'] ?? request.request_id;
  const ids = { 'x-compute-request-id': id, 'x-openstack-request-id': id };
  return { ...response, headers: { ...headers, ...versionHeaders(request), ...ids } };
}
