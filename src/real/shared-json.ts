/**
 * JSON as it comes from a database, read once where many rows hold the same text, as a flavor is in
 * all of its servers. Rows never change (T1), so they may share what they hold.
 */

/** Longer texts are hardly ever the same. */
const CHARACTERS_MAX = 4_096;
const KEPT_MAX = 1_024;

export class SharedJson {
  readonly #known = new Map<string, unknown>();

  read(text: string): unknown {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const value: unknown = JSON.parse(text);
    if (text.length <= CHARACTERS_MAX) this.#keep(text, value);
    return value;
  }

  #keep(text: string, value: unknown): void {
    if (this.#known.size === KEPT_MAX) this.#known.clear();
    this.#known.set(text, value);
  }
}
