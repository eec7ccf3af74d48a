/**
 * Goal: the real hasher keeps the contract, and reads hashes of other costs than today's.
 * Method: the contract; and a published test vector's shape, made with other parameters by hand.
 * Mutants that this killed: `timingSafeEqual` of the same buffer; the salt left out; `t` taken for
 * `m`.
 */
import { equal, match } from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import test from 'node:test';
import { passwordsContract } from '../core/ports/passwords.contract.ts';
import { realPasswords } from './passwords.ts';

for (const [promise, holds] of Object.entries(passwordsContract)) {
  test(`real passwords: ${promise}`, () => holds(realPasswords));
}

test('a hash says its own cost, and one of another cost is verified at that', async () => {
  match(await realPasswords.hash('x'), /^\$argon2id\$m=19456,t=2,p=1\$[^$]{24}\$[^$]{44}$/);
  const nonce = Buffer.alloc(16, 7);
  const cost = { memory: 64, passes: 3, parallelism: 1, tagLength: 24 };
  const tag = argon2Sync('argon2id', { message: 'old', nonce, ...cost }).toString('base64');
  const hashed = `$argon2id$m=64,t=3,p=1$${nonce.toString('base64')}$${tag}`;
  equal(await realPasswords.verify('old', hashed), true);
  equal(await realPasswords.verify('new', hashed), false);
});

test('many at once wait for their turn, and all are answered', async () => {
  const hashed = await realPasswords.hash('p');
  const answers = await Promise.all(
    ['p', 'q', 'p', 'r', 'p'].map((password) => realPasswords.verify(password, hashed)),
  );
  equal(answers.join(), 'true,false,true,false,true');
});
