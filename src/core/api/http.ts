/**
 * HTTP as plain values: what a service answers to a request, without sockets.
 *
 *   bytes ─► real/http-server.ts ─► HttpRequest ─► route.handle ─► HttpResponse ─► bytes
 *
 * A service is one of the APIs that we speak (Placement, Compute, Identity, Image, our own): its
 * prefix, its routes, and what it answers when none of them matches or our own code fails. The
 * library behind the server finds the route; a handler translates a decision and decides nothing.
 */
import type { Session } from '../identity/directory.ts';

/** Who asks, once the token was checked. */
export type Caller = Session;

export interface HttpRequest {
  readonly method: string;
  /** Decoded, without the service's prefix and without the query. */
  readonly path: string;
  /** Scheme, host and port as the client used them, e.g. `http://127.0.0.1:8774`: for links. */
  readonly origin: string;
  /** The values of the `:names` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Everything after `?`, as it came; '' without one. */
  readonly query: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body's bytes; null when there is none, and for a route that reads `stream`. */
  readonly body: Uint8Array | null;
  /** The body as it arrives; only for a route with `streams`. */
  readonly stream: AsyncIterable<Uint8Array> | null;
  /** Null without a (valid) token. */
  readonly caller: Caller | null;
  /** `req-` and a UUID. */
  readonly request_id: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, bytes, or pieces as they come (event streams, downloads); left out: no body. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
}

export interface Route<Rooms> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Below the service's prefix, with `:name` for a segment: `/servers/:id/action`. */
  readonly path: string;
  /** Reads the body as it arrives, without a limit of the server's. */
  readonly streams?: boolean;
  /** Answers from what this process knows: what others wrote is not waited for. */
  readonly at_once?: boolean;
  /** The most that its body may have; left out: as its service. */
  readonly body_bytes_max?: number;
  handle(request: HttpRequest, rooms: Rooms): HttpResponse | Promise<HttpResponse>;
}

export interface Service<Rooms> {
  readonly name: string;
  /** '' or a path such as `/placement`. */
  readonly prefix: string;
  readonly routes: readonly Route<Rooms>[];
  /** The most that a body may have, to those with a token; left out: what the server bears. */
  readonly body_bytes_max?: number;
  /** No route has this path. */
  notFound(request: HttpRequest): HttpResponse;
  /** A route has this path, but not this method; `allow` lists those there are. */
  wrongMethod(request: HttpRequest, allow: readonly string[]): HttpResponse;
  /** Our own code threw. */
  failed(request: HttpRequest): HttpResponse;
  /** Asked before every route, e.g. for a token or a microversion; null lets it through. */
  guard?(request: HttpRequest, rooms: Rooms): HttpResponse | null;
  /** Runs on every answer of this service, the three above included; adds its headers. */
  finish?(request: HttpRequest, response: HttpResponse): HttpResponse;
}

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
