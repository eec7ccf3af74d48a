/** Goal: both twins give ids and secrets of the promised shape; the seeded one gives them again. */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../core/base/seeded.ts';
import type { Entropy } from '../core/ports/entropy.ts';
import { SimEntropy } from '../sim/entropy.ts';
import { realEntropy } from './entropy.ts';

const twins: Readonly<Record<string, Entropy>> = {
  real: realEntropy,
  sim: new SimEntropy(new Chance('entropy')),
};

for (const [name, entropy] of Object.entries(twins)) {
  test(`${name} entropy: a UUID, never twice`, () => {
    const made = Array.from({ length: 200 }, () => entropy.uuid());
    const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    for (const id of made) match(id, shape);
    equal(new Set(made).size, made.length);
  });
  test(`${name} entropy: a secret is as long as base64url makes its bytes`, () => {
    match(entropy.secret(32), /^[A-Za-z0-9_-]{43}$/);
    match(entropy.secret(3), /^[A-Za-z0-9_-]{4}$/);
    notEqual(entropy.secret(32), entropy.secret(32));
  });
}

test('ids that are made together stand together', () => {
  const [first, second] = [realEntropy.uuid(), realEntropy.uuid()];
  const time = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  ok(Math.abs(time(first) - Date.now()) < 60_000 && time(second) >= time(first));
});

test('a seed gives the same ids again, and another seed gives others', () => {
  const first = new SimEntropy(new Chance('7').fork('ids')).uuid();
  equal(new SimEntropy(new Chance('7').fork('ids')).uuid(), first);
  notEqual(new SimEntropy(new Chance('8').fork('ids')).uuid(), first);
});
