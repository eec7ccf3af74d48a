/**
 * The HTTP rim: sockets on one side, the services' plain values on the other. Fastify finds the
 * route, reads the request and writes the answer; it knows nothing of what they mean.
 *
 *   H1  every answer comes from a service, also for a path or method that none of its routes has;
 *   H2  a handler that throws is our own bug: it is told to the journal, and answered with 500;
 *   H3  a body is bounded before it is read into memory, by its route, its service, or at most
 *       BODY_BYTES_MAX (less without a token), and in time (BODY_MS_MAX); only a route that
 *       `streams` reads without these bounds, piece by piece;
 *   H4  who asks is shown what anybody was told before, by whichever process: `current` comes
 *       first, and where it cannot be had the answer is 503; but a route that answers `at_once`
 *       tells of this process alone;
 *   H5  one who asks one route more often than `requests_per_s` is told when to come back (429):
 *       by user, and strangers by address. Nobody else's requests are held up for it; nobody is
 *       turned away who asks how we are (`at_once`).
 *   H6  who was heard before `stop` is answered, unless that takes longer than ANSWERED_MS_MAX.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import {
  type Caller,
  type HttpRequest,
  type HttpResponse,
  json,
  type Route,
  type Service,
} from '../core/api/http.ts';
import { Rate } from '../core/api/rate.ts';
import type { Journal } from '../core/ports/journal.ts';
import type { Traces } from '../core/ports/traces.ts';
import { type Answered, tellAnswers } from './answered.ts';
import type { Tls } from './tls.ts';
import { traced } from './traced-routes.ts';
import { UnderWay } from './under-way.ts';

export const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** How long a body may take to arrive. */
const BODY_MS_MAX = 30_000;
/** How long answers under way are waited for at the end. */
const ANSWERED_MS_MAX = 3_000;
/** Of somebody without a token, who can only want to log in. */
export const STRANGER_BODY_BYTES_MAX = 64 * 1024;
/** What Fastify would not let through to the service, whose word it is. */
const CONTENT_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(\s*;\s*[\w-]+=("[^"]*"|[\w.:-]+))*$/;
const UNREADABLE = 'application/octet-stream';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export interface HttpServerOptions {
  /** With their rooms plugged in; see `mount`. The longest prefix that fits answers. */
  readonly services: readonly Mounted[];
  readonly authenticate: (headers: HttpRequest['headers']) => Caller | null;
  /** Brings in what others know (processes, a Keystone); false: that cannot be known now. */
  readonly current?: (headers: HttpRequest['headers']) => Promise<boolean>;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly journal: Journal;
  /** Left out: none are kept. */
  readonly traces?: Traces;
  /** How long a body may take to arrive; left out: BODY_MS_MAX. */
  readonly body_ms_max?: number;
  /** Left out: plain HTTP. */
  readonly tls?: Tls;
  /** How many requests one may send to one route; left out or 0: any number. */
  readonly requests_per_s?: number;
  /** Takes a connection that wants to speak something else than HTTP; left out: nobody does. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Told of every answer once it is out; left out: nobody is. */
  readonly answered?: (answer: Answered) => void;
  /** What to answer to bytes that are not HTTP; null: a bare 400. */
  readonly malformed?: (head: string) => HttpResponse | null;
}

export type Started =
  | {
      readonly is: 'listening';
      readonly port: number;
      /** Connections from now on get this certificate; only where there is one. */
      renew(tls: Tls): void;
      stop(): Promise<void>;
    }
  | { readonly is: 'port-in-use'; readonly port: number }
  | { readonly is: 'not-allowed'; readonly message: string };

/** A service with the rooms that its handlers use, so that services of all kinds make one list. */
export type Mounted = Service<unknown> & { readonly rooms: unknown };
export const mount = <Rooms>(service: Service<Rooms>, rooms: Rooms): Mounted =>
  ({ ...service, rooms }) as unknown as Mounted;

export async function startHttpServer(options: HttpServerOptions): Promise<Started> {
  const server = made(options);
  server.server.prependListener('request', ({ headers }) => {
    const type = headers['content-type'];
    if (type !== undefined && !CONTENT_TYPE.test(type)) headers['content-type'] = UNREADABLE;
  });
  if (options.upgrade !== undefined) server.server.on('upgrade', options.upgrade);
  if (options.answered !== undefined) tellAnswers(server, options.answered);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
  const underWay = new UnderWay();
  server.addHook('onRequest', (_request, reply, next) => {
    underWay.begin(reply.raw);
    next();
  });
  server.addHook('onSend', (_request, reply, payload, next) => {
    if (payload instanceof Readable) underWay.end(reply.raw);
    next(null, payload);
  });
  for (const service of options.services) mountRoutes(server, service, options);
  server.setNotFoundHandler((request, reply) => outside(options, request, reply));
  server.setErrorHandler((error, request, reply) => {
    const [path = ''] = request.url.split('?'); // a query may hold what is secret
    options.journal.error('http.error', { path, message: String(error) });
    return reply.code(400).send();
  });
  return listen(server, options, underWay);
}

function made(options: HttpServerOptions): FastifyInstance {
  const about = {
    logger: false,
    bodyLimit: Number.MAX_SAFE_INTEGER, // bounded where the body is read (H3)
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
    // A path that cannot be decoded: nobody's route, so whoever has the prefix answers.
    frameworkErrors: (_error, request, reply) => {
      void outside(options, request, reply);
    },
    clientErrorHandler: (error, socket) => answerMalformed(options, error, socket),
  } satisfies FastifyHttpOptions<Server>;
  if (options.tls === undefined) return fastify(about);
  const { ca } = options.tls;
  // Who presents no certificate is let in; agents are told no where they say who they are (TL2).
  const https = { ...options.tls, requestCert: ca !== undefined, rejectUnauthorized: false };
  return fastify({ ...about, https } as typeof about) as FastifyInstance;
}

async function listen(
  server: FastifyInstance,
  options: HttpServerOptions,
  underWay: UnderWay,
): Promise<Started> {
  try {
    await server.listen({ host: options.host, port: options.port });
  } catch (error) {
    await server.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return { is: 'port-in-use', port: options.port };
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return { is: 'not-allowed', message };
    throw error;
  }
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const stop = async () => {
    await underWay.quiet(ANSWERED_MS_MAX);
    await server.close();
  };
  const renew = (tls: Tls) => (server.server as unknown as TlsServer).setSecureContext(tls);
  return { is: 'listening', port, renew, stop };
}

/** Each path gets its own methods, and an answer for all the others (H1). */
function mountRoutes(server: FastifyInstance, service: Mounted, options: HttpServerOptions): void {
  const methodsOf = new Map<string, Route<unknown>[]>();
  for (const route of service.routes) {
    const there = methodsOf.get(route.path);
    if (there === undefined) methodsOf.set(route.path, [route]);
    else there.push(route);
  }
  for (const [path, routes] of methodsOf) {
    const url = `${service.prefix}${path}` || '/';
    for (const route of routes) {
      const rate = route.at_once === true ? null : rateOf(options);
      server.route({
        method: route.method,
        url,
        handler: traced(options.traces, route, url, (request, reply) =>
          serve(options, service, route, rate, request, reply),
        ),
      });
    }
    const allow = routes.map((route) => route.method);
    const others = METHODS.filter((method) => !allow.includes(method));
    if (others.length === 0) continue;
    server.route({
      method: others,
      url,
      handler: async (request, reply) => {
        const asked = plain(options, service, request, null, null);
        return send(reply, finished(service, asked, service.wrongMethod(asked, allow)));
      },
    });
  }
}

async function serve(
  options: HttpServerOptions,
  service: Mounted,
  route: Route<unknown>,
  rate: Rate | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!(await isCurrent(options, route, request))) return send(reply, storeAway);
  let asked = plain(options, service, request, null, null);
  try {
    const who = asked.caller?.user_id ?? request.ip;
    const wait_s = rate?.wait_s(who, performance.now()) ?? 0;
    if (wait_s > 0) return send(reply, finished(service, asked, tooMany(wait_s)));
    const stopped = service.guard?.(asked, service.rooms) ?? null;
    if (stopped !== null) return send(reply, finished(service, asked, stopped));
    const stream = (request.body ?? null) as Readable | null;
    const most = bodyBytesMax(service, route, asked.caller);
    const late_ms = options.body_ms_max ?? BODY_MS_MAX;
    const body =
      stream === null || route.streams === true ? null : await readAll(stream, most, late_ms);
    if (body === 'too large') return send(reply, finished(service, asked, tooLarge(most)));
    if (body === 'too slow') return send(reply, finished(service, asked, tooSlow));
    if (body === 'broken off') return reply.hijack(); // nobody is left to answer
    asked = { ...asked, body, stream: route.streams === true ? stream : null };
    return send(reply, finished(service, asked, await route.handle(asked, service.rooms)));
  } catch (bug) {
    tellBug(options.journal, asked, bug);
    return send(reply, finished(service, asked, service.failed(asked)));
  }
}

