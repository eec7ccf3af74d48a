/**
 * Passwords by argon2id, tokens by SHA-256, both Node's own.
 *
 * A hash is dear on purpose (19 MiB and two passes, OWASP's figures), so at most HASHES_AT_ONCE are
 * made at once: the rest of the thread pool stays free for files.
 */
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { PasswordHasher } from '../core/ports/passwords.ts';

const HASHES_AT_ONCE = 2;
const COST = { memory: 19 * 1024, passes: 2, parallelism: 1, tagLength: 32 } as const;
const SALT_BYTES = 16;

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

const argon2id = promisify(argon2);
let free = HASHES_AT_ONCE;
const waiting: (() => void)[] = [];

export const realPasswords: PasswordHasher = {
  digest: (text) => createHash('sha256').update(text).digest('hex'),

  async hash(password) {
    const salt = randomBytes(SALT_BYTES);
    const tag = await slowly(password, salt, COST);
    const { memory, passes, parallelism } = COST;
    const parameters = `m=${memory},t=${passes},p=${parallelism}`;
    return ['', 'argon2id', parameters, salt.toString('base64'), tag.toString('base64')].join('$');
  },

  async verify(password, hashed) {
    const [, algorithm, parameters = '', salt = '', tag = ''] = hashed.split('$');
    const numbers = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(parameters);
    if (algorithm !== 'argon2id' || numbers === null) return false;
    const wanted = Buffer.from(tag, 'base64');
    const [memory, passes, parallelism] = numbers.slice(1).map(Number) as [number, number, number];
    const cost = { memory, passes, parallelism, tagLength: wanted.length };
    const found = await slowly(password, Buffer.from(salt, 'base64'), cost);
    return timingSafeEqual(found, wanted);
  },
};

async function slowly(password: string, nonce: Buffer, cost: Cost): Promise<Buffer> {
  if (free === 0) await new Promise<void>((turn) => waiting.push(turn));
  else free--;
  try {
    return await argon2id('argon2id', { message: password, nonce, ...cost });
  } finally {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }
}
