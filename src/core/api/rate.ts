/**
 * How often one may ask one route: a bucket for each who, filled at a steady rate.
 *
 *      per_s ──► ╲ up to BURST_S × per_s ╱ ──► one for each request; empty: come back later
 *
 *   R1  in any t seconds one is let through at most (BURST_S + t) × per_s times;
 *   R2  what one asks is not counted to another;
 *   R3  at most BUCKETS_MAX are kept; who is forgotten is full again, so nobody is refused for it.
 */
export const BURST_S = 2;
export const BUCKETS_MAX = 10_000;

interface Bucket {
  left: number;
  at_ms: number;
}

export class Rate {
  readonly #per_s: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(per_s: number) {
    this.#per_s = per_s;
  }

  /** 0: go on; else after how many seconds it is worth asking again. */
  wait_s(who: string, now_ms: number): number {
    const full = BURST_S * this.#per_s;
    const bucket = this.#buckets.get(who) ?? this.#fresh(who, full, now_ms);
    const gained = ((now_ms - bucket.at_ms) / 1000) * this.#per_s;
    bucket.left = Math.min(full, bucket.left + gained);
    bucket.at_ms = now_ms;
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) / this.#per_s);
    bucket.left -= 1;
    return 0;
  }

  #fresh(who: string, left: number, at_ms: number): Bucket {
    const bucket = { left, at_ms };
    this.#buckets.set(who, bucket);
    const [oldest] = this.#buckets.size > BUCKETS_MAX ? this.#buckets.keys() : [];
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
