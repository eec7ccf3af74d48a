/**
 * Application credentials: made by their user for the project of the token, told once, taken away
 * at any time. An administrator may see and remove anybody's, and make nobody's but their own.
 *
 *   POST ─► 201 with the secret     GET ─► without it, ever     DELETE ─► its tokens end too
 *
 * A credential that is not `unrestricted` may not handle credentials: a stolen one makes no more.
 */
import { Type } from 'typebox';
import { newId } from '../../identity/bootstrap.ts';
import {
  type ApplicationCredentialRow,
  applicationCredentials,
  roles,
  tokens,
} from '../../identity/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import { bodyOf } from '../body.ts';
import { type Caller, type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { lastOf, readQuery } from '../query.ts';
import { momentOf } from '../times.ts';
import { answered, missing, problem, type Refused, refuse, unauthorized } from './answers.ts';
import type { IdentityRooms } from './rooms.ts';
import { applicationCredentialView, listView } from './views.ts';

const SECRET_BYTES = 48;
/** Credentials of one user. */
const CREDENTIALS_MAX = 100;

const Text = Type.String({ maxLength: 4096 });
const Create = bodyOf(
  Type.Object({
    application_credential: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 255 }),
      secret: Type.Optional(
        Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
      ),
      description: Type.Optional(Type.Union([Text, Type.Null()])),
      expires_at: Type.Optional(Type.Union([Text, Type.Null()])),
      unrestricted: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
      roles: Type.Optional(
        Type.Array(Type.Object({ id: Type.Optional(Text), name: Type.Optional(Text) }), {
          maxItems: 100,
        }),
      ),
      access_rules: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
    }),
  }),
);

async function create(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const allowed = owner(request, 'change');
  if (allowed.is === 'no') return allowed.why;
  const caller = allowed.value;
  if (caller.user_id !== request.params['user']) return others(request);
  const body = Create(request.body);
  if (body.is === 'no') return problem(request, 400, body.why);
  const asked = body.value.application_credential;
  const secret = asked.secret ?? rooms.entropy.secret(SECRET_BYTES);
  const fresh = { id: newId(rooms.entropy), secret_hash: await rooms.passwords.hash(secret) };
  const reply = await rooms.ledger.submit((draft): Decision<Shown, Refused> => {
    const row = credentialOf(draft, { asked, caller, fresh, now_ms: draft.now_ms });
    if (row.is === 'no') return row;
    draft.put(applicationCredentials, row.value);
    return done({ row: row.value, ids: roleIds(draft) });
  });
  return answered(request, reply, ({ row, ids }) =>
    json(201, {
      application_credential: { ...applicationCredentialView(request, row, ids), secret },
    }),
  );
}

interface Wanted {
  readonly asked: {
    readonly name: string;
    readonly description?: string | null;
    readonly expires_at?: string | null;
    readonly unrestricted?: boolean | null;
    readonly roles?: readonly { readonly id?: string; readonly name?: string }[];
  };
  readonly caller: Caller;
  readonly fresh: Pick<ApplicationCredentialRow, 'id' | 'secret_hash'>;
  readonly now_ms: number;
}

function credentialOf(view: View, wanted: Wanted): Decision<ApplicationCredentialRow, Refused> {
  const { asked, caller, fresh, now_ms } = wanted;
  if (caller.project_id === null) return refuse(400, 'It needs a token of a project.');
  const there = view.rows(applicationCredentials).by('user_id', caller.user_id);
  if (there.some(({ name }) => name === asked.name)) {
    return refuse(409, `There is an application credential ${asked.name} already.`);
  }
  if (there.length >= CREDENTIALS_MAX) return refuse(403, `More than ${CREDENTIALS_MAX} of them.`);
  const expires_at_ms = asked.expires_at == null ? null : momentOf(asked.expires_at);
  if (asked.expires_at != null && (expires_at_ms === null || expires_at_ms <= now_ms)) {
    return refuse(400, 'expires_at must be a moment to come, e.g. 2030-01-01T00:00:00.');
  }
  const names = rolesOf(view, asked.roles, caller);
  if (names.is === 'no') return names;
  return done({
    ...fresh,
    name: asked.name,
    user_id: caller.user_id,
    project_id: caller.project_id,
    description: asked.description ?? '',
    roles: names.value,
    unrestricted: asked.unrestricted ?? false,
    expires_at_ms,
    created_at_ms: now_ms,
  });
}

