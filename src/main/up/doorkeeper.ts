/**
 * Who says who asks:
 *
 *   (default)        the small Keystone inside, with its first user
 *   --keystone URL   an existing one, asked with a login of our own (OS_USERNAME, OS_PASSWORD …)
 *   --no-auth        nobody: who reaches the port is the administrator (`auth_type: none`)
 */
import type { Caller, HttpRequest } from '../../core/api/http.ts';
import { present } from '../../core/base/units.ts';
import * as plane from '../../core/config/control-plane.ts';
import type { Settings } from '../../core/config/settings.ts';
import { type Directory, withImplied } from '../../core/identity/directory.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { type Decision, done } from '../../core/ports/reply.ts';
import { Keystone, type KeystoneAbout } from '../../real/keystone.ts';

export type Auth =
  | { readonly is: 'own' }
  | ({ readonly is: 'keystone' } & KeystoneAbout)
  | { readonly is: 'none' };

export function authOf(said: Settings): Auth {
  const url = said.of(plane.keystone)?.replace(/\/+$/, '');
  if (said.of(plane.noAuth)) return { is: 'none' };
  if (url === undefined) return { is: 'own' };
  return {
    is: 'keystone',
    url: url.endsWith('/v3') ? url : `${url}/v3`,
    user: {
      name: present(said.of(plane.keystoneUser), 'a user at Keystone'),
      domain: { name: said.of(plane.keystoneUserDomain) },
    },
    password: present(said.of(plane.keystonePassword), 'a password at Keystone'),
    project: {
      name: said.of(plane.keystoneProject),
      domain: { name: said.of(plane.keystoneProjectDomain) },
    },
  };
}

type Headers = HttpRequest['headers'];

/** What the HTTP rim asks of whoever knows the callers. */
export interface Doorkeeper {
  readonly authenticate: (headers: Headers) => Caller | null;
  /** Comes first, where callers are not known at once; false: who asks cannot be known now. */
  readonly hear: ((headers: Headers) => Promise<boolean>) | null;
  /** Whose the first image is; null: the first project's of our own. */
  readonly owner: string | null;
}

export async function doorkeeperOf(
  auth: Auth,
  directory: Directory,
  clock: Clock,
): Promise<Decision<Doorkeeper, string>> {
  const inside = { hear: null, owner: null };
  switch (auth.is) {
    case 'own': {
      const authenticate = byToken((token) => directory.authenticate(token));
      return done({ ...inside, authenticate });
    }
    case 'none':
      return done({ ...inside, authenticate: () => everybody });
    case 'keystone':
      return byKeystone(new Keystone(auth, clock));
  }
}

const everybody: Caller = {
  user_id: 'admin',
  user_name: 'admin',
  project_id: 'admin',
  project_name: 'admin',
  roles: withImplied(['admin']),
  system_scope: false,
};

/** What the rim asks before each request: what other processes wrote, and who asks. */
export function rimOf({ authenticate, hear }: Doorkeeper, ledger: Ledger) {
  if (hear === null && !ledger.shared) return { authenticate };
  const current = async (headers: Headers): Promise<boolean> => {
    if (ledger.shared && (await ledger.current()).is !== 'done') return false;
    return hear === null || hear(headers);
  };
  return { authenticate, current };
}

async function byKeystone(keystone: Keystone): Promise<Decision<Doorkeeper, string>> {
  const opened = await keystone.open();
  if (opened.is === 'no') return opened;
  return done({
    owner: opened.value,
    authenticate: byToken((token) => keystone.sessionOf(token)),
    hear: async (headers) => {
      const token = headers['x-auth-token'];
      return token === undefined || keystone.hear(token);
    },
  });
}

const byToken =
  (sessionOf: (token: string) => Caller | null): Doorkeeper['authenticate'] =>
  (headers) => {
    const token = headers['x-auth-token'];
    return token === undefined ? null : sessionOf(token);
  };
