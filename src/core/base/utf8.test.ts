/**
 * Goal: the decoder agrees with the platform's on every text, and on bytes that are no text.
 * Method: random Unicode texts and random bytes beside TextDecoder. (The standard replaces a
 * broken sequence by one mark, we each of its bytes; so for bytes only "was it broken?" is asked.)
 * Mutants that it caught: `< 0xe0` as `<= 0xe0`, no check of continuation bytes, `& 0x3f` as
 * `0x1f`.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { utf8 } from './utf8.ts';

test('decodes what was encoded', () => {
  let wide = 0;
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const bytes = new TextEncoder().encode(text);
      if (bytes.length > text.length) wide++;
      equal(utf8(bytes), new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }),
  );
  ok(wide > 10, 'never tried: characters of several bytes');
  equal(utf8(new Uint8Array(10_000).fill(0x61)).length, 10_000);
});

test('marks what is no text, and nothing else', () => {
  const seen = { good: 0, broken: 0 };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
      const broken = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).includes('\ufffd');
      seen[broken ? 'broken' : 'good']++;
      equal(utf8(bytes).includes('\ufffd'), broken);
    }),
  );
  ok(seen.good > 5 && seen.broken > 5);
});
