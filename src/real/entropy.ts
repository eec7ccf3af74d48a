/**
 * Chance from the operating system: fit for secrets.
 *
 * Ids begin with the time (version 7), so that rows which are made together lie together on the
 * disk: a batch writes a few pages of each table, and not one for each row. The other 74 bits are
 * chance.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Entropy } from '../core/ports/entropy.ts';
import { realClock } from './clock.ts';

const TIME_DIGITS = 12;
/** Where a UUID's version stands, and where what follows it begins. */
const AFTER_VERSION = 15;

export const realEntropy: Entropy = {
  uuid: () => timed(realClock.wall(), randomUUID()),
  secret: (count_bytes) => randomBytes(count_bytes).toString('base64url'),
};

/** RFC 9562: 48 bits of time, the version, and chance where the random one has it. */
function timed(now_ms: number, random: string): string {
  const time = now_ms.toString(16).padStart(TIME_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(AFTER_VERSION)}`;
}
