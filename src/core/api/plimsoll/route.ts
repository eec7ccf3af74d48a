/**
 * A route of our own API on one screen: address, schemas, every status it can answer, and the
 * handler. The OpenAPI document is read from these same values, and tests check answers against
 * them, so the three cannot drift apart.
 */
import type { Static, TObject, TSchema } from 'typebox';
import type { Unavailable } from '../../ledger/ledger.ts';
import { done, type Reply } from '../../ports/reply.ts';
import { bodyOf } from '../body.ts';
import { type Caller, type HttpResponse, json, type Route } from '../http.ts';
import type { PlimsollRooms } from './rooms.ts';

/** Who may ask: anybody with a token (and see their own project), or operators alone. */
export type Audience = 'member' | 'operator';

export interface OwnRoute<
  Query extends TObject = TObject,
  Body extends TSchema = TSchema,
  Rooms = PlimsollRooms,
> {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly summary: string;
  readonly audience: Audience;
  readonly query: Query;
  /** Its names are read by the handler itself, from `raw_query`. */
  readonly open_query?: string;
  /** Unknown fields are refused, so it is made of `strict` objects (body.ts). */
  readonly body?: Body;
  readonly reply: TSchema;
  /** What it can answer besides 200, 400, 401, 403, 404 and 503, in words. */
  readonly refusals?: Readonly<Record<number, string>>;
  handle(ask: Asked<Static<Query>, Static<Body>>, rooms: Rooms): Answered | Promise<Answered>;
}

export interface Asked<Query, Body = unknown> {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly raw_query: string;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a handler comes to: a body of the route's reply schema, or nothing under that name. */
export type Answered =
  | { readonly is: 'found'; readonly body: unknown }
  | { readonly is: 'stream'; readonly pieces: AsyncIterable<string> }
  | { readonly is: 'missing'; readonly what: string }
  | Refusal;

export interface Refusal {
  readonly is: 'refused';
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  /** A sentence, for people. */
  readonly message: string;
}

export const found = (body: unknown): Answered => ({ is: 'found', body });
export const missing = (what: string): Answered => ({ is: 'missing', what });
export const refused = (status: number, code: string, message: string): Refusal => ({
  is: 'refused',
  status,
  code,
  message,
});

/** The answer to a write; `words` says a refusal of the ledger's rules. */
export function written<T, No extends { readonly why: string }>(
  reply: Reply<T, No | Unavailable>,
  show: (value: T) => Answered,
  words: (refusal: No) => Answered,
): Answered {
  if (reply.is === 'done') return show(reply.value);
  if (reply.is === 'lost') {
    return refused(503, 'unavailable', 'the outcome is not known: read it again, then try again');
  }
  if (isUnavailable(reply.why)) return refused(503, 'unavailable', reply.why.message);
  return words(reply.why);
}

const isUnavailable = (why: { readonly why: string }): why is Unavailable =>
  why.why === 'unavailable';

/** Keeps a route's types while the list of routes forgets all but its rooms. */
export const own = <Query extends TObject, Body extends TSchema, Rooms = PlimsollRooms>(
  route: OwnRoute<Query, Body, Rooms>,
): OwnRoute<TObject, TSchema, Rooms> => route as unknown as OwnRoute<TObject, TSchema, Rooms>;

export const isOperator = (caller: Caller): boolean => caller.roles.includes('admin');

export const problem = (status: number, code: string, message: string): HttpResponse =>
  json(status, { code, message });

export function asRoute<Rooms>(route: OwnRoute<TObject, TSchema, Rooms>): Route<Rooms> {
  const readBody = route.body === undefined ? null : bodyOf(route.body);
  return {
    method: route.method,
    path: route.path,
    async handle(request, rooms) {
      const { caller } = request;
      if (caller === null) {
        return problem(401, 'unauthorized', 'send a valid token in X-Auth-Token');
      }
      if (route.audience === 'operator' && !isOperator(caller)) {
        return problem(403, 'forbidden', 'this needs the role admin');
      }
      const { params, headers, query: raw_query } = request;
      const query = route.open_query === undefined ? readQuery(route.query, raw_query) : {};
      if (typeof query === 'string') return problem(400, 'bad-query', query);
      const body = readBody?.(request.body) ?? done(undefined);
      if (body.is === 'no') return problem(400, 'bad-body', body.why);
      const ask = { caller, params, query, raw_query, body: body.value, headers };
      return answer(await route.handle(ask, rooms));
    },
  };
}

function answer(answered: Answered): HttpResponse {
  switch (answered.is) {
    case 'found':
      return json(200, answered.body);
    case 'missing':
      return problem(404, 'not-found', `there is no ${answered.what}`);
    case 'refused':
      return problem(answered.status, answered.code, answered.message);
    case 'stream':
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
        body: answered.pieces,
      };
  }
}

/** The query as its schema has it, or a sentence on what is wrong with it. */
function readQuery(schema: TObject, text: string): Record<string, unknown> | string {
  const values: Record<string, unknown> = {};
  const known = Object.keys(schema.properties);
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name = '', value = ''] = pair.split('=').map(unescaped);
    const property = schema.properties[name] as { type?: string; minimum?: number } | undefined;
    if (property === undefined) {
      return `unknown query ${name}; known: ${known.join(', ') || 'none'}`;
    }
    if (property.type !== 'integer') values[name] = value;
    else if (/^[0-9]{1,15}$/.test(value)) values[name] = Number(value);
    else return `${name} is ${value}; it must be a whole number from 0`;
  }
  for (const name of (schema as { required?: readonly string[] }).required ?? []) {
    if (values[name] === undefined) return `say ${name}=…; it is needed`;
  }
  return values;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
