/** The way to every host: to those of this process by a call, to others by the line they hold. */
import type { Millis } from '../../core/base/units.ts';
import type { Order, OrderRefusal, OrderResult } from '../../core/ports/order.ts';
import type { Reply } from '../../core/ports/reply.ts';
import type { Wire } from '../../core/ports/wire.ts';
import type { LocalWire } from '../../real/local-wire.ts';

export class Wires implements Wire {
  readonly #here: LocalWire;
  #elsewhere: Wire | null = null;

  constructor(here: LocalWire) {
    this.#here = here;
  }

  /** Comes once there is a control plane that agents can dial. */
  connect(elsewhere: Wire): void {
    this.#elsewhere = elsewhere;
  }

  ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const far = this.#here.knows(host) ? null : this.#elsewhere;
    return (far ?? this.#here).ask(host, order, timeout);
  }
}
