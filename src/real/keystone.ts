/**
 * An existing Keystone in place of the directory of our own: it says whose a token is.
 *
 *   token ─► known, and asked about a moment ago? ─► session
 *              └─ no ─► GET /auth/tokens, with a token of our own ─► 200 session · 404 nobody's
 *                                 └─ 401: ours is over, log in again, once
 *
 *   K1  an answer is believed for FRESH_MS and no longer: so late is a revocation felt at most;
 *   K2  many requests with one token at once are one question;
 *   K3  when Keystone cannot be asked nobody is let in, and nobody is told that a token is bad;
 *   K4  each question has a connection of its own. Servers close those that are idle whenever they
 *       like, and on one that was kept nobody can tell a question that is lost from one unasked.
 */
import { createHash } from 'node:crypto';
import { type Session, withImplied } from '../core/identity/directory.ts';
import type { Clock } from '../core/ports/clock.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';

export const FRESH_MS = 5_000;
const ANSWER_TIMEOUT_MS = 30_000;
const KNOWN_MAX = 10_000;

export interface KeystoneAbout {
  /** Up to and with the version, e.g. `http://127.0.0.1:5000/v3`. */
  readonly url: string;
  readonly user: Named;
  readonly password: string;
  readonly project: Named;
}
interface Named {
  readonly name: string;
  readonly domain: { readonly name: string };
}

/** `away`: it could not be asked. */
type Told = Session | null | 'away';
interface Known {
  readonly told: Promise<Told>;
  readonly asked_at_ms: number;
  /** Once it is told. */
  session: Session | null;
}

export class Keystone {
  readonly #about: KeystoneAbout;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  #own: Promise<string | null> | null = null;

  constructor(about: KeystoneAbout, clock: Clock) {
    this.#about = about;
    this.#clock = clock;
  }

  /** Logs in, so that wrong credentials are told at the start; gives the id of our own project. */
  async open(): Promise<Decision<string, string>> {
    const { url, user } = this.#about;
    const own = await this.#ownToken();
    if (own === null) return no(`${url} does not let ${user.name} in, or does not answer`);
    const heard = await this.hear(own);
    const session = this.sessionOf(own);
    if (heard && session !== null) return done(session.project_id ?? '');
    if (!heard) return no(`${url} does not answer`);
    return no(`${user.name} may not ask ${url} about tokens: it needs the role admin or service`);
  }

  /** Asks whose the token is, unless that is known; false: that cannot be had now (K3). */
  async hear(token: string): Promise<boolean> {
    const now_ms = this.#clock.now();
    const key = keyOf(token);
    const known = this.#known.get(key);
    if (known !== undefined && now_ms - known.asked_at_ms < FRESH_MS) {
      return (await known.told) !== 'away';
    }
    const fresh: Known = { told: this.#ask(token, true), asked_at_ms: now_ms, session: null };
    this.#known.delete(key); // so that the newest is last
    this.#known.set(key, fresh);
    this.#forgetOldest();
    const told = await fresh.told;
    if (told !== 'away') fresh.session = told;
    else if (this.#known.get(key) === fresh) this.#known.delete(key);
    return told !== 'away';
  }

  /** What was heard of a token a moment ago. */
  sessionOf(token: string): Session | null {
    return this.#known.get(keyOf(token))?.session ?? null;
  }

  #forgetOldest(): void {
    if (this.#known.size <= KNOWN_MAX) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  async #ask(token: string, again: boolean): Promise<Told> {
    const own = await this.#ownToken();
    if (own === null) return 'away';
    const headers = { 'x-auth-token': own, 'x-subject-token': token };
    const answer = await this.#send('/auth/tokens?nocatalog=true', { headers });
    if (answer === null) return 'away';
    const body = (await answer.json().catch(() => null)) as { token?: TokenBody } | null;
    if (answer.status === 404 || answer.status === 400) return null;
    if (answer.status === 401 && again) {
      this.#own = null;
      return this.#ask(token, false);
    }
    return answer.ok && body?.token !== undefined ? sessionOf(body.token) : 'away';
  }

  #ownToken(): Promise<string | null> {
    this.#own ??= this.#logIn().then((token) => {
      if (token === null) this.#own = null;
      return token;
    });
    return this.#own;
  }

  async #logIn(): Promise<string | null> {
    const { user, password, project } = this.#about;
    const identity = { methods: ['password'], password: { user: { ...user, password } } };
    const answer = await this.#send('/auth/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, scope: { project } } }),
    });
    await answer?.arrayBuffer().catch(() => null);
    return answer?.headers.get('x-subject-token') ?? null;
  }

  /** Null: no answer. */
  async #send(path: string, init: RequestInit): Promise<Response | null> {
    const headers = { ...init.headers, connection: 'close' }; // K4
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    return fetch(`${this.#about.url}${path}`, { ...init, headers, signal }).catch(() => null);
  }
}

/** No token is kept as it is. */
const keyOf = (token: string): string => createHash('sha256').update(token).digest('base64');

interface TokenBody {
  readonly user: { readonly id: string; readonly name: string };
  readonly project?: { readonly id: string; readonly name: string };
  readonly system?: unknown;
  readonly roles?: readonly { readonly name: string }[];
  readonly application_credential?: {
    readonly id: string;
    readonly name: string;
    readonly restricted: boolean;
  };
}

const sessionOf = ({ user, project, system, roles, ...more }: TokenBody): Session => ({
  user_id: user.id,
  user_name: user.name,
  project_id: project?.id ?? null,
  project_name: project?.name ?? null,
  roles: withImplied((roles ?? []).map(({ name }) => name)),
  system_scope: system !== undefined,
  ...(more.application_credential && { application_credential: more.application_credential }),
});
