/**
 * `noauth2`: the token is the user's word for who it is. For tests only.
 *
 *   X-Auth-Token: admin            user admin, role admin
 *   X-Auth-Token: kim:blue         user kim of project blue, no roles
 *   X-Roles, X-Project-Id          take the place of what the token says
 *   OpenStack-System-Scope: all    a token of system scope, without a project
 */
import type { Caller, HttpRequest } from '../core/api/http.ts';

export function noauth(headers: HttpRequest['headers']): Caller | null {
  const token = headers['x-auth-token'];
  if (token === undefined) return null;
  const [user = '', project = user] = token.split(':', 2);
  const roles = headers['x-roles'];
  const system_scope = headers['openstack-system-scope'] === 'all';
  const project_id = headers['x-project-id'] ?? (system_scope ? null : project);
  return {
    user_id: user,
    user_name: user,
    project_id,
    project_name: project_id,
    roles: roles === undefined ? (user === 'admin' ? ['admin'] : []) : split(roles),
    system_scope,
  };
}

const split = (list: string): string[] => list.split(',').map((role) => role.trim());
