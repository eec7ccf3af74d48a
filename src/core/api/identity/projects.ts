/** Projects and the one domain. Lists are for administrators; one's own are at /auth/projects. */
import { Type } from 'typebox';
import { newId } from '../../identity/bootstrap.ts';
import {
  applicationCredentials,
  assignments,
  DOMAIN,
  type ProjectRow,
  projects,
  tokens,
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
  problem,
  type Refused,
  refuse,
  unauthorized,
} from './answers.ts';
import type { IdentityRooms } from './rooms.ts';
import { domainView, listView, projectView } from './views.ts';

const Name = Type.String({ minLength: 1, maxLength: 64 });
const Change = {
  description: Type.Optional(Type.String({ maxLength: 65535 })),
  enabled: Type.Optional(Type.Boolean()),
  domain_id: Type.Optional(Type.String()),
};
const Create = bodyOf(Type.Object({ project: Type.Object({ name: Name, ...Change }) }));
const Update = bodyOf(
  Type.Object({ project: Type.Object({ name: Type.Optional(Name), ...Change }) }),
);

async function list(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const query = readQuery(request.query);
  const name = lastOf(query, 'name');
  const ours = (lastOf(query, 'domain_id') ?? DOMAIN.id) === DOMAIN.id;
  const found = await rooms.ledger.read((view) => {
    const shelf = view.rows(projects);
    return ours ? [...(name === undefined ? shelf.values() : shelf.by('name', name))] : [];
  });
  const items = found.map((row) => projectView(request, row));
  return json(200, listView(request, 'projects', items));
}

async function own(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const { caller, params } = request;
  if (caller === null) return unauthorized(request);
  const user_id = params['user'] ?? caller.user_id;
  if (user_id !== caller.user_id && !caller.roles.includes('admin')) {
    return problem(request, 403, 'You may only ask for your own projects.');
  }
  const found = await rooms.ledger.read((view) => {
    const targets = new Set(
      view
        .rows(assignments)
        .by('user_id', user_id)
        .map((a) => a.target),
    );
    return [...targets].flatMap((id) => view.rows(projects).get(id) ?? []);
  });
  const items = found.filter((row) => row.enabled).map((row) => projectView(request, row));
  return json(200, listView(request, 'projects', items));
}

async function show(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const { caller, params } = request;
  if (caller === null) return unauthorized(request);
  if (caller.project_id !== params['id']) {
    const refused = needsAdmin(request);
    if (refused !== null) return refused;
  }
  const found = await rooms.ledger.read((view) => byId(view, params['id']));
  return answered(request, found, (row) => json(200, { project: projectView(request, row) }));
}

function byId(view: View, id = ''): Decision<ProjectRow, Refused> {
  const row = view.rows(projects).get(id);
  return row === undefined ? missing(`project: ${id}`) : done(row);
}

async function create(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = fromAdmin(request, Create);
  if (body.is === 'no') return body.why;
  const { name, description = '', enabled = true } = body.value.project;
  const id = newId(rooms.entropy);
  const reply = await rooms.ledger.submit((draft): Decision<ProjectRow, Refused> => {
    if (nameTaken(draft, name, id)) return refuse(409, `There is a project ${name} already.`);
    const row = { id, name, description, enabled, created_at_ms: draft.now_ms };
    draft.put(projects, row);
    return done(row);
  });
  return answered(request, reply, (row) => json(201, { project: projectView(request, row) }));
}

async function update(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const body = fromAdmin(request, Update);
  if (body.is === 'no') return body.why;
  // Other fields are Keystone's to take and not ours to keep.
  const { name, description, enabled } = body.value.project;
  const said = { name, description, enabled };
  const changes = Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  );
  const reply = await rooms.ledger.submit((draft): Decision<ProjectRow, Refused> => {
    const found = byId(draft, request.params['id']);
    if (found.is === 'no') return found;
    const row: ProjectRow = { ...found.value, ...changes };
    if (nameTaken(draft, row.name, row.id)) return refuse(409, `There is a project ${row.name}.`);
    draft.put(projects, row);
    return done(row);
  });
  return answered(request, reply, (row) => json(200, { project: projectView(request, row) }));
}

const nameTaken = (draft: Draft, name: string, id: string): boolean =>
  draft
    .rows(projects)
    .by('name', name)
    .some((row) => row.id !== id);

async function remove(request: HttpRequest, rooms: IdentityRooms): Promise<HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return refused;
  const reply = await rooms.ledger.submit((draft): Decision<void, Refused> => {
    const found = byId(draft, request.params['id']);
    if (found.is === 'no') return found;
    const { id } = found.value;
    for (const row of draft.rows(assignments).by('target', id)) draft.remove(assignments, row);
    for (const row of draft.rows(tokens).by('project_id', id)) draft.remove(tokens, row);
    for (const row of draft.rows(applicationCredentials).by('project_id', id)) {
      draft.remove(applicationCredentials, row);
    }
    draft.remove(projects, found.value);
    return done(undefined);
  });
  return answered(request, reply, () => ({ status: 204 }));
}

function domains(request: HttpRequest): HttpResponse {
  if (request.caller === null) return unauthorized(request);
  const name = lastOf(readQuery(request.query), 'name') ?? DOMAIN.name;
  const items = name === DOMAIN.name ? [domainView(request)] : [];
  return json(200, listView(request, 'domains', items));
}

function domain(request: HttpRequest): HttpResponse {
  if (request.caller === null) return unauthorized(request);
  const { id } = request.params;
  if (id !== DOMAIN.id) return problem(request, 404, `Could not find domain: ${id}.`);
  return json(200, { domain: domainView(request) });
}

export const projectRoutes: readonly Route<IdentityRooms>[] = [
  { method: 'GET', path: '/v3/auth/projects', handle: own },
  { method: 'GET', path: '/v3/users/:user/projects', handle: own },
  { method: 'GET', path: '/v3/projects', handle: list },
  { method: 'POST', path: '/v3/projects', handle: create },
  { method: 'GET', path: '/v3/projects/:id', handle: show },
  { method: 'PATCH', path: '/v3/projects/:id', handle: update },
  { method: 'DELETE', path: '/v3/projects/:id', handle: remove },
  { method: 'GET', path: '/v3/domains', handle: domains },
  { method: 'GET', path: '/v3/domains/:id', handle: domain },
];
