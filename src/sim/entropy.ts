/** Chance from the seed, in the shapes that the core asks for. Not secret; the same each time. */
import type { Chance } from '../core/base/seeded.ts';
import type { Entropy } from '../core/ports/entropy.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export class SimEntropy implements Entropy {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** Version 4, variant 1: the two fields that are not random are set as RFC 9562 says. */
  uuid(): string {
    const hex = [0, 1, 2, 3].map(() => this.#chance.next().toString(16).padStart(8, '0')).join('');
    const variant = '89ab'[Number.parseInt(hex[16] as string, 16) & 3];
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
    return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20)].join('-');
  }

  /** ⌈count × 8 / 6⌉ letters: as long as base64url without padding makes it. */
  secret(count_bytes: number): string {
    const letters = Math.ceil((count_bytes * 8) / 6);
    return Array.from({ length: letters }, () => LETTERS[this.#chance.between(0, 63)]).join('');
  }
}
