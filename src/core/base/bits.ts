/**
 * A growing set of small whole numbers, one bit each: traits over providers, members of a class.
 */
export class Bits {
  words = new Uint32Array(32);
  size = 0;

  has(n: number): boolean {
    const word = this.words[n >>> 5];
    return word !== undefined && (word & (1 << (n & 31))) !== 0;
  }

  /** True when `n` was not yet in the set. */
  add(n: number): boolean {
    if (this.has(n)) return false;
    const at = n >>> 5;
    if (at >= this.words.length) this.#grow(at + 1);
    this.words[at] = (this.words[at] as number) | (1 << (n & 31));
    this.size++;
    return true;
  }

  /** True when `n` was in the set. */
  delete(n: number): boolean {
    if (!this.has(n)) return false;
    const at = n >>> 5;
    this.words[at] = (this.words[at] as number) & ~(1 << (n & 31));
    this.size--;
    return true;
  }

  /** In rising order. */
  *[Symbol.iterator](): Generator<number> {
    for (let at = 0; at < this.words.length; at++) {
      let word = this.words[at] as number;
      while (word !== 0) {
        const low = word & -word;
        yield at * 32 + (31 - Math.clz32(low));
        word ^= low;
      }
    }
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
  }
}
