/**
 * Secrets in a simulated world: as the real ones behave, but fast and the same each time; they
 * protect nothing. Real: real/passwords.ts. Both keep core/ports/passwords.contract.ts.
 */
import type { PasswordHasher } from '../core/ports/passwords.ts';

export class SimPasswords implements PasswordHasher {
  #salts = 0;

  digest(text: string): string {
    return [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => mixed(text, seed)).join('');
  }

  hash(password: string): Promise<string> {
    const salt = String(this.#salts++);
    return Promise.resolve(`sim$${salt}$${this.digest(salt + password)}`);
  }

  verify(password: string, hashed: string): Promise<boolean> {
    const [kind, salt = '', digest] = hashed.split('$');
    return Promise.resolve(kind === 'sim' && digest === this.digest(salt + password));
  }
}

/** FNV-1a over the text, begun elsewhere for each seed: 8 hex digits. */
function mixed(text: string, seed: number): string {
  let hash = 0x811c9dc5 ^ Math.imul(seed + 1, 0x9e3779b1);
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash ^= hash >>> 15;
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
