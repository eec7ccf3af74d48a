/**
 * All candidates of one anchor, one after the other: a tree, seen from its root, and the sharing
 * providers that reach it through an aggregate of any of its members.
 *
 *   slot        options            pick
 *   VCPU:2      numa0  numa1       numa0 ──┐
 *   DISK_GB:9   pool_a pool_b      pool_a ─┼─► a candidate; then pool_b, then numa1 …
 *   X: VF:1     pf1 pf2 pf3        pf1 ────┘
 *
 * The slot with the fewest options is filled first, and a pick is dropped as soon as it cannot
 * become a candidate:
 *
 *   C1  what falls on one inventory together must fit it together (and its largest unit);
 *   C2  with `isolate`, no two groups with a suffix on one provider;
 *   C3  of the groups tied by `same_subtree` one provider is above all the others;
 *   C4  the providers of group '' have the required traits between them;
 *   C5  before 1.29, no two providers of one tree.
 *
 * Symmetric siblings: when a pick leads nowhere, its untouched twins (leaves below one parent,
 * alike in all that was asked) would lead nowhere either, and are not tried. So eight equal
 * children that cannot take nine groups cost nine tries a level, not 9!.
 */
import type { Bits } from '../base/bits.ts';
import type { Plan, Slot } from './candidates-plan.ts';

/** A provider for each slot of the plan. */
export type Picks = readonly number[];

/** How many of the required sets are looked ahead for; all of them are checked in the end. */
const MASKED_MAX = 30;

/** Counts the picks of a whole search, so that no question can hold the process for ever. */
export interface Budget {
  left: number;
}

export class AnchorSearch {
  readonly #plan: Plan;
  /** By depth: which slot is filled there, and with which providers it may be. */
  readonly #order: readonly number[];
  readonly #options: readonly (readonly number[])[];
  readonly #picks: number[];
  readonly #next: number[];
  readonly #failed: (Set<string> | null)[];
  readonly #foundAt: number[];
  readonly #reach: readonly number[];
  readonly #depthOf: readonly number[];
  #depth = 0;
  #found = 0;

  private constructor(plan: Plan, options: readonly (readonly number[])[]) {
    const count = options.length;
    const order = Array.from({ length: count }, (_, slot) => slot);
    order.sort((a, b) => lengthOf(options, a) - lengthOf(options, b));
    this.#plan = plan;
    this.#order = order;
    this.#options = order.map((slot) => options[slot] as readonly number[]);
    this.#picks = new Array<number>(count).fill(-1);
    this.#next = new Array<number>(count).fill(0);
    this.#failed = new Array<Set<string> | null>(count).fill(null);
    this.#foundAt = new Array<number>(count).fill(0);
    this.#reach = plan.together.length > 0 ? this.#reaches() : [];
    const depthOf = new Array<number>(count).fill(0);
    order.forEach((slot, depth) => {
      depthOf[slot] = depth;
    });
    this.#depthOf = depthOf;
  }

  /** The search below one root; null when some slot has no option there at all. */
  static at(plan: Plan, root: number): AnchorSearch | null {
    if (!plan.rootAccepted(root)) return null;
    const tree = plan.books.trees.get(root);
    if (tree === undefined) return null;
    const reached = plan.sharing.size === 0 ? tree : [...tree, ...sharingFor(plan, root, tree)];
    const options: number[][] = [];
    for (const slot of plan.slots) {
      const accepted = accepting(slot, root, reached);
      if (accepted.length === 0) return null;
      options.push(accepted);
    }
    return new AnchorSearch(plan, options);
  }

  /** True when there is nothing to choose, so that one look settles the anchor. */
  get single(): boolean {
    return this.#options.every((options) => options.length === 1);
  }

  /** The next candidate; null when there is none left, or the budget is spent. */
  next(budget: Budget): Picks | null {
    const last = this.#order.length - 1;
    while (this.#depth >= 0) {
      const picked = this.#pick(this.#depth, budget);
      if (!picked) this.#leave();
      else if (this.#depth < last) this.#enter();
      else if (this.#complete()) {
        this.#found++;
        return this.#picks.slice();
      }
      if (budget.left <= 0) return null;
    }
    return null;
  }

  #enter(): void {
    this.#depth++;
    this.#next[this.#depth] = 0;
    this.#failed[this.#depth] = null;
  }

