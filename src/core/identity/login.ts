/**
 * Login: a proof of who asks, and where to, becomes a token.
 *
 *   proof ─► who is it? ─► (password, slowly) ─► one ledger request: scope, roles, token row
 *
 * The scope is decided on the newest state, together with the writing of the token, so a project
 * disabled a moment ago gives none. Every failure of a proof looks the same from outside.
 */
import type { Draft, View } from '../ledger/draft.ts';
import type { Ledger, Unavailable } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { PasswordHasher } from '../ports/passwords.ts';
import { type Decision, done, no, type Reply } from '../ports/reply.ts';
import type { Directory } from './directory.ts';
import { Guesses } from './guesses.ts';
import {
  type ApplicationCredentialRow,
  applicationCredentials,
  assignments,
  DOMAIN,
  projects,
  SYSTEM,
  type TokenRow,
  tokens,
  type UserRow,
  users,
} from './rows.ts';

/** By id, or by name in a domain (by id or name). */
export type Named = {
  readonly id?: string;
  readonly name?: string;
  readonly domain?: { readonly id?: string; readonly name?: string };
};
export type Proof =
  | { readonly by: 'password'; readonly user: Named; readonly password: string }
  | { readonly by: 'token'; readonly token: string }
  | ({ readonly by: 'application_credential'; readonly secret: string } & CredentialNamed);
/** By id, or by name among its user's. */
interface CredentialNamed {
  readonly id?: string;
  readonly name?: string;
  readonly user?: Named;
}
type ByPassword = Extract<Proof, { by: 'password' }>;
type ByCredential = Extract<Proof, { by: 'application_credential' }>;
export type Scope =
  | { readonly to: 'project'; readonly project: Named }
  | { readonly to: 'system' }
  | { readonly to: 'unscoped' }
  /** Nothing was said: the user's default project, if there is one. */
  | { readonly to: 'default' };

export interface Login {
  /** The text itself: told once, kept nowhere. */
  readonly token: string;
  readonly row: TokenRow;
}
export type LoginRefusal =
  | Unavailable
  /** Wrong proof, or nothing to do there; never said which. */
  | { readonly why: 'unauthorized' }
  /** Too many logins at this moment: try again in a second. */
  | { readonly why: 'busy' };

export const TOKEN_LIFE_MS = 12 * 3600 * 1000;
const TOKEN_BYTES = 32;
/** Password checks that may wait or run at once; more are refused, not queued. */
const CHECKS_AT_ONCE_MAX = 64;
/** Live tokens of one user; the oldest go first. */
const TOKENS_PER_USER_MAX = 1000;

export class Logins {
  readonly #ledger: Ledger;
  readonly #directory: Directory;
  readonly #passwords: PasswordHasher;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #guesses = new Guesses();
  #checks = 0;
  /** Checked against when there is no such user, so that it takes as long. */
  #nobody: Promise<string> | null = null;

  constructor(rooms: {
    ledger: Ledger;
    directory: Directory;
    passwords: PasswordHasher;
    clock: Clock;
    entropy: Entropy;
  }) {
    this.#ledger = rooms.ledger;
    this.#directory = rooms.directory;
    this.#passwords = rooms.passwords;
    this.#clock = rooms.clock;
    this.#entropy = rooms.entropy;
  }

  async login(proof: Proof, scope: Scope): Promise<Reply<Login, LoginRefusal>> {
    const proved = proof.by === 'token' ? this.#byToken(proof.token) : await this.#checked(proof);
    if (proved.is !== 'done') return proved;
    const token = this.#entropy.secret(TOKEN_BYTES);
    const fresh = {
      digest: this.#passwords.digest(token),
      audit_id: this.#entropy.secret(16),
      ...proved.value,
    };
    const reply = await this.#ledger.submit((draft) => issue(draft, fresh, scope));
    return reply.is === 'done' ? done({ token, row: reply.value }) : reply;
  }

