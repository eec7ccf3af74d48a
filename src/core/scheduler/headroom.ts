/**
 * Which zones could not lose a host any more: N+1.
 *
 *   lost: any host h      its servers need      used(h) ≤ Σ free − free(h)
 *   the same, said so     Σ free ≥ used(h) + free(h) = size(h)
 *
 * So it is the largest host, not the fullest, whose loss is hardest to make good, and that is so
 * wherever in its zone a guest goes: what can be chosen is the zone. Counted are open hosts, their
 * own VCPU and MEMORY_MB. A zone is short where either is.
 *
 *   HR1  what is kept is what a count of all hosts would give: it follows what is touched.
 */
import { byText } from '../base/order.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import { TOUCHES_KEPT } from '../ledger/books.ts';
import type { View } from '../ledger/draft.ts';
import { MEMORY_MB, VCPU } from '../ledger/standard.ts';

const COUNTED = [VCPU, MEMORY_MB] as const;
const NONE: ReadonlySet<string> = new Set();

/** What one host adds to its zone, by place in COUNTED. */
interface Part {
  readonly zone: string;
  readonly free: readonly number[];
  readonly size: readonly number[];
}

interface Zone {
  readonly parts: Map<number, Part>;
  readonly free: number[];
  /** Null: to be looked for again. */
  largest: readonly number[] | null;
}

export class Headroom {
  readonly #view: View;
  readonly #parts = new Map<number, Part>();
  readonly #zones = new Map<string, Zone>();
  /** How many touches are counted; −1: nothing is. */
  #seen = -1;
  #short: ReadonlySet<string> = NONE;
  #digest = '[]';

  constructor(view: View) {
    this.#view = view;
  }

  /** The zones that are. Counted when somebody asks: most policies never do. */
  get short(): ReadonlySet<string> {
    this.#refresh();
    return this.#short;
  }

  /** The same as text. */
  get digest(): string {
    this.#refresh();
    return this.#digest;
  }

  #refresh(): void {
    const { touches, touched, trees } = this.#view.books;
    if (this.#seen === touches) return;
    if (this.#seen < 0 || touches - this.#seen > TOUCHES_KEPT) {
      for (const root of [...this.#parts.keys(), ...trees.keys()]) this.#count(root);
      this.#seen = touches;
    }
    for (; this.#seen < touches; this.#seen++) {
      this.#count(touched[this.#seen & (TOUCHES_KEPT - 1)] as number);
    }
    const short = [...this.#zones].filter(([, zone]) => isShort(zone)).map(([name]) => name);
    this.#digest = JSON.stringify(short.sort(byText));
    this.#short = short.length === 0 ? NONE : new Set(short);
  }

  #count(provider: number): void {
    const before = this.#parts.get(provider);
    const after = this.#partOf(provider);
    if (before !== undefined) this.#leave(provider, before, after);
    if (after === null) this.#parts.delete(provider);
    else this.#join(provider, after);
  }

  #leave(provider: number, before: Part, after: Part | null): void {
    const zone = this.#zones.get(before.zone);
    if (zone === undefined) return;
    zone.parts.delete(provider);
    addTo(zone.free, before.free, -1);
    const same =
      after?.zone === before.zone &&
      COUNTED.every((_, at) => sizeAt(after, at) === sizeAt(before, at));
    if (!same) zone.largest = null;
    if (zone.parts.size === 0 && after?.zone !== before.zone) this.#zones.delete(before.zone);
  }

  #join(provider: number, part: Part): void {
    this.#parts.set(provider, part);
    const fresh = { parts: new Map(), free: COUNTED.map(() => 0), largest: null };
    const zone: Zone = this.#zones.get(part.zone) ?? fresh;
    this.#zones.set(part.zone, zone);
    zone.parts.set(provider, part);
    addTo(zone.free, part.free, 1);
    if (zone.largest !== null) zone.largest = largestOf([{ size: zone.largest }, part]);
  }

  #partOf(provider: number): Part | null {
    const { books } = this.#view;
    const name = books.providers[provider]?.name;
    const row = name === undefined ? undefined : this.#view.rows(hosts).get(name);
    if (row?.provider_id !== provider || !books.trees.has(provider) || !isOpen(row)) return null;
    const columns = COUNTED.map((class_id) => books.column(class_id));
    const size = columns.map(({ limit }) => limit[provider] ?? 0);
    const free = columns.map(({ used }, at) => (size[at] ?? 0) - (used[provider] ?? 0));
    return { zone: row.availability_zone, free, size };
  }
}

const isOpen = ({ status, state, forced_down }: HostRow): boolean =>
  status === 'enabled' && state === 'up' && !forced_down;

function isShort(zone: Zone): boolean {
  zone.largest ??= largestOf(zone.parts.values());
  return zone.largest.some((size, at) => (zone.free[at] ?? 0) < size);
}

const sizeAt = ({ size }: Pick<Part, 'size'>, at: number): number => size[at] ?? 0;

function largestOf(parts: Iterable<Pick<Part, 'size'>>): readonly number[] {
  const most = COUNTED.map(() => 0);
  for (const part of parts) {
    for (const at of most.keys()) most[at] = Math.max(most[at] ?? 0, sizeAt(part, at));
  }
  return most;
}

function addTo(sums: number[], amounts: readonly number[], sign: 1 | -1): void {
  for (const at of sums.keys()) sums[at] = (sums[at] ?? 0) + sign * (amounts[at] ?? 0);
}
