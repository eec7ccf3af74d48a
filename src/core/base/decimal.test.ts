/**
 * Goal: a ratio is what its sender wrote, and ⌊count × ratio⌋ is exact.
 * Method: the examples of the comments; then ratios written by digits and places, beside the same
 * sum in big integers. Shown a mutant in binary floating point: 100 × 1.15 noticed at once.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { decimal, timesRatio } from './decimal.ts';

test('a number is the decimal that it was written as', () => {
  deepEqual(decimal(1.5), { digits: 15n, places: 1 });
  deepEqual(decimal(1e-7), { digits: 1n, places: 7 });
  deepEqual(decimal(2e3), { digits: 2000n, places: 0 });
  deepEqual(decimal(1.25e-9), { digits: 125n, places: 11 });
  deepEqual(decimal(1e21), { digits: 10n ** 21n, places: 0 });
  deepEqual(decimal(-0.5), { digits: -5n, places: 1 });
});

test('products are rounded down, exactly', () => {
  equal(timesRatio(100, 1.15), 115);
  equal(Math.floor(100 * 1.15), 114); // which is why
  equal(timesRatio(6, 1.25), 7);
  equal(timesRatio(3, 0.1), 0);
  equal(timesRatio(-3, 0.5), -2);
  equal(timesRatio(2 ** 31 - 1, 1e300), Number.MAX_SAFE_INTEGER);
  equal(timesRatio(2 ** 31 - 1, 1e-300), 0);
});

test('any ratio of up to fifteen digits', () => {
  const digits = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n });
  const count = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(count, digits, fc.nat(12), (count, digits, places) => {
      const unit = 10n ** BigInt(places);
      const text = digits.toString().padStart(places + 1, '0');
      const ratio = Number(
        `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`,
      );
      const product = BigInt(count) * digits;
      const floor = product / unit - (product % unit < 0n ? 1n : 0n);
      const most = BigInt(Number.MAX_SAFE_INTEGER);
      equal(timesRatio(count, ratio), Number(floor > most ? most : floor));
    }),
    { numRuns: 2000 },
  );
});