  /** Ends a token; one that is already gone is no matter. */
  revoke(token: string): Promise<Reply<void, Unavailable>> {
    const digest = this.#passwords.digest(token);
    return this.#ledger.submit<void, never>((draft) => {
      const row = draft.rows(tokens).get(digest);
      if (row !== undefined) draft.remove(tokens, row);
      return done(undefined);
    });
  }

  #byToken(text: string): Decision<Proved, LoginRefusal> {
    const row = this.#directory.token(text);
    if (row === null || this.#directory.sessionOf(row) === null) return refused;
    const methods = [...new Set([...row.methods, 'token'])];
    // A token got with a token does not outlive it: else a stolen one would live for ever.
    const until_ms = row.expires_at_ms;
    const credential_id = row.application_credential_id;
    const proof = row.digest;
    return done({ user_id: row.user_id, hash: null, proof, methods, until_ms, credential_id });
  }

  async #checked(proof: ByPassword | ByCredential): Promise<Decision<Proved, LoginRefusal>> {
    if (this.#checks >= CHECKS_AT_ONCE_MAX) return no({ why: 'busy' });
    this.#checks++;
    try {
      return await (proof.by === 'password' ? this.#byPassword(proof) : this.#byCredential(proof));
    } finally {
      this.#checks--;
    }
  }

  async #byPassword(proof: ByPassword): Promise<Decision<Proved, LoginRefusal>> {
    const { user: named, password } = proof;
    const user = await this.#ledger.read((view) => findUser(view, named));
    const account = user?.id ?? named.id ?? named.name ?? ''; // one count, however it is named
    const hash = user?.password_hash ?? null;
    if (!(await this.#isRight(account, password, hash)) || user === null) return refused;
    const methods = ['password'];
    return done({ ...unbounded, user_id: user.id, hash, methods });
  }

  async #byCredential(proof: ByCredential): Promise<Decision<Proved, LoginRefusal>> {
    const row = await this.#ledger.read((view) => findCredential(view, proof));
    const account = `credential ${row?.id ?? proof.id ?? proof.name ?? ''}`;
    const right = await this.#isRight(account, proof.secret, row?.secret_hash ?? null);
    if (!right || row === null) return refused;
    const { user_id, id: credential_id, expires_at_ms: until_ms } = row;
    const methods = ['application_credential'];
    return done({ ...unbounded, user_id, methods, until_ms, credential_id });
  }

  /** Looks at a secret, slowly, unless this account has to wait; takes as long without a hash. */
  async #isRight(account: string, secret: string, hash: string | null): Promise<boolean> {
    if (this.#guesses.wait(account, this.#clock.now()) > 0) return false;
    const right = await this.#passwords.verify(secret, hash ?? (await this.#hashOfNobody()));
    if (right && hash !== null) this.#guesses.right(account);
    else this.#guesses.wrong(account, this.#clock.now());
    return right && hash !== null;
  }

  #hashOfNobody(): Promise<string> {
    this.#nobody ??= this.#passwords.hash(this.#entropy.secret(TOKEN_BYTES));
    return this.#nobody;
  }
}

interface Proved {
  readonly user_id: string;
  /** The hash that the password was checked against; null when none was. */
  readonly hash: string | null;
  /** The digest of the token that it was proved with; null when it was not by token. */
  readonly proof: string | null;
  readonly methods: readonly string[];
  readonly until_ms: number | null;
  /** The application credential that it was proved with, by whatever way; null: none. */
  readonly credential_id: string | null;
}

const unbounded = { hash: null, proof: null, until_ms: null, credential_id: null } as const;

const refused = no({ why: 'unauthorized' } as const);