  #leave(): void {
    this.#picks[this.#order[this.#depth] as number] = -1;
    this.#depth--;
  }

  /** Moves the slot at this depth to its next possible option. */
  #pick(depth: number, budget: Budget): boolean {
    const slot = this.#order[depth] as number;
    const options = this.#options[depth] as readonly number[];
    this.#noteFailure(depth, slot);
    while ((this.#next[depth] as number) < options.length) {
      const provider = options[this.#next[depth] as number] as number;
      this.#next[depth] = (this.#next[depth] as number) + 1;
      if (this.#failed[depth]?.has(this.#twinOf(provider)) && !this.#touched(provider, depth)) {
        continue;
      }
      budget.left--;
      this.#picks[slot] = provider;
      this.#foundAt[depth] = this.#found;
      if (this.#possible(depth, slot, provider)) return true;
      this.#picks[slot] = -1;
    }
    return false;
  }

  /** The option just left found nothing: neither would its twins. */
  #noteFailure(depth: number, slot: number): void {
    const left = this.#picks[slot] as number;
    if (left < 0 || this.#foundAt[depth] !== this.#found) return;
    if ((this.#options[depth] as readonly number[]).length < 3) return;
    if (this.#touched(left, depth)) return;
    const failed = this.#failed[depth] ?? new Set();
    this.#failed[depth] = failed.add(this.#twinOf(left));
  }

  /** Whether an earlier slot has this provider. */
  #touched(provider: number, depth: number): boolean {
    for (let at = 0; at < depth; at++) {
      if (this.#picks[this.#order[at] as number] === provider) return true;
    }
    return false;
  }

  readonly #twins = new Map<number, string>();

  /** Two leaves with the same text are alike in everything that this search looks at. */
  #twinOf(provider: number): string {
    const known = this.#twins.get(provider);
    if (known !== undefined) return known;
    const text = this.#describe(provider);
    this.#twins.set(provider, text);
    return text;
  }

  #describe(provider: number): string {
    const { books, slots } = this.#plan;
    if ((books.children[provider]?.length ?? 0) > 0) return `${provider}`;
    const { parent_id, root_id } = books.row(provider);
    const facts: (number | string)[] = [parent_id ?? `root ${provider}`, root_id];
    for (const [depth, options] of this.#options.entries()) {
      facts.push(options.includes(provider) ? depth : '-');
    }
    for (const { parts } of slots) {
      for (const { column } of parts) {
        facts.push(column.room(provider), column.max_unit[provider] ?? 0);
      }
    }
    return [...facts, ...this.#traitFacts(provider)].join(' ');
  }

  #traitFacts(provider: number): number[] {
    return this.#plan.together.map((set) => (set.some((bits) => bits.has(provider)) ? 1 : 0));
  }

  #possible(depth: number, slot: number, provider: number): boolean {
    const { slots, ask, subtrees } = this.#plan;
    const about = slots[slot] as Slot;
    for (let at = 0; at < depth; at++) {
      const other = this.#order[at] as number;
      if (!this.#goesWith(about, provider, other)) return false;
    }
    if (!this.#fitsTogether(depth, about, provider)) return false;
    if (subtrees.length > 0 && !this.#subtreesPossible(depth, slot)) return false;
    return about.suffixed || ask.groups.length === 0 || this.#traitsPossible(depth);
  }

  /** C2 and C5, against one earlier slot. */
  #goesWith(about: Slot, provider: number, other: number): boolean {
    const { slots, ask, books } = this.#plan;
    const there = this.#picks[other] as number;
    if (there === provider) {
      return !(ask.isolate && about.suffixed && (slots[other] as Slot).suffixed);
    }
    return ask.nested || books.row(there).root_id !== books.row(provider).root_id;
  }

  /** C1. */
  #fitsTogether(depth: number, { parts }: Slot, provider: number): boolean {
    for (const { class_id, amount, column } of parts) {
      let sum = amount;
      for (let at = 0; at < depth; at++) {
        const other = this.#order[at] as number;
        if (this.#picks[other] !== provider) continue;
        for (const part of (this.#plan.slots[other] as Slot).parts) {
          if (part.class_id === class_id) sum += part.amount;
        }
      }
      if (sum === amount) continue;
      if (sum > column.room(provider) || sum > (column.max_unit[provider] as number)) return false;
    }
    return true;
  }

  /** C3 for the sets that this slot is in: some provider picked, or still to pick, is above all. */
  #subtreesPossible(depth: number, slot: number): boolean {
    for (const set of this.#plan.subtrees) {
      if (!set.includes(slot)) continue;
      const picked = set.filter((one) => (this.#depthOf[one] as number) <= depth);
      const providers = picked.map((one) => this.#picks[one] as number);
      const open = set.filter((one) => (this.#depthOf[one] as number) > depth);
      const tops = [
        ...providers,
        ...open.flatMap((one) => this.#options[this.#depthOf[one] as number] ?? []),
      ];
      if (!tops.some((top) => providers.every((p) => this.#isAbove(top, p)))) return false;
    }
    return true;
  }

  /** Whether `top` is the provider itself or one of those above it. */
  #isAbove(top: number, provider: number): boolean {
    const { books } = this.#plan;
    let at: number | null = provider;
    while (at !== null && at !== top) at = books.providers[at]?.parent_id ?? null;
    return at === top;
  }

  /** C4, looking ahead: each set is met by a pick, or by an option of a slot still open. */
  #traitsPossible(depth: number): boolean {
    const { together } = this.#plan;
    if (together.length === 0) return true;
    let have = this.#reach[depth + 1] as number;
    for (let at = 0; at <= depth; at++) {
      const slot = this.#order[at] as number;
      if (!this.#isSuffixed(slot)) have |= maskOf(together, this.#picks[slot] as number);
    }
    return have === fullMask(together.length);
  }

  /** C4 in full, for what the masks have no bit for. */
  #complete(): boolean {
    const { together } = this.#plan;
    if (together.length <= MASKED_MAX) return true;
    const picks = this.#picks.filter((_, slot) => !this.#isSuffixed(slot));
    return together.every((set) => picks.some((p) => set.some((bits) => bits.has(p))));
  }

  #isSuffixed(slot: number): boolean {
    return (this.#plan.slots[slot] as Slot).suffixed;
  }

  /** By depth: which sets some option from there on could meet. */
  #reaches(): number[] {
    const { together } = this.#plan;
    const reach = new Array<number>(this.#order.length + 1).fill(0);
    for (let depth = this.#order.length - 1; depth >= 0; depth--) {
      let mask = reach[depth + 1] as number;
      if (!this.#isSuffixed(this.#order[depth] as number)) {
        for (const p of this.#options[depth] as readonly number[]) mask |= maskOf(together, p);
      }
      reach[depth] = mask;
    }
    return reach;
  }
}

const lengthOf = (options: readonly (readonly number[])[], slot: number): number =>
  options[slot]?.length ?? 0;

const fullMask = (sets: number): number => 2 ** Math.min(sets, MASKED_MAX) - 1;

/** Which of the required sets this provider meets, a bit each. */
function maskOf(together: readonly (readonly Bits[])[], provider: number): number {
  let mask = 0;
  const sets = Math.min(together.length, MASKED_MAX);
  for (let at = 0; at < sets; at++) {
    const set = together[at] as readonly Bits[];
    if (set.some((bits) => bits.has(provider))) mask |= 1 << at;
  }
  return mask;
}

function accepting(slot: Slot, root: number, reached: readonly number[]): number[] {
  const accepted: number[] = [];
  for (const provider of reached) if (slot.accepts(provider, root)) accepted.push(provider);
  return accepted;
}

function sharingFor(plan: Plan, root: number, tree: readonly number[]): Set<number> {
  const { books, sharing } = plan;
  const found = new Set<number>();
  for (const member of tree) {
    for (const aggregate of books.providerAggregates[member] ?? []) {
      for (const provider of sharing.get(aggregate) ?? []) {
        if (books.row(provider).root_id !== root) found.add(provider);
      }
    }
  }
  return found;
}
