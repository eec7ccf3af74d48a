/**
 * A search made ready: what is asked, bound to the columns and bit sets that can answer it.
 *
 *   group ''  VCPU:2,DISK_GB:10   ──►  slot VCPU:2   slot DISK_GB:10     a provider for each
 *   group 'X' VGPU:1,FPGA:1       ──►  slot VGPU:1,FPGA:1                one for both
 *
 * A candidate is one provider for each slot. What a slot can be told by looking at one provider
 * alone is in `accepts`; what depends on the others is candidates-anchor.ts's.
 */
import { Bits } from '../base/bits.ts';
import { assert } from '../base/units.ts';
import type { Books } from './books.ts';
import type { CandidateAsk, Group } from './candidates-ask.ts';
import type { Column } from './column.ts';
import { SHARING } from './standard.ts';

/** An amount of one class, with the column that knows who has room for it. */
export interface Part {
  readonly class_id: number;
  readonly amount: number;
  readonly column: Column;
}

export interface Slot {
  /** Its place in `ask.groups`. */
  readonly group: number;
  readonly suffixed: boolean;
  readonly parts: readonly Part[];
  /** Whether the provider could be chosen below this root, whatever else is. */
  accepts(provider: number, anchor: number): boolean;
}

export interface Plan {
  readonly ask: CandidateAsk;
  readonly books: Books;
  readonly slots: readonly Slot[];
  /** The traits that the providers of group '' need together: one of each. */
  readonly together: readonly (readonly Bits[])[];
  /** By place in `same_subtrees`: the slots whose providers it ties. */
  readonly subtrees: readonly (readonly number[])[];
  /** Sharing providers with room for some slot, by aggregate. */
  readonly sharing: ReadonlyMap<string, readonly number[]>;
  rootAccepted(root: number): boolean;
  /**
   * Whether a tree of one provider is judged by `standsAlone`: nobody shares with it, and no two
   * slots ask it for the same class, so that there is one way or none.
   */
  readonly alone: boolean;
  /** Whether the one provider of a tree can be all of a candidate. */
  standsAlone(root: number): boolean;
}

export function planOf(books: Books, ask: CandidateAsk): Plan {
  const slots = ask.groups.flatMap((group, at) => slotsOf(books, group, at));
  const spread = ask.groups.find((group) => group.suffix === '');
  const required = ask.root_traits.map((trait) => bitsOf(books, trait));
  const forbidden = ask.root_forbidden_traits.map((trait) => bitsOf(books, trait));
  const together = spread?.any_traits.map((set) => set.map((trait) => bitsOf(books, trait))) ?? [];
  const sharing = sharingOf(books, slots);
  const anyRoot = required.length + forbidden.length === 0;
  const rootAccepted = (root: number) =>
    anyRoot ||
    (required.every((bits) => bits.has(root)) && !forbidden.some((bits) => bits.has(root)));
  return {
    ask,
    books,
    slots,
    together,
    subtrees: ask.same_subtrees.map((suffixes) => tiedBy(suffixes, ask, slots)),
    sharing,
    rootAccepted,
    alone: sharing.size === 0 && eachClassOnce(slots) && !divided(ask, slots),
    standsAlone: (root) => {
      if (!rootAccepted(root)) return false;
      for (const slot of slots) if (!slot.accepts(root, root)) return false;
      for (const set of together) if (!anyHas(set, root)) return false;
      return true;
    },
  };
}

/** The slots of these groups, each once. */
function tiedBy(
  suffixes: readonly string[],
  { groups }: CandidateAsk,
  slots: readonly Slot[],
): readonly number[] {
  return [...new Set(suffixes)].map((suffix) => {
    const at = slots.findIndex(({ group }) => groups[group]?.suffix === suffix);
    assert(at >= 0 && suffix !== '', `no group ${suffix} to be in a subtree`);
    return at;
  });
}

function anyHas(set: readonly Bits[], provider: number): boolean {
  for (const bits of set) if (bits.has(provider)) return true;
  return false;
}

function eachClassOnce(slots: readonly Slot[]): boolean {
  const seen = new Set<number>();
  for (const { parts } of slots) {
    for (const { class_id } of parts) {
      if (seen.has(class_id)) return false;
      seen.add(class_id);
    }
  }
  return true;
}

