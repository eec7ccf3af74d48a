/**
 * Who may say what to whom over NATS: the subjects, and the keys that open them.
 *
 *   plimsoll.hello.HOST        agent ─► every control plane: which life of the host it is
 *   plimsoll.told.HOST         agent ─► one control plane, which answers: reports and beats
 *   plimsoll.order.HOST.LIFE   control plane ─► the agent in that life, which answers
 *   plimsoll.roll              control plane ─► every agent: say hello
 *
 *   N1  an agent's key is made from its token, and the server knows the public half only: what it
 *       opens is that host's subjects, and answers to what came by them (server-config.ts).
 */
import { createHash } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';

export const ROLL = 'plimsoll.roll';

/** A host's name as one word of a subject: the dot, the star and spaces mean something there. */
export const wordOf = (host: string): string =>
  encodeURIComponent(host).replaceAll('.', '%2E').replaceAll('*', '%2A');

export const helloOf = (host: string): string => `plimsoll.hello.${wordOf(host)}`;
export const toldOf = (host: string): string => `plimsoll.told.${wordOf(host)}`;
export const orderOf = (host: string, life: number | '*'): string =>
  `plimsoll.order.${wordOf(host)}.${life}`;
/** Where answers to what it asks come to. */
export const inboxOf = (who: string): string => `_INBOX.${wordOf(who)}`;
export const CONTROL = 'control-plane';

/** The seed of a host's key. Whoever has the token has it; from the key the token is not found. */
export const seedOfToken = (token: string): Uint8Array =>
  seedOf(createHash('sha256').update(`plimsoll nats ${token}`).digest());

export const publicKeyOf = (seed: Uint8Array): string => nkeys.fromSeed(seed).getPublicKey();

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Says "the seed of a user" in its first two letters, `SU`. */
const USER_SEED = [0x95, 0x00] as const;

/** Thirty-two bytes in the way in which NATS writes a user's seed, its check sum at the end. */
export function seedOf(secret: Uint8Array): Uint8Array {
  const body = Uint8Array.of(...USER_SEED, ...secret);
  const sum = crc16(body);
  return new TextEncoder().encode(base32(Uint8Array.of(...body, sum & 0xff, sum >> 8)));
}

function crc16(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1;
    sum &= 0xffff;
  }
  return sum;
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g) ?? [];
  return letters.map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
