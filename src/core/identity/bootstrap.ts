/**
 * The first start: the roles, one project and one user who may do everything. The password is told
 * to whoever called, once; afterwards only its hash is known.
 */
import type { Draft } from '../ledger/draft.ts';
import type { Ledger, Unavailable } from '../ledger/ledger.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { PasswordHasher } from '../ports/passwords.ts';
import { type Decision, done, type Reply } from '../ports/reply.ts';
import { assignments, projects, roles, SYSTEM, users } from './rows.ts';

export const ROLES = ['admin', 'manager', 'member', 'reader', 'service'] as const;

/** 32 hex digits, as users and projects are named everywhere. */
export const newId = (entropy: Entropy): string => entropy.uuid().replaceAll('-', '');

export interface FirstUser {
  readonly user: string;
  readonly project: string;
  /** Null: there were users already, and nothing was changed. */
  readonly password: string | null;
}

/** Makes the first user, unless there is any. A password of one's own may be given. */
export async function bootstrapIdentity(rooms: {
  readonly ledger: Ledger;
  readonly passwords: PasswordHasher;
  readonly entropy: Entropy;
  readonly password?: string;
}): Promise<Reply<FirstUser, Unavailable>> {
  const { ledger, passwords, entropy } = rooms;
  const first = { user: 'admin', project: 'admin' };
  const there = await ledger.read((view) => view.rows(users).size > 0);
  if (there) return done({ ...first, password: null });
  const password = rooms.password ?? entropy.secret(18);
  const hash = await passwords.hash(password);
  const ids = {
    user: newId(entropy),
    project: newId(entropy),
    roles: ROLES.map(() => newId(entropy)),
  };
  return ledger.submit((draft): Decision<FirstUser, never> => {
    if (draft.rows(users).size > 0) return done({ ...first, password: null });
    write(draft, first, ids, hash);
    return done({ ...first, password });
  });
}

function write(
  draft: Draft,
  first: { readonly user: string; readonly project: string },
  ids: { readonly user: string; readonly project: string; readonly roles: readonly string[] },
  password_hash: string,
): void {
  const created_at_ms = draft.now_ms;
  for (const [at, name] of ROLES.entries()) draft.put(roles, { id: ids.roles[at] as string, name });
  draft.put(projects, {
    id: ids.project,
    name: first.project,
    enabled: true,
    description: '',
    created_at_ms,
  });
  draft.put(users, {
    id: ids.user,
    name: first.user,
    enabled: true,
    description: '',
    email: null,
    default_project_id: ids.project,
    password_hash,
    created_at_ms,
  });
  const role_id = ids.roles[0] as string;
  draft.put(assignments, { user_id: ids.user, target: ids.project, role_id });
  draft.put(assignments, { user_id: ids.user, target: SYSTEM, role_id });
}
