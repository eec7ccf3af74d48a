/**
 * Hosts by score, best first: a tournament, kept in two typed arrays.
 *
 *   place 1              7           winner of all
 *                     ╱     ╲
 *   places 2, 3      3       7       winners of halves
 *                   ╱ ╲     ╱ ╲
 *   leaves         2   3   6   7     provider ids; the leaf of p is at capacity + p
 *
 *   R1  the winner is the highest score; of equals, the lowest id: never chance;
 *   R2  a new score costs the way from its leaf to the top, at most log2(capacity) matches;
 *   R3  the n best cost n × log2(capacity), and are found one at a time.
 */
export class Ranking {
  readonly capacity: number;
  readonly #score: Float64Array;
  readonly #winner: Int32Array;

  /** With room for the ids from 0 to `most`; all of them rank as ineligible. */
  constructor(most: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(2, most + 1)));
    this.#score = new Float64Array(this.capacity).fill(-Infinity);
    this.#winner = new Int32Array(this.capacity * 2);
    for (let id = 0; id < this.capacity; id++) this.#winner[this.capacity + id] = id;
    for (let place = this.capacity - 1; place > 0; place--) this.#play(place);
  }

  scoreOf(id: number): number {
    return this.#score[id] as number;
  }

  set(id: number, score: number): void {
    if (this.#score[id] === score) return;
    this.#score[id] = score;
    for (let place = (this.capacity + id) >> 1; place > 0; place >>= 1) this.#play(place);
  }

  /** The best, or −1 where nobody is eligible. */
  best(): number {
    const best = this.#winner[1] as number;
    return this.#score[best] === -Infinity ? -1 : best;
  }

  /** All that are eligible, best first. */
  *walk(): Generator<number> {
    const open = new Queue((a, b) => this.#beats(this.#winner[a], this.#winner[b]));
    open.push(1);
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      const id = this.#winner[place] as number;
      if (this.#score[id] === -Infinity) return;
      yield id;
      for (let leaf = this.capacity + id; leaf > place; leaf >>= 1) open.push(leaf ^ 1);
    }
  }

  #play(place: number): void {
    const left = this.#winner[place * 2];
    const right = this.#winner[place * 2 + 1];
    this.#winner[place] = (this.#beats(left, right) ? left : right) as number;
  }

  #beats(a: number | undefined, b: number | undefined): boolean {
    const first = this.#score[a as number] as number;
    const second = this.#score[b as number] as number;
    return first > second || (first === second && (a as number) < (b as number));
  }
}

/** A binary heap of places, the one that beats all others on top. */
class Queue {
  readonly #places: number[] = [];
  readonly #beats: (a: number, b: number) => boolean;

  constructor(beats: (a: number, b: number) => boolean) {
    this.#beats = beats;
  }

  push(place: number): void {
    const places = this.#places;
    let at = places.push(place) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.#above(at, up); up = (at - 1) >> 1) {
      this.#swap(at, up);
      at = up;
    }
  }

  pop(): number | undefined {
    const places = this.#places;
    const top = places[0];
    const last = places.pop();
    if (places.length > 0) {
      places[0] = last as number;
      this.#sink();
    }
    return top;
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let best = at;
      for (const down of [at * 2 + 1, at * 2 + 2]) {
        if (down < this.#places.length && this.#above(down, best)) best = down;
      }
      if (best === at) return;
      this.#swap(at, best);
      at = best;
    }
  }

  #above(a: number, b: number): boolean {
    return this.#beats(this.#places[a] as number, this.#places[b] as number);
  }

  #swap(a: number, b: number): void {
    const place = this.#places[a] as number;
    this.#places[a] = this.#places[b] as number;
    this.#places[b] = place;
  }
}
