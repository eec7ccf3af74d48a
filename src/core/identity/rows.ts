/**
 * The tables of identity: who there is, what they may do where, and which tokens are out.
 *
 *   user ──┐
 *   role ──┼── assignment ──► project, or the system
 *          │
 *   token ─┼── one login: a user, perhaps a project; its text is nowhere, only its digest
 *          │
 *   application credential ── a secret of a user's for one project, with some of their roles there
 *
 * There is one domain, `default`. Passwords are kept as slow hashes, tokens as digests (P1–P3 of
 * ports/passwords.ts), so a stolen database lets nobody in.
 */
import { table } from '../base/table.ts';

export const DOMAIN = { id: 'default', name: 'Default' } as const;

/** The target of an assignment that is not a project's. */
export const SYSTEM = 'system';

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly email: string | null;
  readonly default_project_id: string | null;
  /** Null: this user cannot log in by password. */
  readonly password_hash: string | null;
  readonly created_at_ms: number;
}

export interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly created_at_ms: number;
}

export interface RoleRow {
  readonly id: string;
  readonly name: string;
}

export interface AssignmentRow {
  readonly user_id: string;
  /** A project's id, or `system`. */
  readonly target: string;
  readonly role_id: string;
}

export interface TokenRow {
  readonly digest: string;
  readonly user_id: string;
  readonly project_id: string | null;
  readonly system_scope: boolean;
  readonly methods: readonly string[];
  readonly audit_id: string;
  readonly issued_at_ms: number;
  readonly expires_at_ms: number;
  /** The credential that it was got with, which bounds what it may; null: none. */
  readonly application_credential_id: string | null;
}

/** What a program logs in with instead of its user's password. */
export interface ApplicationCredentialRow {
  readonly id: string;
  readonly name: string;
  readonly user_id: string;
  readonly project_id: string;
  readonly description: string;
  /** Hashed as slowly as a password: its owner may have chosen it. */
  readonly secret_hash: string;
  /** Names of roles: it never brings more than these, nor more than its user still has. */
  readonly roles: readonly string[];
  /** May make and take away credentials itself. */
  readonly unrestricted: boolean;
  readonly expires_at_ms: number | null;
  readonly created_at_ms: number;
}

/** A public key that its user may name when making a server. */
export interface KeypairRow {
  readonly user_id: string;
  readonly name: string;
  readonly type: 'ssh' | 'x509';
  readonly public_key: string;
  readonly fingerprint: string;
  /** The compute API shows a number. */
  readonly id: number;
  readonly created_at_ms: number;
}

export const users = table<UserRow>({
  name: 'identity_user',
  columns: {
    id: 'text',
    name: 'text',
    enabled: 'boolean',
    description: 'text',
    email: 'text?',
    default_project_id: 'text?',
    password_hash: 'text?',
    created_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['name'],
});

export const projects = table<ProjectRow>({
  name: 'identity_project',
  columns: {
    id: 'text',
    name: 'text',
    enabled: 'boolean',
    description: 'text',
    created_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['name'],
});

export const roles = table<RoleRow>({
  name: 'identity_role',
  columns: { id: 'text', name: 'text' },
  primary: ['id'],
  indexes: ['name'],
});

export const assignments = table<AssignmentRow>({
  name: 'identity_assignment',
  columns: { user_id: 'text', target: 'text', role_id: 'text' },
  primary: ['user_id', 'target', 'role_id'],
  indexes: ['user_id', 'target', 'role_id'],
});

export const tokens = table<TokenRow>({
  name: 'identity_token',
  columns: {
    digest: 'text',
    user_id: 'text',
    project_id: 'text?',
    system_scope: 'boolean',
    methods: 'json',
    audit_id: 'text',
    issued_at_ms: 'integer',
    expires_at_ms: 'integer',
    application_credential_id: 'text?',
  },
  primary: ['digest'],
  indexes: ['user_id', 'project_id'],
});

export const applicationCredentials = table<ApplicationCredentialRow>({
  name: 'identity_application_credential',
  columns: {
    id: 'text',
    name: 'text',
    user_id: 'text',
    project_id: 'text',
    description: 'text',
    secret_hash: 'text',
    roles: 'json',
    unrestricted: 'boolean',
    expires_at_ms: 'integer?',
    created_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['user_id', 'project_id'],
});

export const keypairs = table<KeypairRow>({
  name: 'identity_keypair',
  columns: {
    user_id: 'text',
    name: 'text',
    type: 'text',
    public_key: 'text',
    fingerprint: 'text',
    id: 'integer',
    created_at_ms: 'integer',
  },
  primary: ['user_id', 'name'],
  indexes: ['user_id'],
});

export const identityTables = [
  users,
  projects,
  roles,
  assignments,
  tokens,
  applicationCredentials,
  keypairs,
] as const;
