/** The wire inside one process that can be waited for: nothing is asked of it any more. */
import type { Wire } from '../../core/ports/wire.ts';
import { LocalWire } from '../../real/local-wire.ts';

export class AwaitedWire implements Wire {
  readonly #wire = new LocalWire();
  readonly #open = new Set<Promise<unknown>>();

  attach: LocalWire['attach'] = (recipient) => this.#wire.attach(recipient);

  ask: Wire['ask'] = async (host, order, timeout) => {
    const answer = this.#wire.ask(host, order, timeout);
    this.#open.add(answer);
    try {
      return await answer;
    } finally {
      this.#open.delete(answer);
    }
  };

  /** Resolves once every request has its answer, and the answers asked nothing more. */
  async answered(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }
}
