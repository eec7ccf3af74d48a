/**
 * Candidates: every way in which what is asked could be held, found lazily, so that asking for ten
 * costs the ten.
 *
 *   root 1   a ─ b ─ c ─ d …        breadth first over roots: first one candidate of each root,
 *   root 2   e ─ f                  then the second of each, and so on; a bounded answer shows
 *   root 3   g ─ h ─ i              as many hosts as it can
 *
 * The same search serves the API and the scheduler. It reads the books and writes nothing.
 */
import type { Books } from './books.ts';
import { AnchorSearch, type Budget, type Picks } from './candidates-anchor.ts';
import type { CandidateAsk } from './candidates-ask.ts';
import { type Plan, planOf } from './candidates-plan.ts';
import { SHARING } from './standard.ts';

export type { Picks } from './candidates-anchor.ts';
export type { CandidateAsk, Group } from './candidates-ask.ts';
export type { Plan } from './candidates-plan.ts';

/** The picks after which a search gives up and says that it was cut. */
const PICKS_MAX = 5_000_000;

export interface Found {
  readonly plan: Plan;
  readonly candidates: readonly Picks[];
  /** There may be more than these, and it was not `limit` that left them out. */
  readonly cut: boolean;
}

/** `most` bounds the answer whatever the asker wants; 0: no such bound. */
export function findCandidates(books: Books, ask: CandidateAsk, most = 0): Found {
  const plan = planOf(books, ask);
  const bound = Math.min(ask.limit || Infinity, most || Infinity);
  // One more than the bound tells whether anything was cut.
  const byOption = bound < (ask.limit || Infinity);
  const budget: Budget = { left: PICKS_MAX };
  const candidates = collect(plan, byOption ? bound + 1 : bound, budget);
  const cut = budget.left <= 0 || (byOption && candidates.length > bound);
  return { plan, candidates: candidates.slice(0, bound), cut };
}

function collect(plan: Plan, bound: number, budget: Budget): Picks[] {
  const found: Picks[] = [];
  const fresh = new Fresh(plan);
  let open: AnchorSearch[] = [];
  for (const root of anchors(plan)) {
    if (found.length >= bound || budget.left <= 0) return found;
    if (plan.alone && plan.books.trees.get(root)?.length === 1) {
      if (plan.standsAlone(root)) found.push(plan.slots.map(() => root));
      continue;
    }
    const search = AnchorSearch.at(plan, root);
    if (search === null) continue;
    const first = nextFresh(search, fresh, budget);
    if (first === null) continue;
    found.push(first);
    if (!search.single) open.push(search);
  }
  while (open.length > 0) {
    const still: AnchorSearch[] = [];
    for (const search of open) {
      if (found.length >= bound || budget.left <= 0) return found;
      const next = nextFresh(search, fresh, budget);
      if (next === null) continue;
      found.push(next);
      still.push(search);
    }
    open = still;
  }
  return found;
}

function nextFresh(search: AnchorSearch, fresh: Fresh, budget: Budget): Picks | null {
  for (;;) {
    const picks = search.next(budget);
    if (picks === null || fresh.isNew(picks)) return picks;
  }
}

/**
 * A candidate of sharing providers alone is found again below every root that they reach. One with
 * any other provider belongs to that provider's tree only, and needs no remembering.
 */
class Fresh {
  readonly #plan: Plan;
  readonly #seen = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  isNew(picks: Picks): boolean {
    const { sharing, books } = this.#plan;
    if (sharing.size === 0) return true;
    for (const provider of picks) if (!books.hasTrait(provider, SHARING)) return true;
    const key = picks.join();
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}

/** A slot whose holders are fewer than this part of all roots leads the way to the anchors. */
const RARE = 1 / 4;

/**
 * The roots to look below: all, or those that the rarest thing asked for leads to. Group '' with
 * `in_tree` is looked for below that root alone, so that it takes nothing of sharing providers.
 */
function anchors(plan: Plan): Iterable<number> {
  const { books, slots } = plan;
  let rarest: Iterable<number> | null = null;
  let fewest = books.trees.size * RARE;
  for (const { parts } of slots) {
    for (const { column } of parts) {
      if (column.held.size >= fewest) continue;
      rarest = column.held;
      fewest = column.held.size;
    }
  }
  const tree = plan.ask.groups.find((group) => group.suffix === '')?.in_tree ?? null;
  if (tree !== null) return [tree];
  return rarest === null ? books.trees.keys() : anchorsOf(books, rarest);
}

/** The roots of these providers, and those that the sharing ones among them reach. */
function anchorsOf(books: Books, providers: Iterable<number>): Set<number> {
  const roots = new Set<number>();
  for (const provider of providers) {
    roots.add(books.row(provider).root_id);
    if (!books.hasTrait(provider, SHARING)) continue;
    for (const aggregate of books.providerAggregates[provider] ?? []) {
      for (const member of books.aggregates.get(aggregate) ?? []) {
        roots.add(books.row(member).root_id);
      }
    }
  }
  return roots;
}
