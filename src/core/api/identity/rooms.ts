/** What the identity service asks of the rest. */
import type { Directory } from '../../identity/directory.ts';
import type { Logins } from '../../identity/login.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { PasswordHasher } from '../../ports/passwords.ts';

export interface IdentityRooms {
  readonly ledger: Ledger;
  readonly directory: Directory;
  readonly logins: Logins;
  readonly passwords: PasswordHasher;
  readonly entropy: Entropy;
}
