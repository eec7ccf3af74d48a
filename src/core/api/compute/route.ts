/**
 * A compute route: where it is, for which microversions, who may use it, and what it does.
 *
 *   request ─► version spoken? ─► token? ─► route of this version? ─► role? ─► JSON? ─► handle
 *               400, 406           401        404                      403      415
 */
import { type Caller, type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { type Query, readQuery } from '../query.ts';
import { fault } from './faults.ts';
import { versionOf } from './microversion.ts';
import { strayName } from './query-names.ts';
import type { ComputeRooms } from './rooms.ts';

export interface Ask {
  readonly request: HttpRequest;
  /** The minor number of the microversion. */
  readonly version: number;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** Where this API is, without a slash at the end: for links. */
  readonly url: string;
}

/** A mere reader, one who may change things in the project, another service, or an operator. */
export type Who = 'reader' | 'member' | 'service' | 'admin';
type Answer = HttpResponse | Promise<HttpResponse>;

export interface ComputeRoute {
  readonly method: Route<ComputeRooms>['method'];
  readonly path: string;
  readonly who: Who;
  /** The first and last microversion that have it. */
  readonly from?: number;
  readonly to?: number;
  handle(ask: Ask, rooms: ComputeRooms): Answer;
}

export const ROOT = '/v2.1';
const OLD_ROOT = '/v2';

export const asRoute = (route: ComputeRoute): Route<ComputeRooms> => ({
  method: route.method,
  path: `${ROOT}${route.path}`,
  handle(request, rooms) {
    const ask = askOf(request);
    if ('status' in ask) return ask;
    const { from = 1, to = Infinity } = route;
    if (ask.version < from || ask.version > to) return notFound(request);
    if (Object.values(ask.params).includes('')) return notFound(request);
    if (!hasRole(ask.caller, route.who)) return forbidden();
    if (isForeign(request)) return fault(415, `Send application/json, not ${typeOf(request)}.`);
    const stray = strayName(route, ask.version, ask.query);
    if (stray !== null) return fault(400, strayWords(stray));
    return route.handle(ask, rooms);
  },
});

/** The same below `/v2`, where there are no microversions: what a client asks for is not read. */
export const asOldRoute = (route: ComputeRoute): Route<ComputeRooms> => ({
  method: route.method,
  path: `${OLD_ROOT}${route.path}`,
  handle: (request, rooms) =>
    asRoute(route).handle(
      { ...request, path: ROOT + request.path.slice(OLD_ROOT.length), headers: {} },
      rooms,
    ),
});

function askOf(request: HttpRequest): Ask | HttpResponse {
  const version = versionOf(request);
  if (typeof version !== 'number') return version;
  const { caller, params, origin } = request;
  if (caller === null) return unauthorized(request);
  const url = `${origin}/compute${ROOT}`;
  return { request, version, caller, params, query: readQuery(request.query), url };
}

/** Without a word, or as plain text, what comes is read as JSON. */
const READ: ReadonlySet<string> = new Set(['', 'text/plain', 'application/json']);
const typeOf = ({ headers }: HttpRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
const isForeign = (request: HttpRequest): boolean =>
  (request.body?.length ?? 0) > 0 && !READ.has(typeOf(request));

const strayWords = (name: string): string =>
  `Additional properties are not allowed ('${name.slice(0, 80)}' was unexpected)`;

export const isAdmin = ({ roles }: Caller): boolean => roles.includes('admin');
const hasRole = (caller: Caller, who: Who): boolean =>
  caller.roles.includes(who) || isAdmin(caller);

export const notFound = ({ path }: HttpRequest): HttpResponse =>
  fault(404, `The resource could not be found: ${path}`);

export const forbidden = (): HttpResponse =>
  fault(403, "Policy doesn't allow this to be performed with your roles.");

export const unauthorized = ({ origin }: HttpRequest): HttpResponse =>
  json(
    401,
    { error: { code: 401, title: 'Unauthorized', message: 'This needs a valid X-Auth-Token.' } },
    { 'www-authenticate': `Keystone uri="${origin}/identity"` },
  );

/** `self` and `bookmark` of one thing, e.g. of `flavors/1`. */
export const linksOf = ({ url }: Pick<Ask, 'url'>, path: string) => [
  { rel: 'self', href: `${url}/${path}` },
  { rel: 'bookmark', href: `${url.slice(0, -ROOT.length)}/${path}` },
];
