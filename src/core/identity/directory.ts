/**
 * The directory: who holds which token, answered at once and without waiting for the ledger, since
 * every request of every API asks it first.
 *
 *   token text ── digest ──► token row ──► session (user, project, roles)
 *                              kept by the ledger's batches, as they are committed
 *
 *   I1  a token is good until it expires, is revoked, or its user or project is disabled or gone;
 *   I2  the roles of a session are those assigned now, not those of the login;
 *   I3  a role brings those below it: admin ⊃ manager ⊃ member ⊃ reader;
 *   I4  a token of an application credential brings only roles that both the credential and its
 *       user have, and ends with the credential.
 */
import type { Table } from '../base/table.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Shelf } from '../ledger/shelf.ts';
import type { Clock } from '../ports/clock.ts';
import type { Digests } from '../ports/passwords.ts';
import {
  type ApplicationCredentialRow,
  applicationCredentials,
  assignments,
  identityTables,
  keypairs,
  projects,
  roles,
  SYSTEM,
  type TokenRow,
  tokens,
  users,
} from './rows.ts';

/** Who a token stands for; to the APIs, who asks. */
export interface Session {
  readonly user_id: string;
  readonly user_name: string;
  /** Null for a token without a project. */
  readonly project_id: string | null;
  readonly project_name: string | null;
  readonly roles: readonly string[];
  /** A token of system scope (`openstack-system-scope: all`). */
  readonly system_scope: boolean;
  /** What it was got with, if that was an application credential. */
  readonly application_credential?: {
    readonly id: string;
    readonly name: string;
    readonly restricted: boolean;
  };
}

/** From the mightiest down: each brings all that follow it. */
const LADDER = ['admin', 'manager', 'member', 'reader'] as const;

export class Directory {
  readonly #shelves = new Map<string, Shelf<object>>();
  readonly #sessions = new Map<string, Session | null>();
  readonly #digests: Digests;
  readonly #clock: Clock;

  private constructor(digests: Digests, clock: Clock) {
    this.#digests = digests;
    this.#clock = clock;
    for (const table of identityTables) {
      if (table.name !== keypairs.name) {
        this.#shelves.set(table.name, new Shelf<object>(table as unknown as Table));
      }
    }
  }

  /** Reads what there is, and follows the ledger from that moment on. */
  static async open(ledger: Ledger, digests: Digests, clock: Clock): Promise<Directory> {
    const directory = new Directory(digests, clock);
    await ledger.read((view) => {
      for (const [, shelf] of directory.#shelves) {
        for (const row of view.rows(shelf.table).values()) shelf.apply(row, false);
      }
      ledger.subscribe(({ changes }) => {
        for (const { table, row, gone } of changes) directory.#apply(table, row, gone);
      });
    });
    return directory;
  }

  /** Whose token this is; null when it is nobody's (any more). */
  authenticate(token: string): Session | null {
    const row = this.token(token);
    return row === null ? null : this.sessionOf(row);
  }

  /** The token's row, while it is good in itself. */
  token(text: string): TokenRow | null {
    const row = this.#rows(tokens).get(this.#digests.digest(text));
    return row === undefined || row.expires_at_ms <= this.#clock.wall() ? null : row;
  }

  sessionOf(row: TokenRow): Session | null {
    const known = this.#sessions.get(row.digest);
    if (known !== undefined) return known;
    const session = this.#session(row);
    this.#sessions.set(row.digest, session);
    return session;
  }

  #session(row: TokenRow): Session | null {
    const session = this.#ofUser(row);
    const id = row.application_credential_id;
    return session === null || id === null ? session : this.#bounded(session, id);
  }

  #bounded(session: Session, credential_id: string): Session | null {
    const credential = this.#rows(applicationCredentials).get(credential_id);
    if (credential === undefined) return null;
    const names = rolesWith(credential, session.roles);
    if (names.length === 0) return null;
    const { id, name, unrestricted } = credential;
    const application_credential = { id, name, restricted: !unrestricted };
    return { ...session, roles: names, application_credential };
  }

  #ofUser({ user_id, project_id, system_scope }: TokenRow): Session | null {
    const user = this.#rows(users).get(user_id);
    if (user === undefined || !user.enabled) return null;
    const project = project_id === null ? null : this.#rows(projects).get(project_id);
    if (project === undefined || project?.enabled === false) return null;
    const names = this.rolesOn(user_id, system_scope ? SYSTEM : project_id);
    return {
      user_id,
      user_name: user.name,
      project_id,
      project_name: project?.name ?? null,
      roles: names,
      system_scope,
    };
  }

  /** The names of the roles that a user has on a target, with those they bring (I3). */
  rolesOn(user_id: string, target: string | null): readonly string[] {
    const held = this.#rows(assignments)
      .by('user_id', user_id)
      .filter((assignment) => assignment.target === target)
      .flatMap(({ role_id }) => this.#rows(roles).get(role_id)?.name ?? []);
    return withImplied(held);
  }

  #rows<Row extends object>(table: Table<Row>): Shelf<Row> {
    return this.#shelves.get(table.name) as unknown as Shelf<Row>;
  }

  #apply(table: string, row: object, gone: boolean): void {
    const shelf = this.#shelves.get(table);
    if (shelf === undefined) return;
    shelf.apply(row, gone);
    if (table === tokens.name) this.#sessions.delete((row as TokenRow).digest);
    else this.#sessions.clear(); // I2: rare, and dear only once a token
  }
}

/** Those roles of an application credential that its user has as well (I4). */
export const rolesWith = (
  credential: ApplicationCredentialRow,
  held: readonly string[],
): readonly string[] => withImplied(credential.roles).filter((name) => held.includes(name));

/** e.g. ['member', 'service'] → ['member', 'reader', 'service'] */
export function withImplied(names: readonly string[]): readonly string[] {
  const highest = LADDER.findIndex((role) => names.includes(role));
  const implied = highest < 0 ? [] : LADDER.slice(highest);
  return [...implied, ...names.filter((name) => !LADDER.includes(name as never))];
}
