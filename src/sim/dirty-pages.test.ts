/**
 * Goal: a sending converges exactly when it should, and its passes add up.
 * Method: the comment's example, then properties over guests and links.
 * Mutants tried: `<` for `<=` at the downtime, dirt counted from the whole memory, no PASSES_MAX.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { courseOf, PASSES_MAX } from './dirty-pages.ts';

test('the example of the comment', () => {
  const course = courseOf(1000, 100, { bandwidth_mib_per_s: 1000, downtime_ms_max: 20 });
  deepEqual(course, {
    passes: [
      { sent_mib: 1000, took_ms: 1000, left_mib: 100 },
      { sent_mib: 100, took_ms: 100, left_mib: 10 },
    ],
    downtime_ms: 10,
  });
});

test('a rest that takes exactly the downtime allowed is handed over', () => {
  const course = courseOf(1000, 100, { bandwidth_mib_per_s: 1000, downtime_ms_max: 100 });
  equal(course.passes.length, 1);
  equal(course.downtime_ms, 100);
});

test('an idle guest needs one pass; one that outwrites the link never arrives', () => {
  const link = { bandwidth_mib_per_s: 500, downtime_ms_max: 300 };
  deepEqual(courseOf(4096, 0, link), {
    passes: [{ sent_mib: 4096, took_ms: 8192, left_mib: 0 }],
    downtime_ms: 0,
  });
  const busy = courseOf(4096, 600, link);
  equal(busy.downtime_ms, null);
  equal(busy.passes.length, PASSES_MAX);
});

test('passes follow each other, and the downtime keeps its bound', () => {
  const seen = { arrived: 0, given_up: 0 };
  const property = fc.property(
    fc.integer({ min: 1, max: 262_144 }),
    fc.nat(2000),
    fc.record({
      bandwidth_mib_per_s: fc.integer({ min: 50, max: 3000 }),
      downtime_ms_max: fc.nat(1000),
    }),
    (memory_mib, dirty, link) => {
      const { passes, downtime_ms } = courseOf(memory_mib, dirty, link);
      equal(passes[0]?.sent_mib, memory_mib);
      for (const [at, pass] of passes.slice(1).entries())
        equal(pass.sent_mib, passes[at]?.left_mib);
      ok(passes.every(({ left_mib }) => left_mib <= memory_mib));
      if (downtime_ms === null) seen.given_up++;
      else seen.arrived++;
      ok(downtime_ms === null || downtime_ms <= link.downtime_ms_max);
    },
  );
  fc.assert(property);
  for (const [outcome, times] of Object.entries(seen)) ok(times > 0, `never tried: ${outcome}`);
});
