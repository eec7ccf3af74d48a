/**
 * Goal: what is read is what JSON.parse reads, whether it was read before or not, and the same text
 * is one value for as long as it is kept.
 * Method: any values, each read several times, in so many others that what is kept is let go of.
 */
import { deepEqual, equal, notEqual } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { SharedJson } from './shared-json.ts';

test('any text is read as JSON.parse reads it, again and again', () => {
  const texts = new SharedJson();
  fc.assert(
    fc.property(fc.array(fc.json(), { maxLength: 20 }), (all) => {
      for (const text of [...all, ...all]) deepEqual(texts.read(text), JSON.parse(text));
    }),
  );
});

test('the same text is one value, however many were read before it', () => {
  const texts = new SharedJson();
  for (let at = 0; at < 5_000; at++) {
    const text = JSON.stringify({ at });
    equal(texts.read(text), texts.read(text));
    deepEqual(texts.read(text), { at });
  }
});

test('a text too long to be kept is read anew', () => {
  const texts = new SharedJson();
  const long = JSON.stringify(['x'.repeat(5_000)]);
  notEqual(texts.read(long), texts.read(long));
  deepEqual(texts.read(long), JSON.parse(long));
});
