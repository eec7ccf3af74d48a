/**
 * Tokens: logging in, asking whose a token is, logging out.
 *
 *   POST   /v3/auth/tokens    proof and scope ─► 201, the token in X-Subject-Token
 *   GET    /v3/auth/tokens    whose X-Subject-Token is (one's own, or any for admin and service)
 *   DELETE /v3/auth/tokens    ends it
 */
import { Type } from 'typebox';
import type { Session } from '../../identity/directory.ts';
import type { Login, LoginRefusal, Proof, Scope } from '../../identity/login.ts';
import { roles, type TokenRow } from '../../identity/rows.ts';
import type { Reply } from '../../ports/reply.ts';
import { bodyOf } from '../body.ts';
import { type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { problem, unauthorized } from './answers.ts';
import { catalog } from './catalog.ts';
import type { IdentityRooms } from './rooms.ts';
import { tokenView } from './views.ts';

const Text = Type.String({ maxLength: 4096 });
const Domain = Type.Object({ id: Type.Optional(Text), name: Type.Optional(Text) });
const Named = {
  id: Type.Optional(Text),
  name: Type.Optional(Text),
  domain: Type.Optional(Domain),
};
const Auth = bodyOf(
  Type.Object({
    auth: Type.Object({
      identity: Type.Object({
        methods: Type.Array(Text, { minItems: 1, maxItems: 4 }),
        password: Type.Optional(Type.Object({ user: Type.Object({ ...Named, password: Text }) })),
        token: Type.Optional(Type.Object({ id: Text })),
        application_credential: Type.Optional(
          Type.Object({
            id: Type.Optional(Text),
            name: Type.Optional(Text),
            secret: Text,
            user: Type.Optional(Type.Object(Named)),
          }),
        ),
      }),
      scope: Type.Optional(
        Type.Union([
          Type.Literal('unscoped'),
          Type.Object({
            project: Type.Optional(Type.Object(Named)),
            system: Type.Optional(Type.Object({ all: Type.Boolean() })),
            unscoped: Type.Optional(Type.Object({})),
          }),
        ]),
      ),
    }),
  }),
);

const METHODS = 'The login methods are password, token and application_credential.';

async function logIn(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = Auth(request.body);
  if (body.is === 'no') return problem(request, 400, body.why);
  const { identity, scope } = body.value.auth;
  const proof = proofOf(identity);
  if (proof === null) return problem(request, 401, METHODS);
  if (proof.by === 'application_credential' && scope !== undefined) {
    return problem(request, 401, 'An application credential has its own scope; leave scope out.');
  }
  const where = scopeOf(scope);
  if (where === null) return problem(request, 400, 'The scope is a project, the system, or none.');
  return loggedIn(request, rooms, await rooms.logins.login(proof, where));
}

function proofOf(identity: {
  methods: string[];
  password?: { user: { password: string } & object };
  token?: { id: string };
  application_credential?: { secret: string };
}): Proof | null {
  const [method, ...others] = identity.methods;
  if (others.length > 0) return null;
  if (method === 'token' && identity.token !== undefined) {
    return { by: 'token', token: identity.token.id };
  }
  if (method === 'application_credential' && identity.application_credential !== undefined) {
    return { by: 'application_credential', ...identity.application_credential };
  }
  if (method !== 'password' || identity.password === undefined) return null;
  const { password, ...user } = identity.password.user;
  return { by: 'password', user, password };
}

function scopeOf(scope: unknown): Scope | null {
  if (scope === undefined) return { to: 'default' };
  const { project, system, unscoped } = scope as Record<string, never>;
  if (scope === 'unscoped' || unscoped !== undefined) return { to: 'unscoped' };
  if (project !== undefined) return { to: 'project', project };
  return system === undefined ? null : { to: 'system' };
}

async function loggedIn(
  request: HttpRequest,
  rooms: IdentityRooms,
  reply: Reply<Login, LoginRefusal>,
): Promise<HttpResponse> {
  if (reply.is === 'lost') return problem(request, 503, 'Try again.');
  if (reply.is === 'done') {
    return shown(request, rooms, reply.value.row, 201, reply.value.token);
  }
  switch (reply.why.why) {
    case 'unauthorized':
      return unauthorized(request);
    case 'busy':
      return problem(request, 429, 'Too many logins at once; try again in a second.');
    case 'unavailable':
      return problem(request, 503, reply.why.message);
  }
}

async function shown(
  request: HttpRequest,
  rooms: IdentityRooms,
  row: TokenRow,
  status: number,
  token: string,
): Promise<HttpResponse> {
  const session = rooms.directory.sessionOf(row);
  if (session === null) return unauthorized(request);
  const ids = await rooms.ledger.read(
    (view) => new Map([...view.rows(roles).values()].map((role) => [role.name, role.id])),
  );
  const body = { token: tokenView(request, row, session, ids) };
  return json(status, body, { 'x-subject-token': token, vary: 'X-Auth-Token' });
}

/** The token that is asked about, if the caller may ask; otherwise what to answer. */
function subject(
  request: HttpRequest,
  { directory }: IdentityRooms,
): { readonly token: string; readonly row: TokenRow; readonly session: Session } | HttpResponse {
  const { caller, headers } = request;
  if (caller === null) return unauthorized(request);
  const token = headers['x-subject-token'];
  if (token === undefined) return problem(request, 400, 'X-Subject-Token is missing.');
  const row = directory.token(token);
  const session = row === null ? null : directory.sessionOf(row);
  if (row === null || session === null) return problem(request, 404, 'There is no such token.');
  const may = caller.roles.some((role) => role === 'admin' || role === 'service');
  if (!may && row.user_id !== caller.user_id) {
    return problem(request, 403, 'You are not authorized to ask about that token.');
  }
  return { token, row, session };
}

async function show(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const found = subject(request, rooms);
  return 'status' in found ? found : shown(request, rooms, found.row, 200, found.token);
}

async function check(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const answer = await show(request, rooms);
  return { status: answer.status, headers: answer.headers ?? {} };
}

async function revoke(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const found = subject(request, rooms);
  if ('status' in found) return found;
  const reply = await rooms.logins.revoke(found.token);
  return reply.is === 'done' ? { status: 204 } : problem(request, 503, 'Try again.');
}

function showCatalog(request: HttpRequest): HttpResponse {
  if (request.caller === null) return unauthorized(request);
  return json(200, { catalog: catalog(request.origin), links: {} });
}

export const tokenRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'POST', path: '/v3/auth/tokens', handle: logIn },
  { method: 'GET', path: '/v3/auth/tokens', handle: show },
  { method: 'HEAD', path: '/v3/auth/tokens', handle: check },
  { method: 'DELETE', path: '/v3/auth/tokens', handle: revoke },
  { method: 'GET', path: '/v3/auth/catalog', handle: showCatalog },
];
