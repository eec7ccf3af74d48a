/** Roles, and who has which on what: PUT and DELETE of an assignment may be repeated at will. */
import { Type } from 'typebox';
import { keyOf } from '../../base/table.ts';
import { newId } from '../../identity/bootstrap.ts';
import {
  type AssignmentRow,
  assignments,
  DOMAIN,
  projects,
  type RoleRow,
  roles,
  SYSTEM,
  users,
} from '../../identity/rows.ts';
import type { View } from '../../ledger/draft.ts';
import type { ReadShelf } from '../../ledger/shelf.ts';
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
import { listView, roleView } from './views.ts';

const Create = bodyOf(
  Type.Object({ role: Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) }) }),
);

async function list(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  if (request.caller === null) return unauthorized(request);
  const name = lastOf(readQuery(request.query), 'name');
  const found = await rooms.ledger.read((view) => {
    const shelf = view.rows(roles);
    return [...(name === undefined ? shelf.values() : shelf.by('name', name))];
  });
  const items = found.map((row) => roleView(request, row));
  return json(200, listView(request, 'roles', items));
}

async function show(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  if (request.caller === null) return unauthorized(request);
  const id = request.params['id'] ?? '';
  const found = await rooms.ledger.read((view): Decision<RoleRow, Refused> => {
    const row = view.rows(roles).get(id);
    return row === undefined ? missing(`role: ${id}`) : done(row);
  });
  return answered(request, found, (row) => json(200, { role: roleView(request, row) }));
}

async function create(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = fromAdmin(request, Create);
  if (body.is === 'no') return body.why;
  const { name } = body.value.role;
  const id = newId(rooms.entropy);
  const reply = await rooms.ledger.submit((draft): Decision<RoleRow, Refused> => {
    const taken = draft.rows(roles).by('name', name).length > 0;
    if (taken) return refuse(409, `There is a role ${name} already.`);
    draft.put(roles, { id, name });
    return done({ id, name });
  });
  return answered(request, reply, (row) => json(201, { role: roleView(request, row) }));
}

async function remove(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const id = request.params['id'] ?? '';
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const row = draft.rows(roles).get(id);
    if (row === undefined) return missing(`role: ${id}`);
    for (const held of draft.rows(assignments).by('role_id', id)) draft.remove(assignments, held);
    draft.remove(roles, row);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

/** The assignment that the path names, if all of its parts exist. */
function named(view: View, request: HttpRequest) {
  const { project = SYSTEM, user = '', role = '' } = request.params;
  if (project !== SYSTEM && !view.rows(projects).has(project))
    return missing(`project: ${project}`);
  if (!view.rows(users).has(user)) return missing(`user: ${user}`);
  if (!view.rows(roles).has(role)) return missing(`role: ${role}`);
  return done({ user_id: user, target: project, role_id: role });
}

async function assign(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const assignment = named(draft, request);
    if (assignment.is === 'no') return assignment;
    draft.put(assignments, assignment.value);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

async function unassign(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const assignment = named(draft, request);
    if (assignment.is === 'no') return assignment;
    const { user_id, target, role_id } = assignment.value;
    const row = draft.rows(assignments).get(keyOf(user_id, target, role_id));
    if (row === undefined) return missing('role assignment');
    draft.remove(assignments, row);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

async function held(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const { project = SYSTEM, user = '' } = request.params;
  const found = await rooms.ledger.read((view) =>
    view
      .rows(assignments)
      .by('user_id', user)
      .filter(({ target }) => target === project)
      .flatMap(({ role_id }) => view.rows(roles).get(role_id) ?? []),
  );
  const items = found.map((row) => roleView(request, row));
  return json(200, listView(request, 'roles', items));
}

async function allAssignments(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const query = readQuery(request.query);
  const [user, project] = [lastOf(query, 'user.id'), lastOf(query, 'scope.project.id')];
  const named = NAMED.has((lastOf(query, 'include_names') ?? 'false').toLowerCase());
  const items = await rooms.ledger.read((view) =>
    [...view.rows(assignments).values()]
      .filter((row) => (user ?? row.user_id) === row.user_id)
      .filter((row) => (project ?? row.target) === row.target)
      .map((row) => assignmentView(view, row, named)),
  );
  return json(200, listView(request, 'role_assignments', items));
}

/** What `include_names` may say for yes; nothing is one of them, for the bare name of the query. */
const NAMED: ReadonlySet<string> = new Set(['', '1', 'true']);

function assignmentView(view: View, row: AssignmentRow, named: boolean) {
  const { user_id, target, role_id } = row;
  const nameIn = (shelf: ReadShelf<{ readonly name: string }>, id: string) =>
    named ? { name: shelf.get(id)?.name ?? '' } : {};
  const domain = named ? { domain: DOMAIN } : {};
  const project = { id: target, ...nameIn(view.rows(projects), target), ...domain };
  return {
    user: { id: user_id, ...nameIn(view.rows(users), user_id), ...domain },
    role: { id: role_id, ...nameIn(view.rows(roles), role_id) },
    scope: target === SYSTEM ? { system: { all: true } } : { project },
    links: {},
  };
}

const ON_PROJECT = '/v3/projects/:project/users/:user/roles';
const ON_SYSTEM = '/v3/system/users/:user/roles';

export const roleRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'GET', path: '/v3/roles', handle: list },
  { method: 'POST', path: '/v3/roles', handle: create },
  { method: 'GET', path: '/v3/roles/:id', handle: show },
  { method: 'DELETE', path: '/v3/roles/:id', handle: remove },
  { method: 'GET', path: '/v3/role_assignments', handle: allAssignments },
  ...[ON_PROJECT, ON_SYSTEM].flatMap((path): Route<IdentityRooms>[] => [
    { method: 'GET', path, handle: held },
    { method: 'PUT', path: `${path}/:role`, handle: assign },
    { method: 'DELETE', path: `${path}/:role`, handle: unassign },
  ]),
];
