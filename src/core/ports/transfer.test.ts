/**
 * Goal: the estimate of a sending's time left is what its passes really take, and null exactly when
 * they do not get shorter. Method: examples, and a property against passes added up one by one
 * (sim/dirty-pages.ts has the same arithmetic, with its pause). Mutants tried: B + D for B − D; a
 * sending that does not converge told as 0.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { leftMs } from './transfer.ts';

const left = (remaining_mib: number, carried: number, dirty_mib_per_s: number) =>
  leftMs({ remaining_mib, dirty_mib_per_s }, carried);

test('e.g. as the comment has it, and at rest', () => {
  equal(left(1000, 500, 300), 5000);
  equal(left(1000, 500, 0), 2000);
  equal(left(0, 500, 300), 0);
});

test('what writes as fast as it is carried, or was not measured yet, has no end in sight', () => {
  equal(left(1000, 500, 500), null);
  equal(left(1000, 500, 900), null);
  equal(left(1000, 0, 0), null);
});

test('it is the sum of all passes', () => {
  let tried = 0;
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.integer({ min: 1, max: 4000 }),
    fc.integer({ min: 0, max: 95 }),
  );
  fc.assert(
    fc.property(sizes, ([remaining_mib, carried, percent]) => {
      const dirty = (carried * percent) / 100;
      let rest = remaining_mib;
      let took_ms = 0;
      for (; rest > 1e-6; rest = (rest * dirty) / carried) took_ms += (rest * 1000) / carried;
      ok(Math.abs((left(remaining_mib, carried, dirty) ?? -1) - took_ms) <= 1 + took_ms / 1e6);
      tried++;
    }),
  );
  ok(tried >= 100);
});
