/**
 * Users. A new or changed password is hashed before the ledger is asked, so that no batch waits for
 * it; changing or disabling a user ends the tokens that are out.
 */
import { Type } from 'typebox';
import { newId } from '../../identity/bootstrap.ts';
import {
  applicationCredentials,
  assignments,
  keypairs,
  tokens,
  type UserRow,
  users,
} from '../../identity/rows.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { bodyOf } from '../body.ts';
import { type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { lastOf, readQuery } from '../query.ts';
import {
  answered,
  fromAdmin,
  missing,
  needsAdmin,
  type Refused,
  refuse,
  unauthorized,
} from './answers.ts';
import type { IdentityRooms } from './rooms.ts';
import { listView, userView } from './views.ts';

const Text = Type.String({ maxLength: 4096 });
const Name = Type.String({ minLength: 1, maxLength: 255 });
const Change = {
  password: Type.Optional(Text),
  description: Type.Optional(Text),
  email: Type.Optional(Type.Union([Text, Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
  default_project_id: Type.Optional(Type.Union([Text, Type.Null()])),
};
const Create = bodyOf(Type.Object({ user: Type.Object({ name: Name, ...Change }) }));
const Update = bodyOf(Type.Object({ user: Type.Object({ name: Type.Optional(Name), ...Change }) }));

async function list(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const name = lastOf(readQuery(request.query), 'name');
  const found = await rooms.ledger.read((view) => {
    const shelf = view.rows(users);
    return [...(name === undefined ? shelf.values() : shelf.by('name', name))];
  });
  const items = found.map((row) => userView(request, row));
  return json(200, listView(request, 'users', items));
}

async function show(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const { caller, params } = request;
  if (caller === null) return unauthorized(request);
  if (caller.user_id !== params['id']) {
    const refused = needsAdmin(request);
    if (refused !== null) return refused;
  }
  const found = await rooms.ledger.read((view) => byId(view, params['id']));
  return answered(request, found, (row) => json(200, { user: userView(request, row) }));
}

function byId(view: View, id = ''): Decision<UserRow, Refused> {
  const row = view.rows(users).get(id);
  return row === undefined ? missing(`user: ${id}`) : done(row);
}

async function create(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = fromAdmin(request, Create);
  if (body.is === 'no') return body.why;
  const { password, ...about } = body.value.user;
  const password_hash = password === undefined ? null : await rooms.passwords.hash(password);
  const id = newId(rooms.entropy);
  const reply = await rooms.ledger.submit((draft): Decision<UserRow, Refused> => {
    if (nameTaken(draft, about.name, id)) return refuse(409, `There is a user ${about.name}.`);
    const row = fresh(id, password_hash, draft.now_ms, about);
    draft.put(users, row);
    return done(row);
  });
  return answered(request, reply, (row) => json(201, { user: userView(request, row) }));
}

const fresh = (
  id: string,
  password_hash: string | null,
  created_at_ms: number,
  about: Pick<UserRow, 'name'> & Partial<UserRow>,
): UserRow => ({
  id,
  name: about.name,
  enabled: about.enabled ?? true,
  description: about.description ?? '',
  email: about.email ?? null,
  default_project_id: about.default_project_id ?? null,
  password_hash,
  created_at_ms,
});

async function update(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = fromAdmin(request, Update);
  if (body.is === 'no') return body.why;
  const { password, name, description, email, enabled, default_project_id } = body.value.user;
  const about = { name, description, email, enabled, default_project_id };
  const hash =
    password === undefined ? {} : { password_hash: await rooms.passwords.hash(password) };
  const said = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
  const reply = await rooms.ledger.submit((draft): Decision<UserRow, Refused> => {
    const found = byId(draft, request.params['id']);
    if (found.is === 'no') return found;
    const row: UserRow = { ...found.value, ...said, ...hash };
    if (nameTaken(draft, row.name, row.id)) return refuse(409, `There is a user ${row.name}.`);
    draft.put(users, row);
    if (password !== undefined || enabled === false) endTokens(draft, row.id);
    return done(row);
  });
  return answered(request, reply, (row) => json(200, { user: userView(request, row) }));
}

const nameTaken = (draft: Draft, name: string, id: string): boolean =>
  draft
    .rows(users)
    .by('name', name)
    .some((row) => row.id !== id);

function endTokens(draft: Draft, user_id: string): void {
  for (const row of draft.rows(tokens).by('user_id', user_id)) draft.remove(tokens, row);
}

async function remove(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const found = byId(draft, request.params['id']);
    if (found.is === 'no') return found;
    const { id } = found.value;
    endTokens(draft, id);
    for (const row of draft.rows(assignments).by('user_id', id)) draft.remove(assignments, row);
    for (const row of draft.rows(keypairs).by('user_id', id)) draft.remove(keypairs, row);
    for (const row of draft.rows(applicationCredentials).by('user_id', id)) {
      draft.remove(applicationCredentials, row);
    }
    draft.remove(users, found.value);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

export const userRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'GET', path: '/v3/users', handle: list },
  { method: 'POST', path: '/v3/users', handle: create },
  { method: 'GET', path: '/v3/users/:id', handle: show },
  { method: 'PATCH', path: '/v3/users/:id', handle: update },
  { method: 'DELETE', path: '/v3/users/:id', handle: remove },
];
