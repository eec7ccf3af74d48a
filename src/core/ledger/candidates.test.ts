/**
 * Goal: the search finds every candidate there is, each once, and nothing else; a limit takes some
 * of them; equal siblings do not make it explode.
 * Method: random little fleets and questions, beside an oracle that tries every provider for every
 * slot below every root, and asks the rules in their plainest words. Then fleets by hand.
 *
 * Shown mutants, each noticed: every repeat taken for new; twins skipped though touched, or not at
 * all; `isolate` for group '' too; sums of one inventory unchecked against room, against max_unit;
 * the look-ahead at traits without the open slots, at subtrees too; group '' in a tree looked for
 * below every root; two providers of one tree before 1.29; rare holders leading to their own roots
 * only; forbidden aggregates without the anchor's; a lone provider judged alone though one class is
 * asked for twice, or groups are isolated; a cut that is not told.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Books } from './books.ts';
import { ask, asking, booksOf, given, group, host } from './candidates.fixture.ts';
import { type CandidateAsk, findCandidates, type Group, type Picks } from './candidates.ts';
import { planOf, type Slot } from './candidates-plan.ts';
import { SHARING } from './standard.ts';

// ── the oracle ───────────────────────────────────────────────────────────────────────────────

function oracle(books: Books, asked: CandidateAsk): Set<string> {
  const found = new Set<string>();
  const { slots } = planOf(books, asked);
  for (const root of books.trees.keys()) {
    if (!asked.root_traits.every((trait) => books.hasTrait(root, trait))) continue;
    if (asked.root_forbidden_traits.some((trait) => books.hasTrait(root, trait))) continue;
    const reached = reachedFrom(books, root);
    for (const picks of products(slots.map(() => reached))) {
      if (allowed(books, asked, slots, root, picks)) found.add(picks.join());
    }
  }
  return found;
}

function reachedFrom(books: Books, root: number): number[] {
  const tree = books.trees.get(root) ?? [];
  const aggregates = new Set(tree.flatMap((id) => [...(books.providerAggregates[id] ?? [])]));
  const all = books.providers.flatMap((row) => row?.id ?? []);
  const sharing = all.filter(
    (id) =>
      books.hasTrait(id, SHARING) &&
      [...(books.providerAggregates[id] ?? [])].some((aggregate) => aggregates.has(aggregate)),
  );
  return [...new Set([...tree, ...sharing])];
}

function products(choices: readonly (readonly number[])[]): number[][] {
  const [first, ...rest] = choices;
  if (first === undefined) return [[]];
  const tails = products(rest);
  return first.flatMap((one) => tails.map((tail) => [one, ...tail]));
}

function allowed(
  books: Books,
  asked: CandidateAsk,
  slots: readonly Slot[],
  root: number,
  picks: Picks,
): boolean {
  const groups = asked.groups.map((one, at) => {
    const own = picks.filter((_, slot) => slots[slot]?.group === at);
    return { one, own, ok: groupAllows(books, one, root, own) };
  });
  const suffixed = groups.filter(({ one }) => one.suffix !== '');
  const alone = new Set(suffixed.flatMap(({ own }) => own)).size === suffixed.length;
  const tied = asked.same_subtrees.every((set) => {
    const providers = suffixed.filter(({ one }) => set.includes(one.suffix)).flatMap((g) => g.own);
    return providers.some((top) => providers.every((p) => lineOf(books, p).includes(top)));
  });
  const trees = new Set([...new Set(picks)].map((p) => books.row(p).root_id)).size;
  return (
    groups.every((g) => g.ok) &&
    (!asked.isolate || alone) &&
    tied &&
    (asked.nested || trees === new Set(picks).size) &&
    fits(books, slots, picks)
  );
}

function lineOf(books: Books, provider: number): number[] {
  const { parent_id } = books.row(provider);
  return [provider, ...(parent_id === null ? [] : lineOf(books, parent_id))];
}

function groupAllows(books: Books, one: Group, root: number, own: readonly number[]): boolean {
  const isIn = (p: number, aggregate: string) => books.providerAggregates[p]?.has(aggregate);
  const inAll = (p: number) => one.any_aggregates.every((set) => set.some((a) => isIn(p, a)));
  const inBad = (p: number) => one.forbidden_aggregates.some((a) => isIn(p, a));
  const hasBad = (p: number) => one.forbidden_traits.some((trait) => books.hasTrait(p, trait));
  const inTree = (p: number) => one.in_tree === null || books.row(p).root_id === one.in_tree;
  const traits = one.any_traits.every((set) =>
    own.some((p) => set.some((trait) => books.hasTrait(p, trait))),
  );
  const spread = one.suffix === '';
  const own_tree = (p: number) => books.row(p).root_id === root;
  return (
    traits &&
    own.every((p) => !hasBad(p) && inTree(p) && !inBad(p) && !(spread && inBad(root))) &&
    own.every((p) => inAll(p) || (spread && own_tree(p) && inAll(root))) &&
    (!spread || one.in_tree === null || one.in_tree === root)
  );
}

function fits(books: Books, slots: readonly Slot[], picks: Picks): boolean {
  return slots.every(({ parts }, at) =>
    parts.every(({ class_id, amount }) => {
      const provider = picks[at] as number;
      const column = books.column(class_id);
      const sum = slots
        .flatMap((slot, other) => (picks[other] === provider ? slot.parts : []))
        .filter((part) => part.class_id === class_id)
        .reduce((total, part) => total + part.amount, 0);
      return column.fits(provider, amount) && column.fits(provider, sum);
    }),
  );
}

// ── properties ───────────────────────────────────────────────────────────────────────────────

/** Roomier than the samples, so that there is much to be found. */
const roomy = given.map((one) => ({
  ...one,
  used: Math.min(one.used, 1),
  max_unit: one.max_unit + 2,
  totals: one.totals.map((total) => (total === null ? null : total + 2)),
}));
const fleets = fc.array(fc.oneof(roomy, given), { minLength: 1, maxLength: 6 });

