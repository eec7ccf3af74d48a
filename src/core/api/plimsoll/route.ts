/**
 * A route of our own API on one screen: address, schemas, every status it can answer, and the
 * handler. The OpenAPI document is read from these same values, and tests check answers against
 * them, so the three cannot drift apart.
 */
import type { Static, TObject, TSchema } from 'typebox';
import { type Caller, type HttpResponse, json, type Route } from '../http.ts';
import type { PlimsollRooms } from './rooms.ts';

/** Who may ask: anybody with a token (and see their own project), or operators alone. */
export type Audience = 'member' | 'operator';

export interface OwnRoute<Query extends TObject = TObject> {
  readonly method: 'GET';
  readonly path: string;
  readonly summary: string;
  readonly audience: Audience;
  readonly query: Query;
  readonly reply: TSchema;
  handle(ask: Asked<Static<Query>>, rooms: PlimsollRooms): Answered | Promise<Answered>;
}

export interface Asked<Query> {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a handler comes to: a body of the route's reply schema, or nothing under that name. */
export type Answered =
  | { readonly is: 'found'; readonly body: unknown }
  | { readonly is: 'stream'; readonly pieces: AsyncIterable<string> }
  | { readonly is: 'missing'; readonly what: string };

export const found = (body: unknown): Answered => ({ is: 'found', body });
export const missing = (what: string): Answered => ({ is: 'missing', what });

/** Keeps a route's query type while the list of routes forgets it. */
export const own = <Query extends TObject>(route: OwnRoute<Query>): OwnRoute =>
  route as unknown as OwnRoute;

export const isOperator = (caller: Caller): boolean => caller.roles.includes('admin');

export const problem = (status: number, code: string, message: string): HttpResponse =>
  json(status, { code, message });

export function asRoute(route: OwnRoute): Route<PlimsollRooms> {
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
      const query = readQuery(route.query, request.query);
      if (typeof query === 'string') return problem(400, 'bad-query', query);
      const { params, headers } = request;
      return answer(await route.handle({ caller, params, query, headers }, rooms));
    },
  };
}

function answer(answered: Answered): HttpResponse {
  switch (answered.is) {
    case 'found':
      return json(200, answered.body);
    case 'missing':
      return problem(404, 'not-found', `there is no ${answered.what}`);
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
    else if (/^[0-9]{1,9}$/.test(value)) values[name] = Number(value);
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
