/** Chance from the operating system: fit for secrets. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Entropy } from '../core/ports/entropy.ts';

export const realEntropy: Entropy = {
  uuid: () => randomUUID(),
  secret: (count_bytes) => randomBytes(count_bytes).toString('base64url'),
};
