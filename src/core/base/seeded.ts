/**
 * Chance from a seed: the same text gives the same numbers on every machine, for ever.
 *
 *   seed ──fork('wire')──► its own stream      a further draw from one stream
 *        ──fork('store')─► its own stream      never shifts another
 *
 * A fork is made from the seed's text and the name alone, not from how much was drawn so far. The
 * generator is sfc32 (public domain, by Chris Doty-Humphrey): 128 bits of state, all in 32-bit
 * integers, so nothing depends on how a machine rounds. Not for secrets.
 */
import { assert, BrokenInvariant } from './units.ts';

export class Chance {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: string) {
    this.seed = seed;
    this.#a = hash(seed, 0x9e3779b9);
    this.#b = hash(seed, 0x243f6a88);
    this.#c = hash(seed, 0xb7e15162);
    for (let warm = 0; warm < 12; warm++) this.next();
  }

  /** A stream of its own, named. */
  fork(name: string): Chance {
    return new Chance(`${this.seed}/${name}`);
  }

  /** The next 32 bits, as a whole number from 0. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    assert(most >= least, `nothing between ${least} and ${most}`);
    return least + Math.floor((this.next() / 2 ** 32) * (most - least + 1));
  }

  /** True so many times in a thousand. Always draws, so that a changed rate shifts nothing. */
  happens(permille: number): boolean {
    return this.between(0, 999) < permille;
  }

  pick<T>(from: readonly T[]): T {
    assert(from.length > 0, 'nothing to pick from');
    return from[this.between(0, from.length - 1)] as T;
  }

  /** One of the names, each as often as its weight says; e.g. { create: 3, destroy: 1 }. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
    assert(total > 0, 'weights that add up to nothing');
    let left = this.between(0, total - 1);
    for (const [name, weight] of entries) {
      if (left < weight) return name;
      left -= weight;
    }
    throw new BrokenInvariant('weights were summed wrongly');
  }
}

/** FNV-1a over the text's UTF-16 units, then mixed well (the finish of MurmurHash3). */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
