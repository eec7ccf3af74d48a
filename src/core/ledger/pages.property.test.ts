/**
 * Goal: G1, G2, L1 to L3 for memory in its places: no page is given twice, none that is reserved or
 * gone; a host's ordinary memory is never eaten by floating guests past what its large pages left;
 * exact memory is not over-committed; what is let go is exactly what was taken.
 * Method: random claims on one draft beside a plain list of who holds what, which says what must be
 * refused and why; hosts that cut more or fewer pages meanwhile. After each step the books, their
 * audit and the free pages must say the same; a refusal must leave no trace.
 * Mutants that were caught: reserved pages given; pages kept by a consumer that holds nothing else;
 * a pool's use not weighed off; a consumer refused what it had just let go; ordinary memory judged
 * by MEMORY_MB as a whole; held against the ratio of exact ones; a guest larger than its cell; the
 * overhead of guests that have pages not counted, or none counted.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { checkBooks } from './audit.ts';
import { type Claim, claimAll } from './claim.ts';
import { Draft } from './draft.ts';
import { freePages } from './pages.ts';
import * as rows from './rows.ts';
import { claimOf, dump, HOST, inventory, sampleFleet } from './sample.ts';
import { MEMORY_MB } from './standard.ts';
import { State } from './state.ts';

const PAGE_KIB = 2048;
const RATIO = 2;
/** What running each takes besides: ordinary memory, whatever the guest's own is. */
const OVERHEAD_MIB = 1;
/** Of each cell, in MiB: some of it is cut into pages, the rest is ordinary. */
const CELL_MIB = 20;
const PAGES_MAX = 9;
const CELLS = [0, 1];

interface Offer {
  readonly total: number;
  readonly reserved: number;
}
interface Wish {
  readonly who: string;
  readonly kind: 'floats' | 'shares' | 'exact' | 'pages' | 'leaves';
  readonly cell: number;
  /** An even number of MiB. */
  readonly mib: number;
}
type Step = readonly Wish[] | { readonly cell: number; readonly offer: Offer };

const wish: fc.Arbitrary<Wish> = fc.record({
  who: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  kind: fc.constantFrom('floats', 'floats', 'shares', 'exact', 'pages', 'pages', 'leaves'),
  cell: fc.constantFrom(...CELLS),
  mib: fc.integer({ min: 1, max: 8 }).map((n) => 2 * n),
});
const offer = fc
  .record({ total: fc.nat(PAGES_MAX), reserved: fc.nat(2) })
  .map(({ total, reserved }) => ({ total, reserved: Math.min(total, reserved) }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: wish.map((one) => [one]) },
  { weight: 2, arbitrary: fc.uniqueArray(wish, { minLength: 2, selector: ({ who }) => who }) },
  { weight: 2, arbitrary: fc.record({ cell: fc.constantFrom(...CELLS), offer }) },
);

function claimFor({ who, kind, cell, mib }: Wish): Claim {
  if (kind === 'leaves') return claimOf(who, []);
  const memory = { provider_id: HOST, resource_class_id: MEMORY_MB, amount: mib };
  const spot = { provider_id: HOST, guest_node: 0, cell };
  const pages = kind === 'pages' ? [{ ...spot, size_kib: PAGE_KIB, pages: mib / 2 }] : [];
  const memory_mib = kind === 'pages' ? 0 : mib;
  const exact = kind !== 'shares';
  const cells = kind === 'floats' ? [] : [{ ...spot, vcpus: 0, memory_mib, exact }];
  return claimOf(who, [memory], { cells, pins: [], pages });
}

class Play {
  readonly seen = { taken: 0, full: 0, 'cell-full': 0, 'pages-full': 0, together: 0, fewer: 0 };
  readonly #draft = new Draft(new State(rows.ledgerTables), 0);
  #offers: Offer[] = CELLS.map(() => ({ total: PAGES_MAX, reserved: 1 }));
  #held = new Map<string, Wish>();

  constructor() {
    for (const { row, table } of sampleFleet) {
      const known = rows.ledgerTables.find(({ name }) => name === table);
      this.#draft.put(known as never, row as never);
    }
    this.#draft.put(rows.resourceClasses, { id: MEMORY_MB, name: 'MEMORY_MB', updated_at_ms: 0 });
    for (const cell of CELLS) this.#report(cell, { total: PAGES_MAX, reserved: 1 });
  }

