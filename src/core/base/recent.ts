/** A map that remembers the last so many of its keys: the oldest is forgotten for a new one. */
export class Recent<Value> {
  readonly #held = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get = (key: string): Value | undefined => this.#held.get(key);
  has = (key: string): boolean => this.#held.has(key);

  /** Puts the value, as the newest; what was there under the key is replaced. */
  set(key: string, value: Value): void {
    this.#held.delete(key);
    this.#held.set(key, value);
    if (this.#held.size <= this.#most) return;
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest);
      return;
    }
  }

  /** The newest `count` entries, oldest of them first. */
  newest(count: number): [string, Value][] {
    return [...this.#held].slice(-count);
  }
}
