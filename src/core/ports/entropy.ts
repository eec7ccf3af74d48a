/** Chance, as the core may know it. Twins: real/entropy.ts and sim/entropy.ts (from the seed). */
export interface Entropy {
  /** A new UUID nobody can guess (version 4 or 7), lower case with dashes. */
  uuid(): string;
  /** `count` random bytes as base64url text: tokens and passwords. */
  secret(count_bytes: number): string;
}
