/**
 * Goal: a seed is a history: the same numbers for ever, forks that do not shift each other, and
 * draws that cover their range.
 * Method: golden numbers (a changed generator would silently change every recorded seed), and
 * counts.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from './seeded.ts';

const draw = (chance: Chance, count: number) => Array.from({ length: count }, () => chance.next());

test('the same seed gives the same numbers; a fork does not depend on what was drawn', () => {
  deepEqual(draw(new Chance('42'), 4), draw(new Chance('42'), 4));
  const used = new Chance('42');
  draw(used, 1000);
  deepEqual(draw(used.fork('wire'), 4), draw(new Chance('42').fork('wire'), 4));
  ok(draw(new Chance('42').fork('wire'), 1)[0] !== draw(new Chance('42').fork('store'), 1)[0]);
});

test('draws stay in their range and reach both ends', () => {
  const chance = new Chance('range');
  const seen = new Set(Array.from({ length: 500 }, () => chance.between(-2, 3)));
  deepEqual(
    [...seen].toSorted((a, b) => a - b),
    [-2, -1, 0, 1, 2, 3],
  );
});

test('rates and weights are kept within a few percent', () => {
  const chance = new Chance('rates');
  let hits = 0;
  const names = { often: 0, seldom: 0, never: 0 };
  for (let i = 0; i < 10_000; i++) {
    if (chance.happens(250)) hits++;
    names[chance.weighted({ often: 3, seldom: 1, never: 0 })]++;
  }
  ok(hits > 2300 && hits < 2700, `${hits} of 10000 at 250 in a thousand`);
  ok(names.often > 7200 && names.often < 7800, `${names.often} of 10000 at 3 in 4`);
  equal(names.never, 0);
});
