/**
 * One resource class over all providers, as columns of numbers: what the search reads.
 *
 *   limit = ⌊(total − reserved) × ratio⌋, exactly
 *   load ◄──────────── limit ────────────►
 *   ███████▓▓▓▓░░░░░░░░░░░░░░░░░░░░░░░░░░░    load = used + holders × overhead
 *    used  over-          room
 *          head
 *
 * Claims are whole numbers, so comparing them with the rounded-down limit is comparing them with
 * the real number (L1). A provider without this class has no bit in `held` and a limit of −1.
 */
import { Bits } from '../base/bits.ts';
import { timesRatio } from '../base/decimal.ts';
import type { InventoryRow } from './rows.ts';

export class Column {
  /** The providers that have an inventory of this class. */
  readonly held = new Bits();
  limit = new Float64Array(64).fill(-1);
  used = new Float64Array(64);
  /** How many consumers hold some of it, and what each of them takes besides. */
  holders = new Int32Array(64);
  overhead = new Int32Array(64);
  min_unit = new Int32Array(64);
  max_unit = new Int32Array(64);
  step_size = new Int32Array(64);

  /** Whether `amount` more fits on the provider, and has a size that its units allow. */
  fits(provider: number, amount: number): boolean {
    return (
      provider < this.limit.length && amount <= this.room(provider) && this.sized(provider, amount)
    );
  }

  /** What one more consumer may take, its overhead left out; may be below 0. */
  room(provider: number): number {
    return (this.limit[provider] ?? -1) - this.load(provider) - (this.overhead[provider] ?? 0);
  }

  /** All that is taken: what is held, and what comes with it. */
  load(provider: number): number {
    if (provider >= this.used.length) return 0;
    const besides = (this.holders[provider] as number) * (this.overhead[provider] as number);
    return (this.used[provider] as number) + besides;
  }

  sized(provider: number, amount: number): boolean {
    return (
      amount >= (this.min_unit[provider] as number) &&
      amount <= (this.max_unit[provider] as number) &&
      amount % (this.step_size[provider] as number) === 0
    );
  }

  put(row: InventoryRow): void {
    const at = row.provider_id;
    this.#reach(at);
    this.held.add(at);
    this.limit[at] = capacity(row);
    this.overhead[at] = row.overhead;
    this.min_unit[at] = row.min_unit;
    this.max_unit[at] = row.max_unit;
    this.step_size[at] = row.step_size;
  }

  drop(provider: number): void {
    this.held.delete(provider);
    this.limit[provider] = -1;
    this.overhead[provider] = 0;
  }

  /** `holders`: how many more there are, e.g. −1. */
  add(provider: number, amount: number, holders: number): void {
    this.#reach(provider);
    this.holders[provider] = (this.holders[provider] as number) + holders;
    this.used[provider] = (this.used[provider] as number) + amount;
  }

  #reach(at: number): void {
    if (at < this.limit.length) return;
    const length = Math.max(at + 1, this.limit.length * 2);
    const limit = new Float64Array(length).fill(-1);
    limit.set(this.limit);
    this.limit = limit;
    this.used = grown(this.used, new Float64Array(length));
    this.holders = grown(this.holders, new Int32Array(length));
    this.overhead = grown(this.overhead, new Int32Array(length));
    this.min_unit = grown(this.min_unit, new Int32Array(length));
    this.max_unit = grown(this.max_unit, new Int32Array(length));
    this.step_size = grown(this.step_size, new Int32Array(length));
  }
}

/**
 * The most that claims on an inventory may add up to, in the class's own unit.
 *
 * e.g. 7 cores, 1 reserved, ratio 1.25: ⌊(7 − 1) × 1.25⌋ = ⌊7.5⌋ = 7.
 */
export function capacity(
  row: Pick<InventoryRow, 'total' | 'reserved' | 'allocation_ratio'>,
): number {
  return timesRatio(row.total - row.reserved, row.allocation_ratio);
}

function grown<A extends Float64Array | Int32Array>(from: A, to: A): A {
  to.set(from as never);
  return to;
}
