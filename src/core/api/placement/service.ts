/** Placement as a service: its routes, and what it answers when none of them does. */
import { assert } from '../../base/units.ts';
import type { HttpRequest, HttpResponse, Route, Service } from '../http.ts';
import { aggregateRoutes } from './aggregates.ts';
import { allocationRoutes } from './allocations.ts';
import { candidateRoutes } from './candidates.ts';
import { classRoutes } from './classes.ts';
import { type CorsOptions, corsHeaders, isPreflight, noCors } from './cors.ts';
import { type Fault, fault, faultResponse } from './fault.ts';
import { inventoryRoutes } from './inventories.ts';
import { defaultPolicy, type PolicyOptions, policyOf } from './policy.ts';
import { providerTraitRoutes } from './provider-traits.ts';
import { providerRoutes } from './providers.ts';
import { reshaperRoutes } from './reshaper.ts';
import { rootRoutes } from './root.ts';
import { type PlacementRooms, type Settings, unauthenticated } from './route.ts';
import { traitRoutes } from './traits.ts';
import { usageRoutes } from './usages.ts';
import { VERSION_HEADER, versionOf } from './version.ts';

export type { PlacementRooms } from './route.ts';

export interface PlacementOptions {
  /** '' or e.g. `/placement`. */
  readonly prefix?: string;
  readonly policy?: PolicyOptions;
  readonly cors?: CorsOptions;
  /** The most candidates of one answer; −1, as upstream has it, or 0: all there are. */
  readonly max_allocation_candidates?: number;
  /** Who stands for the project and user of consumers written before 1.8. */
  readonly incomplete_consumer_project_id?: string;
  readonly incomplete_consumer_user_id?: string;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

const routes = [
  ...rootRoutes,
  ...classRoutes,
  ...traitRoutes,
  ...providerRoutes,
  ...inventoryRoutes,
  ...providerTraitRoutes,
  ...aggregateRoutes,
  ...usageRoutes,
  ...allocationRoutes,
  ...candidateRoutes,
  ...reshaperRoutes,
];

/** The service of these options; the policy's rules must be readable (`policyOf` says). */
export function placementService(options: PlacementOptions = {}): Service<PlacementRooms> {
  const policy = policyOf(options.policy ?? defaultPolicy);
  assert(policy.is === 'done', 'a policy that cannot be read');
  const cors = options.cors ?? noCors;
  const settings: Settings = {
    prefix: options.prefix ?? '',
    policy: policy.value,
    max_candidates: Math.max(0, options.max_allocation_candidates ?? 0),
    incomplete_project_id: options.incomplete_consumer_project_id ?? NOBODY,
    incomplete_user_id: options.incomplete_consumer_user_id ?? NOBODY,
  };
  const made = routes
    .map((route): Route<PlacementRooms> => route(settings))
    .filter(({ path }) => path !== '' || settings.prefix !== '');
  return {
    name: 'placement',
    prefix: settings.prefix,
    routes: made,
    notFound: (request) => outside(cors, request, notThere(made, request)),
    wrongMethod: (request, allow) => outside(cors, request, wrongMethod(request, allow)),
    failed: (request) => faultResponse(request, broken, 0),
    finish: (request, response) => finished(cors, request, response),
  };
}

const broken = fault(500, 'The journal of the server says more, under this request id.');

/** No route; or routes, but none for a method that not even the server knows by name (TRACE). */
function notThere(made: readonly Route<unknown>[], request: HttpRequest): Fault {
  const allow = made.filter(({ path }) => matches(path, request.path)).map(({ method }) => method);
  const known = allow.some((method) => method === request.method);
  if (allow.length > 0 && !known) return wrongMethod(request, allow);
  return fault(404, `There is nothing at ${request.path}.`);
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => (part.startsWith(':') ? given[at] !== '' : part === given[at]))
  );
}

const wrongMethod = ({ method }: HttpRequest, allow: readonly string[]): Fault => ({
  ...fault(405, `The method ${method} is not allowed for this resource.`),
  headers: { allow: allow.join(', ') },
});

/** A request that no route takes: a preflight, or the first fault in the usual order. */
function outside(cors: CorsOptions, request: HttpRequest, last: Fault): HttpResponse {
  if (isPreflight(cors, request)) return { status: 200 };
  const version = versionOf(request);
  if (request.caller === null && request.path !== '/') {
    return faultResponse(request, unauthenticated, 0);
  }
  if (version.is === 'no') return faultResponse(request, version.why, 0);
  return faultResponse(request, last, version.value);
}

function finished(cors: CorsOptions, request: HttpRequest, response: HttpResponse): HttpResponse {
  const version = versionOf(request);
  const headers: Record<string, string> = { ...response.headers };
  headers['x-openstack-request-id'] = request.request_id;
  headers['vary'] = VERSION_HEADER;
  if (version.is === 'done') headers[VERSION_HEADER] = versionText(version.value);
  if (request.headers['origin'] !== undefined) {
    const { vary, ...more } = corsHeaders(cors, request);
    Object.assign(headers, more);
    if (vary !== undefined) headers['vary'] += `, ${vary}`;
  }
  return { ...response, headers };
}

const texts = Array.from({ length: 100 }, (_, minor) => `placement 1.${minor}`);
const versionText = (minor: number): string => texts[minor] ?? `placement 1.${minor}`;
