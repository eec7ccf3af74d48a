/**
 * One answer for many: those who ask while a question is under way are answered by the next one,
 * which is asked after they came. So nobody is given an answer that is older than their question,
 * and however many ask, at most two questions are about.
 */
export class Joint<T> {
  readonly #ask: () => Promise<T>;
  #asking: Promise<unknown> | null = null;
  #next: Promise<T> | null = null;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  join(): Promise<T> {
    this.#next ??= this.#after(this.#asking);
    return this.#next;
  }

  async #after(before: Promise<unknown> | null): Promise<T> {
    await before?.catch(() => {});
    const asked = this.#ask();
    this.#asking = asked;
    this.#next = null;
    return asked;
  }
}