const rateOf = ({ requests_per_s = 0 }: HttpServerOptions): Rate | null =>
  requests_per_s > 0 ? new Rate(requests_per_s) : null;

async function isCurrent(
  { current }: HttpServerOptions,
  { at_once = false }: Route<unknown>,
  { headers }: FastifyRequest,
): Promise<boolean> {
  return at_once || current === undefined || current(headers as HttpRequest['headers']);
}

const storeAway = json(503, {
  code: 'unavailable',
  message: 'The database, or a Keystone, does not answer; try again.',
});

function bodyBytesMax(service: Mounted, route: Route<unknown>, caller: Caller | null): number {
  const most = route.body_bytes_max ?? service.body_bytes_max ?? BODY_BYTES_MAX;
  return caller === null ? Math.min(most, STRANGER_BODY_BYTES_MAX) : most;
}

const tooMany = (wait_s: number): HttpResponse =>
  json(
    429,
    { code: 'too-many', message: `too many requests at once; try again in ${wait_s} s` },
    { 'retry-after': String(wait_s) },
  );

const tooSlow = json(
  408,
  { code: 'too-slow', message: 'the body did not arrive in time' },
  { connection: 'close' },
);

const tooLarge = (most: number): HttpResponse =>
  json(413, { code: 'too-large', message: `a body may have ${most} bytes here` });

