/**
 * Why a search for candidates found nothing: a funnel of all that was asked, counted in full.
 *
 *   slot VCPU:4          providers   10 ─ has VCPU ─► 8 ─ room ─► 3
 *   slot X: VF:1         providers   10 ─ has VF ─► 2 ─ trait ─► 2
 *   trees                roots        9 ─ root traits ─► 9 ─ some for VCPU ─► 3 ─ some for X ─► 0 ✗
 *                                       ─ together ─ isolated ─ in a subtree ─ traits together
 *
 * The first step that lets nobody through is the failure. Of those who came to it, the first that
 * failed and the one that came nearest are told, with what was needed and what was there.
 *
 * The steps up to the ✗ look at each provider once for each constraint. The last four search each
 * tree that is left for one candidate, under the laws of the real search (candidates-anchor.ts)
 * with those of the later steps left away; PICKS_MAX bounds all of them together.
 */
import { present } from '../base/units.ts';
import type { Books } from './books.ts';
import { AnchorSearch, type Budget } from './candidates-anchor.ts';
import type { CandidateAsk } from './candidates-ask.ts';
import {
  anchorsFor,
  type Constraint,
  constraintsOf,
  free,
  meets,
  type Shortfall,
  shortfallOf,
} from './candidates-constraints.ts';
import { type Plan, planOf, type Slot } from './candidates-plan.ts';

const PICKS_MAX = 500_000;

/** What is asked of a whole tree. */
export type TreeConstraint =
  | { readonly is: 'root-trait'; readonly trait_id: number }
  | { readonly is: 'root-forbidden-trait'; readonly trait_id: number }
  /** Some provider in the tree, or sharing with it, meets all of the slot's constraints. */
  | { readonly is: 'options' }
  | { readonly is: 'together' }
  | { readonly is: 'isolate' }
  | { readonly is: 'subtree' }
  | { readonly is: 'traits-together' };

export interface Step {
  /** Its place in `plan.slots`; null for what is asked of the whole. */
  readonly slot: number | null;
  readonly asked: Constraint | TreeConstraint;
  readonly counts: 'providers' | 'roots';
  readonly before: number;
  readonly after: number;
}

/** One provider (or the root of a tree) that did not do. */
export interface Miss {
  readonly slot: number | null;
  readonly asked: Constraint | TreeConstraint;
  readonly provider_id: number;
  readonly shortfall: Shortfall | null;
}

export interface Explained {
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly first: Miss | null;
  readonly nearest: Miss | null;
  /** The last counts are of a part only: the search would have taken too long. */
  readonly cut: boolean;
}

export function explainCandidates(books: Books, ask: CandidateAsk): Explained {
  const funnel = new Funnel(books, ask);
  funnel.slots();
  funnel.roots();
  funnel.combinations();
  const { plan, steps, first, nearest } = funnel;
  return { plan, steps, first, nearest, cut: funnel.budget.left <= 0 };
}

class Funnel {
  readonly plan: Plan;
  readonly steps: Step[] = [];
  first: Miss | null = null;
  nearest: Miss | null = null;
  readonly budget: Budget = { left: PICKS_MAX };
  readonly #books: Books;
  readonly #constraints: readonly (readonly Constraint[])[];
  #roots: number[];

  constructor(books: Books, ask: CandidateAsk) {
    this.#books = books;
    this.plan = planOf(books, ask);
    this.#constraints = this.plan.slots.map((slot) => constraintsOf(this.plan, slot));
    this.#roots = [...books.trees.keys()];
  }

  slots(): void {
    const everybody = this.#books.providers.flatMap((row) => (row === undefined ? [] : [row.id]));
    for (const [at, slot] of this.plan.slots.entries()) {
      let left = everybody;
      for (const asked of this.#constraints[at] ?? []) {
        const passed = left.filter((p) =>
          anchorsFor(this.#books, slot, p).some((root) => meets(this.#books, asked, p, root)),
        );
        this.#step({ slot: at, asked, counts: 'providers' }, left, passed, (who) =>
          this.#missOf(at, who, anchorsFor(this.#books, slot, who)[0] ?? null),
        );
        left = passed;
      }
    }
  }

