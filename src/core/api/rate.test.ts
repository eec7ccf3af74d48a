/**
 * Goal: R1 to R3 of a rate, and that who keeps to it is never refused.
 * Method: generated gaps between requests, judged by counting; a clock moved by hand.
 * Mutants that these killed: a bucket that fills without end; one bucket for all; no forgetting;
 * a refused request that takes its token all the same.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { BUCKETS_MAX, BURST_S, Rate } from './rate.ts';

test('R1: however requests come, no window lets more through', () => {
  let refused = 0;
  const gaps_ms = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), gaps_ms, (per_s, gaps) => {
      const rate = new Rate(per_s);
      const passed_ms: number[] = [];
      let now_ms = 0;
      for (const gap_ms of gaps) {
        now_ms += gap_ms;
        const wait_s = rate.wait_s('one', now_ms);
        if (wait_s === 0) passed_ms.push(now_ms);
        else refused += 1;
      }
      for (const [at, from_ms] of passed_ms.entries()) {
        const span_s = ((passed_ms.at(-1) ?? 0) - from_ms) / 1000;
        ok(passed_ms.length - at <= (BURST_S + span_s) * per_s + 1e-6, `${per_s} a second`);
      }
    }),
  );
  ok(refused > 20, `only ${refused} were refused`);
});

test('who keeps to it, or comes back when told, is let through', () => {
  const rate = new Rate(4);
  for (let at = 0; at < 1000; at++) equal(rate.wait_s('steady', at * 250), 0);
  for (let at = 0; at < BURST_S * 4; at++) equal(rate.wait_s('eager', 0), 0);
  for (let at = 0; at < 50; at++) equal(rate.wait_s('eager', 0), 1, 'refusals cost nothing');
  equal(rate.wait_s('eager', 1000), 0);
});

test('R2, R3: others are not held to it, and only so many are known', () => {
  const rate = new Rate(1);
  for (let at = 0; at < BURST_S; at++) equal(rate.wait_s('one', 0), 0);
  ok(rate.wait_s('one', 0) > 0);
  for (let at = 1; at < BUCKETS_MAX; at++) equal(rate.wait_s(`other ${at}`, 0), 0);
  ok(rate.wait_s('one', 0) > 0, 'it is known still');
  equal(rate.wait_s('the last', 0), 0);
  equal(rate.wait_s('one', 0), 0, 'it was forgotten');
});