function tellBug(journal: Journal, { method, path, request_id }: HttpRequest, bug: unknown): void {
  const stack = bug instanceof Error ? bug.stack : undefined;
  journal.error('http.bug', { method, path, request_id, message: String(bug), stack });
}

/** A path that no route has: its service answers, by the longest prefix that fits. */
async function outside(
  options: HttpServerOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '/'] = request.url.split('?', 1);
  const service = options.services
    .filter(({ prefix }) => prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
    .toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  if (service === undefined) return send(reply, { status: 404 });
  const asked = plain(options, service, request, null, null);
  return send(reply, finished(service, asked, service.notFound(asked)));
}

const finished = (service: Mounted, asked: HttpRequest, answer: HttpResponse): HttpResponse =>
  service.finish?.(asked, answer) ?? answer;

function plain(
  options: HttpServerOptions,
  service: Mounted,
  request: FastifyRequest,
  body: Uint8Array | null,
  stream: Readable | null,
): HttpRequest {
  const headers = request.headers as HttpRequest['headers'];
  const url = request.raw.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return {
    method: request.method,
    path: decoded(path.slice(service.prefix.length) || '/'),
    origin: originOf(options, headers['host']),
    params: (request.params ?? {}) as Record<string, string>,
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    body,
    stream,
    caller: options.authenticate(headers),
    request_id: `req-${randomUUID()}`,
  };
}

const originOf = ({ tls, host, port }: HttpServerOptions, said: string | undefined): string =>
  `${tls === undefined ? 'http' : 'https'}://${said ?? `${host}:${port}`}`;

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readAll(
  stream: Readable,
  most: number,
  late_ms: number,
): Promise<Uint8Array | 'too large' | 'too slow' | 'broken off'> {
  const late = new Promise<'too slow'>((resolve) => {
    const timer = setTimeout(resolve, late_ms, 'too slow').unref();
    stream.once('close', () => clearTimeout(timer));
  });
  return Promise.race([gathered(stream, most), late]);
}

async function gathered(
  stream: Readable,
  most: number,
): Promise<Uint8Array | 'too large' | 'broken off'> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > most) return 'too large';
      pieces.push(piece);
    }
  } catch {
    return 'broken off';
  }
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

function send(reply: FastifyReply, { status, headers, body }: HttpResponse): FastifyReply {
  reply.code(status);
  if (headers !== undefined) reply.headers(headers);
  if (body === undefined) return reply.send();
  // As bytes: to a string Fastify would add a charset that the service did not say.
  if (typeof body === 'string') return reply.send(Buffer.from(body));
  if (body instanceof Uint8Array) {
    return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }
  return reply.send(Readable.from(body));
}

/** Bytes that Node's parser refuses never become a request; they are answered on the socket. */
function answerMalformed(
  { malformed }: HttpServerOptions,
  { rawPacket }: { readonly rawPacket?: unknown },
  socket: Socket,
): void {
  if (!socket.writable) return;
  const head = rawPacket instanceof Uint8Array ? Buffer.from(rawPacket).toString('latin1') : '';
  const { status, headers = {}, body = '' } = malformed?.(head) ?? { status: 400 };
  const bytes = Buffer.from(typeof body === 'string' || body instanceof Uint8Array ? body : '');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${status} Bad Request\r\nconnection: close\r\n`),
      Buffer.from(`${lines.join('')}content-length: ${bytes.length}\r\n\r\n`),
      bytes,
    ]),
  );
}