/** The names of the roles asked for, which must be the caller's; without a word, all of those. */
function rolesOf(
  view: View,
  asked: Wanted['asked']['roles'],
  caller: Caller,
): Decision<readonly string[], Refused> {
  if (asked === undefined || asked.length === 0) return done(caller.roles);
  const names = asked.map(({ id, name }) => name ?? view.rows(roles).get(id ?? '')?.name ?? '');
  const foreign = names.findIndex((name) => !caller.roles.includes(name));
  if (foreign < 0) return done([...new Set(names)]);
  const { id, name } = asked[foreign] ?? {};
  return refuse(400, `You do not have the role ${name ?? id ?? ''} there yourself.`);
}

interface Shown {
  readonly row: ApplicationCredentialRow;
  readonly ids: ReadonlyMap<string, string>;
}

const roleIds = (view: View): ReadonlyMap<string, string> =>
  new Map([...view.rows(roles).values()].map(({ name, id }) => [name, id]));

/** The caller, who must be the user of the path, or an administrator. */
function owner(request: HttpRequest, what: 'look' | 'change'): Decision<Caller, HttpResponse> {
  const { caller, params } = request;
  if (caller === null) return no(unauthorized(request));
  if (what === 'change' && caller.application_credential?.restricted === true) {
    return no(problem(request, 403, 'A restricted application credential may not change any.'));
  }
  const may = caller.user_id === params['user'] || caller.roles.includes('admin');
  return may ? done(caller) : no(others(request));
}

const others = (request: HttpRequest): HttpResponse =>
  problem(request, 403, 'Application credentials are their own user’s.');

function find(view: View, { params }: HttpRequest): Decision<ApplicationCredentialRow, Refused> {
  const row = view.rows(applicationCredentials).get(params['id'] ?? '');
  return row === undefined || row.user_id !== params['user']
    ? missing(`application credential: ${params['id']}`)
    : done(row);
}

async function list(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const allowed = owner(request, 'look');
  if (allowed.is === 'no') return allowed.why;
  const name = lastOf(readQuery(request.query), 'name');
  const items = await rooms.ledger.read((view) =>
    view
      .rows(applicationCredentials)
      .by('user_id', request.params['user'] ?? '')
      .filter((row) => name === undefined || row.name === name)
      .map((row) => applicationCredentialView(request, row, roleIds(view))),
  );
  return json(200, listView(request, 'application_credentials', items));
}

async function show(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const allowed = owner(request, 'look');
  if (allowed.is === 'no') return allowed.why;
  const found = await rooms.ledger.read((view): Decision<Shown, Refused> => {
    const row = find(view, request);
    return row.is === 'no' ? row : done({ row: row.value, ids: roleIds(view) });
  });
  return answered(request, found, ({ row, ids }) =>
    json(200, { application_credential: applicationCredentialView(request, row, ids) }),
  );
}

async function remove(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const allowed = owner(request, 'change');
  if (allowed.is === 'no') return allowed.why;
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const found = find(draft, request);
    if (found.is === 'no') return found;
    for (const row of draft.rows(tokens).by('user_id', found.value.user_id)) {
      if (row.application_credential_id === found.value.id) draft.remove(tokens, row);
    }
    draft.remove(applicationCredentials, found.value);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

const PATH = '/v3/users/:user/application_credentials';

export const applicationCredentialRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'GET', path: PATH, handle: list },
  { method: 'POST', path: PATH, handle: create },
  { method: 'GET', path: `${PATH}/:id`, handle: show },
  { method: 'DELETE', path: `${PATH}/:id`, handle: remove },
];