  step(one: Step): void {
    if ('offer' in one) this.#report(one.cell, one.offer);
    else this.#claim(one);
    deepEqual(checkBooks(this.#draft), []);
    for (const cell of CELLS) {
      const pool = this.#draft.books.pages.pool({ provider_id: HOST, cell, size_kib: PAGE_KIB });
      equal(pool && freePages(pool), this.#freePages(cell, this.#held));
    }
  }

  /** What is not cut is ordinary; all of it is promised twice. */
  #report(cell: number, given: Offer): void {
    if (given.total < this.#usedPages(cell, this.#held)) this.seen.fewer++;
    this.#offers = this.#offers.map((old, at) => (at === cell ? given : old));
    const memory_mib = this.#ordinaryOf(cell);
    const limits = { memory_mib, memory_limit_mib: RATIO * memory_mib };
    this.#draft.put(rows.cells, { provider_id: HOST, cell, vcpus: 9, cpus: 9, ...limits });
    this.#draft.put(rows.cellPages, { provider_id: HOST, cell, size_kib: PAGE_KIB, ...given });
    const total = CELLS.length * CELL_MIB;
    const about = { allocation_ratio: RATIO, overhead: OVERHEAD_MIB };
    this.#draft.put(rows.inventories, inventory(HOST, MEMORY_MB, total, about));
  }

  #claim(wishes: readonly Wish[]): void {
    const [mark, before] = [this.#draft.mark, dump(this.#draft)];
    const next = new Map(this.#held);
    for (const one of wishes) {
      if (one.kind === 'leaves') next.delete(one.who);
      else next.set(one.who, one);
    }
    const decision = claimAll(this.#draft, wishes.map(claimFor));
    const reasons = wishes.flatMap((one) => this.#against(one, next));
    if (decision.is === 'done') {
      deepEqual(reasons, []);
      this.#held = next;
      this.seen[wishes.length > 1 ? 'together' : 'taken']++;
      return;
    }
    ok(reasons.includes(decision.why.why), `${decision.why.why}, not ${reasons.join()}`);
    this.seen[decision.why.why as keyof typeof this.seen]++;
    this.#draft.rollback(mark);
    equal(dump(this.#draft), before);
  }

  /** Why this one may not have what it asks, all wishes of the call being fulfilled. */
  #against({ kind, cell, mib }: Wish, next: Map<string, Wish>): string[] {
    if (kind === 'leaves') return [];
    const was = this.#held;
    const rises = (sum: (held: Map<string, Wish>) => number) => sum(next) > sum(was);
    const inCell = (held: Map<string, Wish>) => this.#ordinary(held, cell);
    const size = this.#ordinaryOf(cell);
    const limit = kind === 'shares' ? RATIO * size : size;
    const all = (held: Map<string, Wish>) => total([...held.values()]) + OVERHEAD_MIB * held.size;
    const ordinary = (held: Map<string, Wish>) => all(held) - this.#inPages(held);
    const host = RATIO * CELLS.length * CELL_MIB;
    const left = CELLS.reduce((sum, one) => sum + this.#ordinaryOf(one), 0);
    const inCells = kind === 'shares' || kind === 'exact';
    return [
      ...(all(next) > host && rises(all) ? ['full'] : []),
      ...(ordinary(next) > RATIO * left && rises(ordinary) ? ['full'] : []),
      ...(inCells && inCell(next) > limit && rises(inCell) ? ['cell-full'] : []),
      ...(inCells && mib > size && rises(inCell) ? ['cell-full'] : []),
      ...(kind === 'pages' &&
      this.#freePages(cell, next) < 0 &&
      rises((held) => this.#usedPages(cell, held))
        ? ['pages-full']
        : []),
    ];
  }

  #ordinaryOf = (cell: number) => CELL_MIB - 2 * (this.#offers[cell] as Offer).total;
  #inPages = (held: Map<string, Wish>) =>
    total([...held.values()].filter(({ kind }) => kind === 'pages'));
  #ordinary = (held: Map<string, Wish>, cell: number) =>
    total(
      [...held.values()].filter(
        (one) => one.cell === cell && (one.kind === 'shares' || one.kind === 'exact'),
      ),
    );
  #usedPages = (cell: number, held: Map<string, Wish>) =>
    total([...held.values()].filter((one) => one.kind === 'pages' && one.cell === cell)) / 2;
  #freePages(cell: number, held: Map<string, Wish>): number {
    const { total: there, reserved } = this.#offers[cell] as Offer;
    return there - reserved - this.#usedPages(cell, held);
  }
}

const total = (some: readonly Wish[]): number => some.reduce((sum, { mib }) => sum + mib, 0);

test('memory in its places is held once, and is free again when it is let go', () => {
  const sums = { taken: 0, full: 0, 'cell-full': 0, 'pages-full': 0, together: 0, fewer: 0 };
  const property = fc.property(fc.array(step, { maxLength: 40, size: '+1' }), (steps) => {
    const play = new Play();
    for (const one of steps) play.step(one);
    for (const what of Object.keys(sums) as (keyof typeof sums)[]) sums[what] += play.seen[what];
  });
  fc.assert(property, { numRuns: 400 });
  for (const [what, times] of Object.entries(sums)) ok(times > 5, `${what}: ${times}`);
});
