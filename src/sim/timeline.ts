/**
 * The world's one list of what is still to happen. Time stands still while there is anything left
 * to do now, and then jumps to the next event; so a simulated week costs what its events cost.
 *
 *   at ────► act ─► (promises run dry) ─► act ─► … ─► at the next instant
 *
 *   T1  events of one instant happen in the order in which they were planned;
 *   T2  between two events all promises have run dry: whoever drives `step` sees to it.
 */
import { assert } from '../core/base/units.ts';
import { Trace } from './trace.ts';

interface Planned {
  readonly at_ms: number;
  readonly order: number;
  readonly act: () => void;
}

/** Lets every promise that can go on do so: one macrotask, which this ring cannot name. */
export type Drain = () => Promise<void>;

export class Timeline {
  #now_ms = 0;
  #order = 0;
  readonly #heap: Planned[] = [];
  /**
   * Every fact of note, as it happens: `render.ts` draws it, and it is what replays to the byte.
   */
  readonly trace = new Trace();

  get now_ms(): number {
    return this.#now_ms;
  }

  /** How many events have happened. */
  happened = 0;

  get planned(): number {
    return this.#heap.length;
  }

  /** When the next event is; null when nothing is planned. */
  get next_ms(): number | null {
    return this.#heap[0]?.at_ms ?? null;
  }

  /** Plans an event `delay_ms` from now. */
  after(delay_ms: number, act: () => void): void {
    assert(delay_ms >= 0, `an event planned ${-delay_ms} ms ago`);
    this.#heap.push({ at_ms: this.#now_ms + delay_ms, order: this.#order++, act });
    rise(this.#heap, this.#heap.length - 1);
  }

  /** Resolves after `delay_ms`. */
  sleep(delay_ms: number): Promise<void> {
    return new Promise((wake) => this.after(delay_ms, wake));
  }

  note(line: string): void {
    this.trace.note(this.#now_ms, line);
  }

  /** The next event happens; false when nothing is planned. */
  step(): boolean {
    const next = this.#heap[0];
    if (next === undefined) return false;
    const last = this.#heap.pop() as Planned;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      sink(this.#heap);
    }
    assert(next.at_ms >= this.#now_ms, 'an event was left behind');
    this.#now_ms = next.at_ms;
    this.happened++;
    next.act();
    return true;
  }

  /**
   * Steps until `finished`, or nothing is planned, or `until_ms` has come; says whether finished.
   */
  async run(drain: Drain, finished: () => boolean, until_ms = Infinity): Promise<boolean> {
    await drain();
    while (!finished()) {
      const next = this.next_ms;
      if (next === null || next > until_ms) return false;
      this.step();
      await drain();
    }
    return true;
  }
}

const before = (a: Planned, b: Planned): boolean =>
  a.at_ms < b.at_ms || (a.at_ms === b.at_ms && a.order < b.order);

function rise(heap: Planned[], from: number): void {
  let at = from;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (before(heap[up] as Planned, heap[at] as Planned)) return;
    exchange(heap, at, up);
    at = up;
  }
}

function sink(heap: Planned[]): void {
  let at = 0;
  for (;;) {
    const least = leastOf(heap, at);
    if (least === at) return;
    exchange(heap, at, least);
    at = least;
  }
}

function leastOf(heap: readonly Planned[], at: number): number {
  let least = at;
  for (const child of [2 * at + 1, 2 * at + 2]) {
    if (child >= heap.length) break;
    if (before(heap[child] as Planned, heap[least] as Planned)) least = child;
  }
  return least;
}

function exchange(heap: Planned[], a: number, b: number): void {
  const held = heap[a] as Planned;
  heap[a] = heap[b] as Planned;
  heap[b] = held;
}
