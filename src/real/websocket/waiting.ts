/**
 * Questions that went out over a connection and wait for their answers, each under a number.
 *
 *   ask ──► sent under a number ──► settle(number, answer) │ too late │ lose: the connection broke
 */
import { lost } from '../../core/ports/reply.ts';

export class Waiting {
  readonly #settlers = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  get size(): number {
    return this.#settlers.size;
  }

  /** The answer as it came; `lost` after `within_ms`, or once the connection broke. */
  ask(within_ms: number, send: (id: number) => void): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const settle = (answer: unknown) => {
        clearTimeout(alarm);
        this.#settlers.delete(id);
        resolve(answer);
      };
      const alarm = setTimeout(() => settle(lost), within_ms);
      this.#settlers.set(id, settle);
      send(id);
    });
  }

  /** One that nobody waits for any more is no matter. */
  settle(id: number, answer: unknown): void {
    this.#settlers.get(id)?.(answer);
  }

  /** Nothing more will come. */
  lose(): void {
    for (const settle of [...this.#settlers.values()]) settle(lost);
  }
}