/** Whether two groups may not be on one provider, so that one provider alone is never enough. */
const divided = (ask: CandidateAsk, slots: readonly Slot[]): boolean =>
  ask.isolate && slots.filter(({ suffixed }) => suffixed).length > 1;

const bitsOf = (books: Books, trait: number): Bits => books.traitBits.get(trait) ?? nobody;
const nobody = new Bits();

function slotsOf(books: Books, group: Group, at: number): Slot[] {
  const parts = [...group.resources].map(([class_id, amount]) => ({
    class_id,
    amount,
    column: books.column(class_id),
  }));
  const suffixed = group.suffix !== '';
  const suits = suffixed ? wholeFit(books, group) : spreadFit(books, group);
  const perSlot = suffixed ? [parts] : parts.map((part) => [part]);
  return perSlot.map((parts) => ({
    group: at,
    suffixed,
    parts,
    accepts: (provider, anchor) =>
      hasRoom(parts, provider) && (suits === null || suits(provider, anchor)),
  }));
}

function hasRoom(parts: readonly Part[], provider: number): boolean {
  for (const { column, amount } of parts) if (!column.fits(provider, amount)) return false;
  return true;
}

type Fit = (provider: number, anchor: number) => boolean;

/** A group with a suffix: all by this provider, judged by its own aggregates. */
function wholeFit(books: Books, group: Group): Fit | null {
  const tests: Fit[] = [];
  for (const set of group.any_traits) {
    const bits = set.map((trait) => bitsOf(books, trait));
    tests.push((provider) => bits.some((one) => one.has(provider)));
  }
  if (group.any_aggregates.length > 0 || group.forbidden_aggregates.length > 0) {
    tests.push((provider) => inAll(books, group, provider) && !inForbidden(books, group, provider));
  }
  return together([...tests, ...commonFit(books, group)]);
}

/**
 * Group '': its traits may come from several. A root that is in an aggregate has its own tree in
 * it; a root that is in a forbidden one also keeps away the sharing providers that reach it.
 */
function spreadFit(books: Books, group: Group): Fit | null {
  const tests: Fit[] = [];
  if (group.any_aggregates.length > 0) {
    tests.push(
      (provider, anchor) =>
        inAll(books, group, provider) ||
        (books.row(provider).root_id === anchor && inAll(books, group, anchor)),
    );
  }
  if (group.forbidden_aggregates.length > 0) {
    tests.push(
      (provider, anchor) =>
        !inForbidden(books, group, provider) && !inForbidden(books, group, anchor),
    );
  }
  return together([...tests, ...commonFit(books, group)]);
}

function commonFit(books: Books, group: Group): Fit[] {
  const tests: Fit[] = [];
  const { in_tree } = group;
  if (in_tree !== null) tests.push((provider) => books.row(provider).root_id === in_tree);
  const forbidden = group.forbidden_traits.map((trait) => bitsOf(books, trait));
  if (forbidden.length > 0) tests.push((provider) => !forbidden.some((bits) => bits.has(provider)));
  return tests;
}

function together(tests: readonly Fit[]): Fit | null {
  const [only] = tests;
  if (only === undefined) return null;
  if (tests.length === 1) return only;
  return (provider, anchor) => tests.every((test) => test(provider, anchor));
}

function inAll(books: Books, { any_aggregates }: Group, provider: number): boolean {
  const held = books.providerAggregates[provider];
  return any_aggregates.every((set) => set.some((aggregate) => held?.has(aggregate)));
}

function inForbidden(books: Books, { forbidden_aggregates }: Group, provider: number): boolean {
  const held = books.providerAggregates[provider];
  return held !== undefined && forbidden_aggregates.some((aggregate) => held.has(aggregate));
}

function sharingOf(books: Books, slots: readonly Slot[]): Map<string, number[]> {
  const byAggregate = new Map<string, number[]>();
  const all = bitsOf(books, SHARING);
  if (all.size === 0) return byAggregate;
  for (const provider of all) {
    if (!slots.some(({ parts }) => hasRoom(parts, provider))) continue;
    for (const aggregate of books.providerAggregates[provider] ?? []) {
      const there = byAggregate.get(aggregate);
      if (there === undefined) byAggregate.set(aggregate, [provider]);
      else there.push(provider);
    }
  }
  return byAggregate;
}
