/**
 * Goal: an explanation tells the truth about the search. It names a failure exactly where the
 * search finds nothing; its funnel counts those whom the search would take; its numbers are the
 * inventory's.
 * Method: random little fleets (trees, sharing, traits, aggregates, reserved amounts) and random
 * questions of one to three groups; each compared with the search itself. Then one fleet by hand
 * for each kind of failure.
 *
 * Shown mutants, each noticed: `room` compared with `>`; aggregates of group '' without the root's;
 * sharing providers left out of a tree's reach; the law of same_subtree left away.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Books } from './books.ts';
import { ask, asking, booksOf, type Given, given, group, host } from './candidates.fixture.ts';
import type { CandidateAsk } from './candidates.ts';
import { findCandidates } from './candidates.ts';
import { constraintsOf, meets } from './candidates-constraints.ts';
import { explainCandidates } from './candidates-explain.ts';
import { planOf } from './candidates-plan.ts';

test('a failure is named exactly where the search finds nothing', () => {
  const tried = { empty: 0, found: 0, kinds: new Set<string>() };
  fc.assert(
    fc.property(fc.array(given, { minLength: 1, maxLength: 7 }), ask, (fleet, asked) => {
      const books = booksOf(fleet);
      const { candidates } = findCandidates(books, asked, 1);
      const { first, nearest, cut, steps } = explainCandidates(books, asked);
      equal(cut, false);
      equal(first === null, candidates.length > 0, JSON.stringify(steps));
      equal(nearest === null, first === null);
      if (first === null) {
        tried.found++;
        ok(steps.every(({ after }) => after > 0));
      } else {
        tried.empty++;
        tried.kinds.add(first.asked.is);
      }
    }),
    { numRuns: 3000, seed: 1 },
  );
  ok(tried.empty > 500 && tried.found > 200, JSON.stringify(tried));
  for (const kind of ['inventory', 'units', 'room', 'trait', 'aggregate', 'together', 'isolate']) {
    ok(tried.kinds.has(kind), `no failure of the kind ${kind}`);
  }
});

test('the constraints of a slot are what the search accepts, provider by provider', () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(given, { minLength: 1, maxLength: 7 }), ask, (fleet, asked) => {
      const books = booksOf(fleet);
      const plan = planOf(books, asked);
      for (const slot of plan.slots) {
        const constraints = constraintsOf(plan, slot);
        for (const root of books.trees.keys()) {
          const anchor = slot.suffixed ? null : root;
          for (let provider = 1; provider <= fleet.length; provider++) {
            const all = constraints.every((c) => meets(books, c, provider, anchor));
            equal(all, slot.accepts(provider, root));
            if (all) accepted++;
            else refused++;
          }
        }
      }
    }),
    { numRuns: 1000, seed: 2 },
  );
  ok(accepted > 1000 && refused > 1000, `${accepted} accepted, ${refused} refused`);
});

// ── by hand ──────────────────────────────────────────────────────────────────────────────────

const told = (fleet: Given[], asked: CandidateAsk) => {
  const { first, nearest } = explainCandidates(booksOf(fleet), asked);
  return [first, nearest].map((miss) => ({
    is: miss?.asked.is,
    provider: miss?.provider_id,
    needed: miss?.shortfall?.needed,
    available: miss?.shortfall?.available,
  }));
};

test('of hosts without room, the first and the roomiest are told, with their numbers', () => {
  const fleet = [host({ used: 3 }), host({ used: 1 }), host({ used: 2 }), host({ totals: [] })];
  deepEqual(told(fleet, asking([group('', [[0, 4]])])), [
    { is: 'room', provider: 1, needed: 4, available: 1 },
    { is: 'room', provider: 2, needed: 4, available: 3 },
  ]);
});

test('groups that fit one by one, but not together, are told with their sum', () => {
  const groups = [group('A', [[0, 3]]), group('B', [[0, 2]])];
  const miss = { is: 'together', provider: 1, needed: 5, available: 4 };
  deepEqual(told([host()], asking(groups)), [miss, miss]);
});

test('isolated groups are told how many providers there are for them', () => {
  const groups = [group('A', [[0, 1]]), group('B', [[0, 1]])];
  const miss = { is: 'isolate', provider: 1, needed: 2, available: 1 };
  deepEqual(told([host()], asking(groups, { isolate: true })), [miss, miss]);
});

test('one tree with each half of it is not one that has both', () => {
  const fleet = [host({ totals: [4, null, null] }), host({ totals: [null, 4, null] })];
  deepEqual(
    told(
      fleet,
      asking([
        group('', [
          [0, 1],
          [1, 1],
        ]),
      ]),
    )[0],
    {
      is: 'inventory',
      provider: 1,
      needed: 1,
      available: 0,
    },
  );
});

test('without any provider there is nothing to be told', () => {
  const { first, steps } = explainCandidates(new Books(), asking([group('', [[0, 1]])]));
  equal(first, null);
  ok(steps.every(({ before }) => before === 0));
});