/** As the samples, but with few demands; with trees named, and versions that know no trees. */
const questions = fc
  .record({
    asked: ask,
    nested: fc.boolean(),
    tree: fc.constantFrom(null, null, null, null, null, 1, 2, 3),
    kept: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()),
  })
  .map(({ asked, nested, tree, kept: [traits, bad, aggregates, badAggregates, root] }) => {
    const groups = asked.groups.map((one, at) => ({
      ...one,
      any_traits: traits ? one.any_traits : [],
      forbidden_traits: bad && !traits ? one.forbidden_traits : [],
      any_aggregates: aggregates ? one.any_aggregates : [],
      forbidden_aggregates: badAggregates && !aggregates ? one.forbidden_aggregates : [],
      in_tree: at === 0 && tree !== null ? tree : null,
    }));
    const roots = root ? {} : { root_traits: [], root_forbidden_traits: [] };
    return { ...asked, ...roots, nested, groups };
  });

test('the search finds what there is, each candidate once', () => {
  const tried = { none: 0, some: 0, many: 0, shared: 0, isolated: 0, tied: 0, merged: 0, flat: 0 };
  fc.assert(
    fc.property(fleets, questions, (fleet, asked) => {
      const books = booksOf(fleet);
      const groups = asked.groups.map((one) => ({ ...one, in_tree: rootIn(books, one.in_tree) }));
      const question = { ...asked, groups };
      const { candidates, cut, plan } = findCandidates(books, question);
      const texts = candidates.map((picks) => picks.join());
      deepEqual(texts.toSorted(), [...oracle(books, question)].toSorted());
      equal(cut, false);

      if (texts.length === 0) tried.none++;
      else if (texts.length === 1) tried.some++;
      else tried.many++;
      if (texts.length === 0) return;
      const roots = candidates.map((picks) => new Set(picks.map((p) => books.row(p).root_id)).size);
      if (roots.some((count) => count > 1)) tried.shared++;
      if (asked.isolate && plan.slots.length > 1) tried.isolated++;
      if (asked.same_subtrees.length > 0) tried.tied++;
      if (candidates.some((picks) => new Set(picks).size < picks.length)) tried.merged++;
      if (!asked.nested && roots.some((count) => count > 1)) tried.flat++;
    }),
    { numRuns: 4000, seed: 3 },
  );
  for (const [what, times] of Object.entries(tried)) ok(times >= 20, `${what}: ${times}`);
});

const rootIn = (books: Books, tree: number | null): number | null =>
  tree === null ? null : (books.providers[tree]?.root_id ?? null);