  roots(): void {
    const { root_traits, root_forbidden_traits } = this.plan.ask;
    for (const trait_id of root_traits) {
      this.#rootStep({ is: 'root-trait', trait_id }, (r) => this.#books.hasTrait(r, trait_id));
    }
    for (const trait_id of root_forbidden_traits) {
      const asked = { is: 'root-forbidden-trait', trait_id } as const;
      this.#rootStep(asked, (root) => !this.#books.hasTrait(root, trait_id));
    }
    for (const [at, slot] of this.plan.slots.entries()) {
      const left = this.#roots.filter((root) => this.#options(root, at).length > 0);
      this.#step({ slot: at, asked: { is: 'options' }, counts: 'roots' }, this.#roots, left, (r) =>
        nearer(
          reach(this.plan, slot, r).flatMap(
            (p) => this.#missOf(at, p, slot.suffixed ? null : r) ?? [],
          ),
        ),
      );
      this.#roots = left;
    }
  }

  /** Each step takes one more law of the search into account. */
  combinations(): void {
    const { ask } = this.plan;
    const bare = { isolate: false, same_subtrees: [], groups: ask.groups.map(withoutTraits) };
    const isolated = { ...bare, isolate: ask.isolate };
    const tied = { ...isolated, same_subtrees: ask.same_subtrees };
    if (this.plan.slots.length > 1) this.#search({ is: 'together' }, { ...ask, ...bare });
    if (ask.isolate) this.#search({ is: 'isolate' }, { ...ask, ...isolated });
    if (ask.same_subtrees.length > 0) this.#search({ is: 'subtree' }, { ...ask, ...tied });
    if (this.plan.together.length > 0) this.#search({ is: 'traits-together' }, ask);
  }

  #search(asked: TreeConstraint, ask: CandidateAsk): void {
    const plan = planOf(this.#books, ask);
    this.#rootStep(asked, (root) => AnchorSearch.at(plan, root)?.next(this.budget) != null);
  }

  #rootStep(asked: TreeConstraint, passes: (root: number) => boolean): void {
    const left = this.#roots.filter(passes);
    this.#step({ slot: null, asked, counts: 'roots' }, this.#roots, left, (provider_id) => ({
      slot: null,
      asked,
      provider_id,
      shortfall: this.#treeShortfall(asked, provider_id),
    }));
    this.#roots = left;
  }

  #step(
    about: Pick<Step, 'slot' | 'asked' | 'counts'>,
    before: readonly number[],
    after: readonly number[],
    miss: (who: number) => Miss | null,
  ): void {
    this.steps.push({ ...about, before: before.length, after: after.length });
    if (this.first !== null || before.length === 0 || after.length > 0) return;
    if (this.budget.left <= 0) return;
    const misses = before.flatMap((who) => miss(who) ?? []);
    this.first = misses[0] ?? null;
    this.nearest = nearer(misses);
  }

  /** The first of the slot's constraints that the provider does not meet below this root. */
  #missOf(slot: number, provider_id: number, anchor: number | null): Ranked | null {
    const constraints = this.#constraints[slot] ?? [];
    const rank = constraints.findIndex((one) => !meets(this.#books, one, provider_id, anchor));
    const asked = constraints[rank];
    if (asked === undefined) return null;
    return {
      slot,
      asked,
      provider_id,
      shortfall: shortfallOf(this.#books, asked, provider_id),
      rank,
    };
  }

  #options(root: number, slot: number): number[] {
    const about = present(this.plan.slots[slot], 'no such slot');
    return reach(this.plan, about, root).filter((provider) => about.accepts(provider, root));
  }

  #treeShortfall(asked: TreeConstraint, root: number): Shortfall | null {
    const { plan } = this;
    const options = plan.slots.map((_, slot) => this.#options(root, slot));
    switch (asked.is) {
      case 'isolate': {
        const suffixed = options.filter((_, slot) => plan.slots[slot]?.suffixed);
        return { needed: suffixed.length, available: new Set(suffixed.flat()).size };
      }
      case 'together':
        return scarcest(this.#books, plan, options);
      case 'traits-together': {
        const spread = options.filter((_, slot) => plan.slots[slot]?.suffixed === false).flat();
        const met = plan.together.filter((set) => spread.some((p) => set.some((b) => b.has(p))));
        return { needed: plan.together.length, available: met.length };
      }
      default:
        return null;
    }
  }
}

/** A miss of a provider says how many constraints it met before. */
type Ranked = Miss & { readonly rank: number };

/** The one that met most constraints; of several, the one that lacks the smallest part. */
function nearer<M extends Miss>(misses: readonly M[]): M | null {
  let best: M | null = null;
  for (const miss of misses) if (best === null || isNearer(miss, best)) best = miss;
  return best;
}

function isNearer(a: Miss, b: Miss): boolean {
  const [rankA, rankB] = [(a as Partial<Ranked>).rank ?? 0, (b as Partial<Ranked>).rank ?? 0];
  return rankA === rankB ? gap(a) < gap(b) : rankA > rankB;
}

const gap = ({ shortfall }: Miss): number =>
  shortfall === null ? 1 : Math.abs(shortfall.needed - shortfall.available) / shortfall.needed;

/** The class of which the tree has least of what all slots need together; null: enough of each. */
function scarcest(books: Books, plan: Plan, options: readonly number[][]): Shortfall | null {
  const needs = new Map<number, { needed: number; holders: Set<number> }>();
  for (const [slot, { parts }] of plan.slots.entries()) {
    for (const { class_id, amount } of parts) {
      const need = needs.get(class_id) ?? { needed: 0, holders: new Set() };
      needs.set(class_id, need);
      need.needed += amount;
      for (const provider of options[slot] ?? []) need.holders.add(provider);
    }
  }
  let found: Shortfall | null = null;
  for (const [class_id, { needed, holders }] of needs) {
    const available = [...holders].reduce((sum, p) => sum + free(books, class_id, p), 0);
    if (available >= needed) continue;
    if (found === null || available / needed < found.available / found.needed) {
      found = { needed, available, class_id };
    }
  }
  return found;
}

const withoutTraits = (group: CandidateAsk['groups'][number]): CandidateAsk['groups'][number] =>
  group.suffix === '' ? { ...group, any_traits: [] } : group;

/** A tree's providers, and those that share with it; as the search sees them from its root. */
function reach({ ask, books, sharing }: Plan, slot: Slot, root: number): readonly number[] {
  const in_tree = slot.suffixed ? null : (ask.groups[slot.group]?.in_tree ?? null);
  if (in_tree !== null && in_tree !== root) return [];
  const tree = books.trees.get(root) ?? [];
  if (sharing.size === 0) return tree;
  const found = new Set(tree);
  for (const member of tree) {
    for (const aggregate of books.providerAggregates[member] ?? []) {
      for (const provider of sharing.get(aggregate) ?? []) found.add(provider);
    }
  }
  return [...found];
}
