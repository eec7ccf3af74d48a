/** Users, projects, roles and tokens as Keystone's API shows them. */
import type { Session } from '../../identity/directory.ts';
import {
  type ApplicationCredentialRow,
  DOMAIN,
  type ProjectRow,
  type RoleRow,
  type TokenRow,
  type UserRow,
} from '../../identity/rows.ts';
import type { HttpRequest } from '../http.ts';
import { micros, microsZ } from '../times.ts';
import { base } from './answers.ts';
import { catalog } from './catalog.ts';

export const projectView = (request: HttpRequest, row: ProjectRow) => ({
  id: row.id,
  name: row.name,
  domain_id: DOMAIN.id,
  description: row.description,
  enabled: row.enabled,
  parent_id: DOMAIN.id,
  is_domain: false,
  tags: [],
  options: {},
  links: { self: `${base(request)}/projects/${row.id}` },
});

export const userView = (request: HttpRequest, row: UserRow) => ({
  id: row.id,
  name: row.name,
  domain_id: DOMAIN.id,
  enabled: row.enabled,
  ...(row.description === '' ? {} : { description: row.description }),
  ...(row.email === null ? {} : { email: row.email }),
  ...(row.default_project_id === null ? {} : { default_project_id: row.default_project_id }),
  password_expires_at: null,
  options: {},
  links: { self: `${base(request)}/users/${row.id}` },
});

export const roleView = (request: HttpRequest, row: RoleRow) => ({
  id: row.id,
  name: row.name,
  domain_id: null,
  description: null,
  options: {},
  links: { self: `${base(request)}/roles/${row.id}` },
});

export const domainView = (request: HttpRequest) => ({
  ...DOMAIN,
  description: 'The only domain',
  enabled: true,
  tags: [],
  options: {},
  links: { self: `${base(request)}/domains/${DOMAIN.id}` },
});

/** The roles by name, as they are kept; `ids` tells what each is called else. */
export const applicationCredentialView = (
  request: HttpRequest,
  row: ApplicationCredentialRow,
  ids: ReadonlyMap<string, string>,
) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  user_id: row.user_id,
  project_id: row.project_id,
  system: null,
  roles: row.roles.map((name) => ({ id: ids.get(name) ?? name, name, domain_id: null })),
  unrestricted: row.unrestricted,
  expires_at: row.expires_at_ms === null ? null : micros(row.expires_at_ms),
  links: { self: `${base(request)}/users/${row.user_id}/application_credentials/${row.id}` },
});

/** A list and its links, e.g. `{projects: [...], links: {...}}`. */
export const listView = (request: HttpRequest, name: string, items: readonly unknown[]) => ({
  [name]: items,
  links: { next: null, self: `${base(request)}${request.path.slice(3)}`, previous: null },
});

export function tokenView(
  request: HttpRequest,
  row: TokenRow,
  session: Session,
  roleIds: ReadonlyMap<string, string>,
): unknown {
  const { project_id, project_name, application_credential } = session;
  const scoped = project_id !== null || session.system_scope;
  return {
    methods: row.methods,
    user: { id: row.user_id, name: session.user_name, domain: DOMAIN, password_expires_at: null },
    audit_ids: [row.audit_id],
    issued_at: microsZ(row.issued_at_ms),
    expires_at: microsZ(row.expires_at_ms),
    ...(project_id === null
      ? {}
      : { project: { id: project_id, name: project_name, domain: DOMAIN }, is_domain: false }),
    ...(application_credential === undefined ? {} : { application_credential }),
    ...(session.system_scope ? { system: { all: true } } : {}),
    ...(scoped
      ? {
          roles: session.roles.map((name) => ({ id: roleIds.get(name) ?? name, name })),
          catalog: catalog(request.origin),
        }
      : {}),
  };
}
