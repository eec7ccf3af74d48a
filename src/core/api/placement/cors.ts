/**
 * CORS: which pages of other sites a browser may let talk to us.
 *
 *   preflight   OPTIONS with `Origin` and `Access-Control-Request-Method`: answered here, with 200
 *   any other   the answer carries the origin back, when it is one of those allowed
 *
 * An origin that is not allowed gets the same answers without these headers; its browser refuses.
 */
import type { HttpRequest } from '../http.ts';

export interface CorsOptions {
  /** e.g. `http://console.example.com`; `*` allows all. None: CORS is off. */
  readonly allowed_origins: readonly string[];
  readonly allow_headers: readonly string[];
  readonly expose_headers: readonly string[];
  readonly allow_methods: readonly string[];
  readonly allow_credentials: boolean;
  readonly max_age_s: number;
}

/** Off, with upstream's defaults for what else there is to choose. */
export const noCors: CorsOptions = {
  allowed_origins: [],
  allow_headers: ['X-Auth-Token', 'OpenStack-API-Version', 'Content-Type', 'Accept'],
  expose_headers: ['X-Auth-Token', 'X-Openstack-Request-Id', 'OpenStack-API-Version'],
  allow_methods: ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'PATCH'],
  allow_credentials: true,
  max_age_s: 3600,
};

type Headers = Readonly<Record<string, string>>;
const none: Headers = {};

export const isPreflight = (options: CorsOptions, request: HttpRequest): boolean =>
  options.allowed_origins.length > 0 &&
  request.method === 'OPTIONS' &&
  request.headers['origin'] !== undefined;

/** The headers that the answer to this request carries because of CORS. */
export function corsHeaders(options: CorsOptions, request: HttpRequest): Headers {
  const origin = request.headers['origin'];
  if (origin === undefined || !allows(options, origin)) return none;
  const common = {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(options.allow_credentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
  if (request.method === 'OPTIONS') return { ...common, ...preflightHeaders(options, request) };
  return { ...common, 'access-control-expose-headers': options.expose_headers.join(',') };
}

const allows = (options: CorsOptions, origin: string): boolean =>
  options.allowed_origins.includes(origin) || options.allowed_origins.includes('*');

function preflightHeaders(options: CorsOptions, request: HttpRequest): Headers {
  const method = request.headers['access-control-request-method'];
  if (method === undefined || !options.allow_methods.includes(method)) return none;
  const asked = request.headers['access-control-request-headers'];
  const names = asked === undefined ? [] : asked.split(',').map((name) => name.trim());
  const allowed = new Set(options.allow_headers.map((name) => name.toLowerCase()));
  if (!names.every((name) => allowed.has(name.toLowerCase()))) return none;
  return {
    'access-control-allow-methods': method,
    'access-control-max-age': String(options.max_age_s),
    ...(names.length > 0 ? { 'access-control-allow-headers': names.join(',') } : {}),
  };
}
