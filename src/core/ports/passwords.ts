/**
 * Secrets, as the core may handle them: passwords hashed slowly, tokens digested fast. Twins:
 * real/passwords.ts (argon2id, SHA-256) and, in tests, anything that keeps the promises below.
 *
 *   P1  `verify` is true for the password that `hash` was given, and for no other;
 *   P2  two hashes of one password differ, and neither tells the password;
 *   P3  `digest` of equal texts is equal, 64 hex digits, and cannot be turned back.
 */
export interface Digests {
  digest(text: string): string;
}

export interface PasswordHasher extends Digests {
  /** Salted, with its parameters, as one text that only `verify` reads. */
  hash(password: string): Promise<string>;
  verify(password: string, hashed: string): Promise<boolean>;
}