test('a limit takes some of them, and an option says when it has cut', () => {
  const tried = { all: 0, fewer: 0 };
  fc.assert(
    fc.property(fleets, questions, fc.integer({ min: 1, max: 5 }), (fleet, question, limit) => {
      const books = booksOf(fleet);
      const asked = { ...question, groups: question.groups.map((g) => ({ ...g, in_tree: null })) };
      const all = findCandidates(books, asked).candidates.map((picks) => picks.join());
      const limited = findCandidates(books, { ...asked, limit });
      const capped = findCandidates(books, asked, limit);
      for (const { candidates } of [limited, capped]) {
        equal(candidates.length, Math.min(limit, all.length));
        ok(candidates.every((picks) => all.includes(picks.join())));
      }
      equal(limited.cut, false);
      equal(capped.cut, all.length > limit);
      if (all.length > limit) tried.fewer++;
      else tried.all++;
    }),
    { numRuns: 1000, seed: 4 },
  );
  ok(tried.all > 100 && tried.fewer > 50, JSON.stringify(tried));
});

// ── by hand ──────────────────────────────────────────────────────────────────────────────────

const VCPU = 0;
/** A root with so many children, each with the same of one class. */
const wide = (children: number, total: number) => [
  host({ totals: [] }),
  ...Array.from({ length: children }, () => host({ parent: 0, totals: [total, null, null] })),
];
const groupsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => group(`${at}`, [[VCPU, 1]]));

test('eight children with one unit each hold six groups in 20,160 ways', () => {
  const { candidates } = findCandidates(booksOf(wide(8, 1)), asking(groupsOf(6)));
  equal(candidates.length, 8 * 7 * 6 * 5 * 4 * 3);
});

test('ten of the ways in which six groups share eight children are ten and no more', () => {
  const asked = asking(groupsOf(6), { limit: 10 });
  equal(findCandidates(booksOf(wide(8, 6)), asked).candidates.length, 10);
});

test('twelve groups that eleven equal children cannot take are refused without trying 11! ways', () => {
  for (const isolate of [true, false]) {
    const { candidates, cut } = findCandidates(
      booksOf(wide(11, 1)),
      asking(groupsOf(12), { isolate }),
    );
    deepEqual([candidates.length, cut], [0, false]);
  }
});

test('a bounded answer shows as many roots as it can', () => {
  const fleet = [0, 1, 2].flatMap((tree) =>
    wide(3, 1).map((one) => (one.parent === null ? one : { ...one, parent: tree * 4 })),
  );
  const books = booksOf(fleet.map((one, at) => ({ ...one, parent: one.parent, at })));
  const roots = (limit: number) =>
    findCandidates(books, asking(groupsOf(1), { limit })).candidates.map(
      ([pick]) => books.row(pick as number).root_id,
    );
  equal(new Set(roots(3)).size, 3);
  equal(roots(9).length, 9);
});

test('a twin that holds something already is not skipped with those that failed', () => {
  const amounts = [1, 1, 2, 2];
  const groups = amounts.map((amount, at) => group(`${at}`, [[VCPU, amount]]));
  const { candidates } = findCandidates(booksOf(wide(3, 2)), asking(groups));
  // The two small ones share any of the three children; the big ones take the other two.
  equal(candidates.length, 3 * 2);
});

test('same_subtree is met by whoever is above the others, though it is picked last', () => {
  const NUMA = 10_001;
  const fleet = wide(2, 1).map((one) => ({ ...one, traits: [NUMA] }));
  const groups = [...groupsOf(2), group('N', [], { any_traits: [[NUMA]] })];
  const tied = asking(groups, { isolate: true, same_subtrees: [['0', '1', 'N']] });
  equal(findCandidates(booksOf(fleet), tied).candidates.length, 2);
});

test('a rare class that is shared leads to every root that it reaches', () => {
  const hosts = Array.from({ length: 7 }, () => host({ aggregates: ['red'] }));
  const pool = host({ totals: [null, 4, null], traits: [SHARING], aggregates: ['red'] });
  const spread = group('', [
    [VCPU, 1],
    [1, 1],
  ]);
  equal(findCandidates(booksOf([...hosts, pool]), asking([spread])).candidates.length, 7);
});

test("group '' in a tree takes nothing of the sharing providers that reach it, nor reaches out", () => {
  const pool = host({ totals: [null, 4, null], traits: [SHARING], aggregates: ['red'] });
  const books = booksOf([host({ aggregates: ['red'] }), pool]);
  const disk = group('', [[1, 1]], { in_tree: 2 });
  const cpu = group('A', [[VCPU, 1]]);
  equal(findCandidates(books, asking([disk])).candidates.length, 1);
  equal(findCandidates(books, asking([disk, cpu])).candidates.length, 0);
});
