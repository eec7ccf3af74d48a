/** What every PasswordHasher promises: P1–P3. Both twins are held to it. */
import { assert } from '../base/units.ts';
import type { PasswordHasher } from './passwords.ts';

export const passwordsContract: Readonly<
  Record<string, (passwords: PasswordHasher) => Promise<void>>
> = {
  'verifies the password it was given, and no other (P1)': async (passwords) => {
    const hashed = await passwords.hash('correct horse');
    assert(await passwords.verify('correct horse', hashed), 'the right one was refused');
    for (const wrong of ['correct hors', 'correct horse ', '', hashed]) {
      assert(!(await passwords.verify(wrong, hashed)), `${wrong} was taken`);
    }
  },
  'takes nothing for a hash that is none': async (passwords) => {
    for (const hashed of ['', 'plain', '$argon2id$m=1$x$y', '$argon2id$m=8,t=1,p=1$$']) {
      assert(!(await passwords.verify('', hashed).catch(() => false)), `${hashed} was taken`);
    }
  },
  'salts: one password gives two hashes, neither of which holds it (P2)': async (passwords) => {
    const [a, b] = [await passwords.hash('secret'), await passwords.hash('secret')];
    assert(a !== b, 'the same hash twice');
    assert(!`${a}${b}`.includes('secret'), 'the password is in its hash');
  },
  'digests equal texts alike, others apart, in 64 hex digits (P3)': async (passwords) => {
    const texts = ['', 'a', 'b', 'aa', 'ä', 'token'.repeat(100)];
    const digests = texts.map((text) => passwords.digest(text));
    assert(new Set(digests).size === texts.length, 'two texts, one digest');
    assert(
      digests.every((digest) => /^[0-9a-f]{64}$/.test(digest)),
      'not 64 hex digits',
    );
    assert(passwords.digest('a') === digests[1], 'not the same each time');
  },
};