function issue(
  draft: Draft,
  fresh: Proved & { readonly digest: string; readonly audit_id: string },
  scope: Scope,
): Decision<TokenRow, LoginRefusal> {
  const user = draft.rows(users).get(fresh.user_id);
  if (user === undefined || !user.enabled) return refused;
  if (fresh.hash !== null && fresh.hash !== user.password_hash) return refused; // changed meanwhile
  const ended = fresh.proof !== null && !draft.rows(tokens).has(fresh.proof);
  if (ended) return refused; // meanwhile
  const { credential_id } = fresh;
  const target =
    credential_id === null
      ? targetOf(draft, user, scope)
      : targetOfCredential(draft, user, credential_id, scope);
  if (target === 'none') return refused;
  if (fresh.until_ms !== null && fresh.until_ms <= draft.now_ms) return refused;
  const row: TokenRow = {
    digest: fresh.digest,
    user_id: user.id,
    project_id: target === SYSTEM ? null : target,
    system_scope: target === SYSTEM,
    methods: fresh.methods,
    audit_id: fresh.audit_id,
    issued_at_ms: draft.now_ms,
    expires_at_ms: Math.min(draft.now_ms + TOKEN_LIFE_MS, fresh.until_ms ?? Infinity),
    application_credential_id: credential_id,
  };
  prune(draft, user.id);
  draft.put(tokens, row);
  return done(row);
}

/** The project's id, `system`, null for unscoped, or 'none' where the user has no role. */
function targetOf(draft: Draft, user: UserRow, scope: Scope): string | null | 'none' {
  switch (scope.to) {
    case 'unscoped':
      return null;
    case 'system':
      return hasRole(draft, user.id, SYSTEM) ? SYSTEM : 'none';
    case 'project':
      return projectOf(draft, user, findProject(draft, scope.project)) ?? 'none';
    case 'default':
      return projectOf(draft, user, user.default_project_id);
  }
}

/** A credential is for its own project and leads nowhere else, nor does a token got with it. */
function targetOfCredential(
  draft: Draft,
  user: UserRow,
  credential_id: string,
  scope: Scope,
): string | 'none' {
  const credential = draft.rows(applicationCredentials).get(credential_id);
  if (credential === undefined || scope.to === 'system' || scope.to === 'unscoped') return 'none';
  const asked = scope.to === 'default' ? credential.project_id : findProject(draft, scope.project);
  if (asked !== credential.project_id) return 'none';
  return projectOf(draft, user, asked) ?? 'none';
}

function projectOf(draft: Draft, user: UserRow, id: string | null): string | null {
  const project = id === null ? undefined : draft.rows(projects).get(id);
  if (project === undefined || !project.enabled) return null;
  return hasRole(draft, user.id, project.id) ? project.id : null;
}

function hasRole(view: View, user_id: string, target: string): boolean {
  return view
    .rows(assignments)
    .by('user_id', user_id)
    .some((held) => held.target === target);
}

/** Takes away what has expired of this user's, and the oldest beyond the bound. */
function prune(draft: Draft, user_id: string): void {
  const held = draft.rows(tokens).by('user_id', user_id);
  const live = held.filter((row) => row.expires_at_ms > draft.now_ms);
  for (const row of held) if (row.expires_at_ms <= draft.now_ms) draft.remove(tokens, row);
  for (const row of live.slice(0, Math.max(0, live.length - TOKENS_PER_USER_MAX + 1))) {
    draft.remove(tokens, row);
  }
}

export function findUser(view: View, named: Named): UserRow | null {
  if (named.id !== undefined) return view.rows(users).get(named.id) ?? null;
  if (named.name === undefined || !ourDomain(named)) return null;
  return view.rows(users).by('name', named.name)[0] ?? null;
}

function findCredential(view: View, proof: ByCredential): ApplicationCredentialRow | null {
  const shelf = view.rows(applicationCredentials);
  if (proof.id !== undefined) return shelf.get(proof.id) ?? null;
  const user = proof.user === undefined ? null : findUser(view, proof.user);
  if (user === null) return null;
  return shelf.by('user_id', user.id).find(({ name }) => name === proof.name) ?? null;
}

function findProject(view: View, named: Named): string | null {
  if (named.id !== undefined) return named.id;
  if (named.name === undefined || !ourDomain(named)) return null;
  return view.rows(projects).by('name', named.name)[0]?.id ?? null;
}

const ourDomain = ({ domain }: Named): boolean =>
  domain !== undefined && (domain.id === DOMAIN.id || domain.name === DOMAIN.name);
